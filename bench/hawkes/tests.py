"""python3 -m unittest discover -s bench/hawkes -p tests.py: what a wrong figure could hide behind; no peer is needed."""
import json
import math
import os
import random
import tempfile
import types
import unittest

import bench
import cascades
import contest
import score

TINY = {"times": [0.0, 10.0, 10.0, 400.0], "marks": [100.0, 0.0, 7.0, 3.0], "end": 600.0}


def by_pairs(c, p, beta):
    """the log-likelihood from the definition, every event with every earlier one"""
    times, marks = c["times"], c["marks"]
    rate = [sum(p * m * beta * math.exp(-beta * (t - s)) for s, m in zip(times[:i], marks[:i])) for i, t in enumerate(times)]
    return sum(math.log(r) for r in rate[1:]) - p * sum(m * (1 - math.exp(-beta * (c["end"] - s))) for s, m in zip(times, marks))


class Cascades(unittest.TestCase):
    def test_a_cascade_has_as_many_events_as_asked_for(self):
        one = cascades.cascade(random.Random(1), 50)
        self.assertEqual((len(one["times"]), len(one["marks"]), one["times"][0]), (50, 50, 0.0))
        self.assertEqual(one["times"], sorted(one["times"]))
        self.assertEqual(one["end"], one["times"][-1])
        self.assertTrue(all(m >= cascades.MU for m in one["marks"][1:]))
        self.assertTrue(0 < one["p"] * cascades.MEAN_MARK < 0.98)

    def test_the_same_seed_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in "abc"]
            for path, seed in zip(paths, (1, 1, 2)):
                cascades.write(path, 3, 20, seed)
            first, same, other = (cascades.read(path) for path in paths)
            self.assertEqual(first, same)
            self.assertNotEqual(first, other)
            self.assertEqual(len(first), 3)

    def test_delays_follow_the_kernel(self):
        dice = random.Random(2)
        drawn = [cascades.draw(dice, 0.1, 1 / 1800, 1.0, 2) for _ in range(20_000)]
        delays = [times[1] for times, _ in filter(None, drawn)]
        self.assertAlmostEqual(len(delays) / len(drawn), 1 - math.exp(-0.1), delta=0.008)  # a Poisson number, of mean p m
        self.assertAlmostEqual(sum(delays) / len(delays), 1800, delta=150)  # with hardly any but the first


class Scores(unittest.TestCase):
    def test_the_likelihood_is_that_of_the_definition(self):
        for p, beta in ((0.01, 1 / 600), (0.03, 1 / 60), (1e-6, 1 / 864_000)):
            self.assertAlmostEqual(score.likelihood(TINY, p, beta), by_pairs(TINY, p, beta), places=9)

    def test_the_prior_matches_its_moments(self):
        (u, v), (a, b, c) = score.prior()
        det = a * c - b * b
        var = (c / det, a / det)
        self.assertAlmostEqual(math.exp(u + var[0] / 2), 0.02)
        self.assertAlmostEqual(math.exp(v + var[1] / 2), 0.0002)
        self.assertAlmostEqual(math.exp(var[0]) - 1, 0.25)

    def test_what_is_out_of_bounds_is_not_the_best(self):
        fits = [{"p": 1.0, "beta": 1e-3}, {"p": 0.01, "beta": 1.0}, {"p": 0.01, "beta": 1e-3}]
        values = score.worth([TINY] * 3, fits)
        self.assertEqual(values[:2], [None, None])
        self.assertEqual(score.best([values[:1], values[2:]]), values[2:])
        self.assertEqual(score.short([None], [0.0])["far"], 1.0)

    def test_gaps_are_counted_at_both_limits(self):
        found = score.short([0.0, -1e-7, -1e-3, -1.0], [0.0] * 4)
        self.assertEqual(found, {"near": 0.5, "far": 0.25, "worst": 1.0})

    def test_columns_may_be_short(self):
        self.assertEqual(score.best([[1.0, 2.0, 3.0], [2.0]]), [2.0, 2.0, 3.0])

    def test_errors_are_relative_to_the_truth(self):
        truth = [{"p": 0.02, "beta": 1e-3}] * 3
        fits = [{"p": 0.01, "beta": 1e-3}, {"p": 0.03, "beta": 2e-3}, {"p": 0.02, "beta": 2e-3}]
        found = score.errors(truth, fits)
        self.assertAlmostEqual(found["p"], 0.5)
        self.assertAlmostEqual(found["beta"], 1.0)


class Tables(unittest.TestCase):
    def test_ratios_are_of_one_round(self):
        results = [{"peer": "goshawk", "round": 1, "rate": 100.0}, {"peer": "goshawk", "round": 2, "rate": 200.0},
                   {"peer": "lbfgs", "round": 1, "rate": 10.0}, {"peer": "lbfgs", "round": 2, "rate": 20.0}]
        peer = next(p for p in contest.PEERS if p.name == "lbfgs")
        quality = {"near": 0.0, "far": 0.5, "worst": 1.0, "p": 0.1, "beta": 0.2}
        line = bench.row(peer, results, quality)
        self.assertIn("| 15 (10-20) | 0.1 | 1,000 | 0.0% | 50.0% | 1 | 0.100 | 0.200 |", line)

    def test_another_objective_is_not_scored(self):
        peer = next(p for p in contest.PEERS if not p.same)
        results = [{"peer": name, "round": 1, "rate": 1.0} for name in ("goshawk", peer.name)]
        self.assertEqual(bench.row(peer, results, {"p": 0.1, "beta": 0.2}).count("another objective"), 2)


class Runs(unittest.TestCase):
    def contest(self, folder, said):
        options = types.SimpleNamespace(work=folder, only=None, seconds=1, rounds=1, timeout=20, sizes=[200], seed=1)
        one = contest.Contest(options)
        one.note = lambda text: None
        one.command = lambda peer: ["sh", "-c", f"cat >/dev/null; echo '{json.dumps(said)}'"]
        return one

    def test_a_rate_is_fits_by_cpu_time(self):
        with tempfile.TemporaryDirectory() as folder:
            one = self.contest(folder, {"fits": 300, "cpu": 1.5})
            one.run(contest.GOSHAWK, 200, os.devnull, 2)
            self.assertEqual(one.results[0]["rate"], 200.0)

    def test_no_time_is_trouble(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(contest.Trouble):
                self.contest(folder, {"fits": 0, "cpu": 0}).run(contest.GOSHAWK, 200, os.devnull, 1)

    def test_a_bad_end_is_trouble(self):
        with self.assertRaises(contest.Trouble):
            contest.call(["false"])
        with self.assertRaises(contest.Trouble):
            contest.call(["sleep", "9"], limit=0.1)


if __name__ == "__main__":
    unittest.main()
