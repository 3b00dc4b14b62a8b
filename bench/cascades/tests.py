"""python3 -m unittest discover -s bench/cascades -p tests.py: what a wrong figure could hide behind; goshawk is not needed."""
import json
import os
import statistics
import sys
import tempfile
import unittest
from collections import Counter

import bench
import make
import rules
import runs


class Files(unittest.TestCase):
    def test_sizes_are_those_of_the_news_set(self):
        sizes = list(make.sizes(3_252_549))
        self.assertEqual(sum(sizes), 3_252_549)
        self.assertAlmostEqual(len(sizes), 20_093, delta=400)
        self.assertAlmostEqual(statistics.mean(sizes), 162, delta=3)
        self.assertAlmostEqual(statistics.median(sizes), 90, delta=1)
        self.assertEqual(make.size_at(0), 50)
        self.assertEqual([make.size_at(share) for share in (0.75, 0.95, 0.99, 1)], [148, 419, 1129, 35_999])
        self.assertGreater(max(sizes), 20_000)

    def test_an_index_says_which_rows_make_a_cascade(self):
        with tempfile.TemporaryDirectory() as work:
            folder = make.news(work, 1000)
            found = list(rules.cascades(folder))
            self.assertEqual(sum(map(len, found)), 1000)
            self.assertEqual(len(found), make.facts(folder)["cascades"])
            self.assertTrue(all(events[0][0] == 0 and events == sorted(events, key=lambda e: e[0]) for events in found))
            with open(os.path.join(folder, "news-index.csv")) as f:
                self.assertEqual(f.readlines()[:2], ["start_ind,end_ind\n", f"1,{len(found[0])}\n"])

    def test_what_is_there_is_not_made_again(self):
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(make.news(work, 100), "news-data.csv")
            os.utime(path, (1, 1))
            make.news(work, 100)
            self.assertEqual(os.stat(path).st_mtime, 1)

    def test_the_giant_comes_within_its_window(self):
        with tempfile.TemporaryDirectory() as work:
            (events,) = rules.cascades(make.giant(work, 500, 1190))
            self.assertEqual(len(events), 501)
            self.assertLess(events[-1][0], 1190)


class Rules(unittest.TestCase):
    def test_a_cascade_ends_at_the_first_silence(self):
        self.assertEqual(rules.final([(0, 5), (10, 1), (1809.999, 2)]), (3, 8, 1809.999))
        self.assertEqual(rules.final([(0, 5), (10, 1), (1810, 2), (1811, 2)]), (2, 6, 10))

    def test_a_cascade_ends_after_its_longest_time(self):
        events = [(time, 1) for time in range(0, 900_000, 1000)]
        self.assertEqual(rules.final(events), (605, 605, 604_000))

    def test_what_is_expected_adds_up(self):
        with tempfile.TemporaryDirectory() as work:
            # The last of 11 comes too late; what comes after the first of 3 belongs to nothing that is told of.
            gaps = {12: (1000, 0), 3: (4000, 0), 11: (1000, 4000)}
            folder = make.write(work, gaps, draw=lambda dice, size: (
                f"{i * gaps[size][0] + gaps[size][1] * (i == 10)},2,7\n" for i in range(size)))
            told, small, late = rules.expected(folder)
            self.assertEqual((told, small, late), (Counter({(12, 24, 11_000): 1, (10, 20, 9_000): 1}), 1, 1))

    def record(self, cascade, size=12):
        start, end = "2026-01-01T00:00:00.000Z", "2026-01-01T03:03:20.000Z"
        return json.dumps({"cascade": cascade, "size": size, "reach": 24, "start": start, "end": end})

    def test_equal_is_said_of_equal_sizes_only(self):
        wanted = Counter({(12, 24, 11_000.0): 2}), 1, 0
        verdict = lambda *lines: rules.verdict(wanted, rules.told(lines))
        self.assertEqual(verdict(self.record("a"), self.record("b")), "2 sizes and 1 too small: all equal")
        self.assertIn("1 missing", verdict(self.record("a")))
        self.assertIn("1 missing, 1 wrong", verdict(self.record("a"), self.record("b", 13)))
        self.assertIn("1 told of twice", verdict(self.record("a"), self.record("a")))


class Runs(unittest.TestCase):
    def bench(self, work, script):
        sys.argv = ["bench.py", "--work", work, "--goshawk", "/bin/sh", "--timeout", "20"]
        one = runs.Bench(bench.options())
        one.command = lambda source, settings: ["sh", "-c", script]
        return one

    def test_settings_go_by_the_environment(self):
        sys.argv = ["bench.py", "--goshawk", "/bin/sh", "--work", tempfile.gettempdir()]
        with tempfile.TemporaryDirectory() as work:
            sys.argv[-1] = work
            one = runs.Bench(bench.options())
            words = one.command("synthetic:", {"COLLECT__SILENCE": "9h"})
            self.assertEqual(words[:3], ["env", "GOSHAWK__COLLECT__SILENCE=9h", one.goshawk])
            self.assertEqual(one.command("synthetic:", {})[0], one.goshawk)

    def test_a_bad_end_is_trouble(self):
        with tempfile.TemporaryDirectory() as work, self.assertRaises(runs.Trouble) as trouble:
            self.bench(work, "echo no room; exit 3").run("scale", 1, "", 1)
        self.assertIn("no room", str(trouble.exception))

    def test_an_open_cascade_is_a_difference(self):
        few = {"events": 100, "open": 10, "wall": 1, "cpu": 1, "rss": 2**20, "anonymous": 1000}
        lines = bench.tiny([few, {**few, "open": 110, "anonymous": 31_000}])
        self.assertTrue(lines[-1].endswith("| 300 |"))


if __name__ == "__main__":
    unittest.main()
