"""python3 -m unittest discover -s bench/popularity -p tests.py: the arithmetic of latency.py; goshawk is not needed."""
import json
import math
import unittest

import latency

START = "2026-01-01T00:00:10.500Z"
DUE = latency.procs.moment(START) + 4


class Latency(unittest.TestCase):
    def heard(self, after, model=7):
        return DUE + after, json.dumps({"start": START, "window_s": 4, "model": model}).encode()

    def test_it_counts_from_the_end_of_the_window(self):
        ((window, seconds, model),) = latency.latencies([self.heard(0.25)], DUE - 1, DUE + 1)
        self.assertEqual((window, model), (4, 7))
        self.assertAlmostEqual(seconds, 0.25, places=6)

    def test_windows_count_by_their_end_however_late_they_are_heard_of(self):
        heard = [self.heard(0.25), self.heard(30)]
        self.assertEqual(len(latency.latencies(heard, DUE, DUE + 1)), 2)
        self.assertEqual(latency.latencies(heard, DUE + 0.001, DUE + 60), [])
        self.assertEqual(latency.latencies(heard, DUE - 60, DUE), [])

    def test_figures_are_in_milliseconds(self):
        found = [(2, place / 1000, place % 4) for place in range(1, 101)]
        figures = latency.told(found)
        self.assertEqual([round(figures[name]) for name in ("p50", "p90", "p99", "most")], [50, 90, 99, 100])
        self.assertEqual((figures["predictions"], figures["of models"]), (100, 0.75))
        self.assertTrue(math.isnan(latency.told([])["p99"]))

    def test_settings_can_be_set(self):
        o = latency.options(["--set", "LEARN__EVERY=10m", "--set", "ENGINE__BREATH=5ms"])
        settings = latency.settings(o)
        self.assertEqual([settings[f"GOSHAWK__{name}"] for name in ("LEARN__EVERY", "ENGINE__BREATH", "TIME__LATENESS")], ["10m", "5ms", "0s"])

    def test_all_windows_have_a_row(self):
        used = {"rate": 9_999.6, "cores": 0.5, "foreign": 0.1, "threads": {"learn": 0.2}}
        text = latency.markdown(latency.options([]), [(window, 0.1, 1) for window in latency.WINDOWS], used)
        self.assertIn("10,000 posts/s", text)
        self.assertEqual(text.count("| 100 | 100 | 100 | 100 |"), 1 + len(latency.WINDOWS))


if __name__ == "__main__":
    unittest.main()
