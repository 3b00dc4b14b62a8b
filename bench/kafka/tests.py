"""python3 -m unittest discover -s bench/kafka -p tests.py: what a wrong figure could hide behind; no broker is needed."""
import json
import os
import signal
import sys
import tempfile
import types
import unittest

import contest
import figures
import latency
import procs
import profile
import throughput


class Figures(unittest.TestCase):
    def test_a_percentile_is_one_of_the_values(self):
        values = [5, 1, 4, 2, 3]
        self.assertEqual([figures.percentile(values, share) for share in (0, 0.2, 0.5, 0.8, 0.99, 1)], [1, 1, 3, 4, 5, 5])
        hundred = list(range(1, 101))
        self.assertEqual([figures.percentile(hundred, share) for share in (0.5, 0.99)], [50, 99])
        self.assertEqual(figures.percentile([7], 0.99), 7)
        self.assertNotEqual(figures.percentile([], 0.5), figures.percentile([], 0.5))  # none is not a number

    def test_a_table_is_markdown(self):
        self.assertEqual(figures.table(["", "wall s:"], [["goshawk", 1.5], ["kcat", ""]]),
                         ["|  | wall s |", "|---|---:|", "| goshawk | 1.5 |", "| kcat |  |"])

    def test_a_spread_tells_the_range_where_there_is_one(self):
        self.assertEqual(figures.spread([3, 1, 2]), "2.00 (1.00-3.00)")
        self.assertEqual(figures.spread([1.234, None]), "1.23")
        self.assertEqual(figures.spread([None]), "")

    def test_ratios_are_of_one_round_and_need_both(self):
        base = [{"round": 1, "wall": 2.0}, {"round": 2, "wall": 4.0}]
        mine = [{"round": 1, "wall": 4.0}, {"round": 2, "wall": 4.0}, {"round": 3, "wall": 9.0}]
        self.assertEqual(figures.ratio(mine, base, "wall"), "1.50 (1.00-2.00)")
        self.assertEqual(figures.ratio(mine, [{"round": 1}], "wall"), "")

    def test_results_keep_their_order(self):
        self.assertEqual(list(figures.by([{"what": "b"}, {"what": "a"}, {"what": "b"}], "what")), ["b", "a"])


class Rows(unittest.TestCase):
    MINE = {("oslo", "t0"): (3, 1, 2), ("oslo", "t1"): (7, 1, 2)}

    def test_what_both_have_closed_must_agree(self):
        self.assertEqual(throughput.check(self.MINE, {("oslo", "t0"): (3, 1, 2)}, 2), "1 of 2 closed, all equal")
        for theirs in ({("oslo", "t0"): (3, 1, 3)}, {("oslo", "t2"): (3, 1, 2)}, {}):
            with self.assertRaises(procs.Trouble):
                throughput.check(self.MINE, theirs, 2)

    def test_every_post_is_in_five_windows(self):
        self.assertEqual(throughput.check(self.MINE, None, 2), "2, their sum is right")
        with self.assertRaises(procs.Trouble):
            throughput.check(self.MINE, None, 3)

    def test_a_window_that_was_written_twice_is_trouble(self):
        row = json.dumps({"city": "oslo", "start": "t0", "posts": 3, "reposts": 1, "people": 2})
        bench = types.SimpleNamespace(read=lambda topic, form: iter([f"1500 {row}", f"2500 {row}"][:lines]))
        lines = 1
        self.assertEqual(throughput.rows(bench, "counts"), ({("oslo", "t0"): (3, 1, 2)}, 1.5))
        lines = 2
        with self.assertRaises(procs.Trouble):
            throughput.rows(bench, "counts")


class Latency(unittest.TestCase):
    def closings(self, *lines):
        return latency.closings(types.SimpleNamespace(read=lambda topic, form: iter(lines)), "posts")

    def test_the_first_post_that_passes_the_end_closes_the_window(self):
        times, first = self.closings(
            "9000 source=s,schema=1,time=1970-01-01T00:00:02.500Z key", "5000 source=s,time=1970-01-01T00:00:01.000Z key",
            "7000 source=s,time=1970-01-01T00:00:02.000Z key", "6000 source=s,time=1970-01-01T00:00:03.000Z key",
            "1000 source=s,time=1970-01-01T00:00:09.000Z,mark={\"at\":1} ")  # a heartbeat closes nothing here
        self.assertEqual(times, [1.0, 2.0, 2.5, 3.0])
        self.assertEqual(first, [5.0, 6.0, 6.0, 6.0])  # the one at 3 s was written before that at 2.5 s
        rows = [(1.0, 5.5, 5.75), (2.0, 6.25, 6.5), (2.75, 7.0, 8.0), (4.0, 9.0, 9.0)]
        self.assertEqual(latency.latencies(rows, times, first, 1.5), ([0.25, 1.0], [0.5, 2.0]))


class Logs(unittest.TestCase):
    def test_what_was_restored_and_what_went_wrong(self):
        said = {"message": "state restored", "topic": "t", "partition": 1, "entries": 5, "read": 2, "from": 0, "ms": "7"}
        lines = [{"timestamp": "1970-01-01T00:00:01.500000Z", "level": "INFO", "fields": said},
                 {"timestamp": "1970-01-01T00:00:02Z", "level": "WARN", "fields": {"message": "waiting"}}]
        with tempfile.NamedTemporaryFile("w+") as f:
            f.write("\n".join(map(json.dumps, lines)) + '\nno json\n{"cut": ')
            f.flush()
            self.assertEqual(contest.restored(f.name), [
                {"at": 1.5, "ms": 7, "topic": "t", "partition": 1, "entries": 5, "read": 2, "from": 0}])
            self.assertEqual(len(contest.complaints(f.name)), 1)

    def test_metrics_without_buckets(self):
        text = ('# HELP x\ngoshawk_commit_seconds_sum{role="count"} 1.5\ngoshawk_commit_seconds_count{role="count"} 3\n'
                'goshawk_commit_seconds_bucket{le="0.1",role="count"} 3\n# EOF\n')
        self.assertEqual(profile.parse(text),
                         {"commit_seconds_sum": {"role=count": 1.5}, "commit_seconds_count": {"role=count": 3}})


class Processes(unittest.TestCase):
    def run_python(self, program, limit=30):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return procs.Process([sys.executable, "-c", program], folder.name, "child").wait(limit)

    def test_cpu_and_threads_are_told(self):
        found = self.run_python("import time\nwhile time.process_time() < 0.4: pass")
        self.assertGreaterEqual(found["cpu"], 0.3)
        self.assertLess(found["wall"], 20)
        self.assertTrue(any(seconds > 0.1 for seconds in found["threads"].values()), found)

    def test_a_hang_and_a_failure_are_trouble(self):
        with self.assertRaisesRegex(procs.Trouble, "not done after"):
            self.run_python("import time; time.sleep(60)", 0.3)
        with self.assertRaisesRegex(procs.Trouble, "status 3(?s:.*)went wrong"):
            self.run_python("import sys; print('went wrong'); sys.exit(3)")

    def test_a_stop_is_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            process = procs.Process([sys.executable, "-c", "import time; time.sleep(60)"], folder, "child")
            process.stop(signal.SIGTERM, 10)
            self.assertEqual(process.code, -signal.SIGTERM)
            self.assertFalse(os.path.exists(f"/proc/{process.pid}"))


if __name__ == "__main__":
    unittest.main()
