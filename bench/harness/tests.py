"""python3 -m unittest discover -s bench/harness -p tests.py: what a wrong figure could hide behind."""
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

import growth
import load
import measure
import report
import rows

WANT = {("paris", 0): (2, 1, 2), ("paris", 60): (3, 1, 2), ("oslo", 0): (1, 0, 1)}


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def answer(**changes):
    return {**WANT, **{("paris", int(k[1:])): v for k, v in changes.items()}}, 0


class Rows(unittest.TestCase):
    def verdict(self, got):
        return rows.verdict((WANT, 0), got)

    def test_equal(self):
        self.assertEqual(self.verdict(answer()), "equal")

    def test_each_difference_is_told(self):
        self.assertEqual(self.verdict(answer(_0=(2, 2, 2))), "1 counts wrong")
        self.assertEqual(self.verdict(answer(_0=(2, 1, 1))), "people wrong in 1 of 3 rows, by up to 50%")
        self.assertEqual(self.verdict(answer(_120=(1, 0, 1))), "1 rows too many")
        self.assertEqual(self.verdict((WANT, 2)), "2 rows written more than once")

    def test_held_back_windows_are_not_lost_rows(self):
        want = {("oslo", 60 * i): (1, 0, 1) for i in range(20)}
        held = {k: v for k, v in want.items() if k[1] < 60 * 14}
        lost = {k: v for k, v in want.items() if k[1] != 60 * 3}
        self.assertEqual(rows.verdict((want, 0), (held, 0)), "last 6 windows not emitted")
        self.assertEqual(rows.verdict((want, 0), (lost, 0)), "1 rows missing")

    def test_tap_becomes_the_peers_rows(self):
        line = ('{"city":"oslo","start":"2026-03-01T00:01:00.000Z","end":"2026-03-01T00:06:00.000Z",'
                '"posts":3,"reposts":1,"people":2}')
        with tempfile.NamedTemporaryFile("w+", suffix=".csv", newline="") as f:
            rows.from_tap([line], f)
            f.flush()
            self.assertEqual(rows.load(f.name), ({("oslo", 1772323260): (3, 1, 2)}, 0))

    def test_a_window_of_another_length_is_refused(self):
        line = ('{"city":"oslo","start":"2026-03-01T00:01:00.000Z","end":"2026-03-01T00:02:00.000Z",'
                '"posts":3,"reposts":1,"people":2}')
        with self.assertRaises(ValueError):
            rows.from_tap([line], io.StringIO())

    def test_parts_of_a_folder_are_one_answer(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("a.csv", "oslo,0,1,0,1\n"), ("b", "paris,0,2,1,2\noslo,0,1,0,1\n"), (".b.crc", "\x00x")):
                with open(os.path.join(folder, name), "w") as f:
                    f.write(text)
            self.assertEqual(rows.load(folder), ({("oslo", 0): (1, 0, 1), ("paris", 0): (2, 1, 2)}, 1))


class Measure(unittest.TestCase):
    def run_python(self, program, timeout=60):
        with tempfile.NamedTemporaryFile() as log:
            return measure.run([sys.executable, "-c", program], log.name, "/", timeout)

    def test_children_count(self):
        burn = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass\n"
        program = f"import subprocess, sys\n[subprocess.run([sys.executable, '-c', {burn!r}]) for _ in range(2)]"
        result = self.run_python(program)
        self.assertGreaterEqual(result["cpu"], 0.8)
        self.assertLess(result["cpu"], 2.0)

    def test_peak_memory(self):
        result = self.run_python("import time\nx = b'1' * (200 << 20)\ntime.sleep(0.1)\ndel x\ntime.sleep(0.2)")
        self.assertGreater(result["rss"], 200 << 20)
        self.assertGreater(result["anonymous"], 200 << 20)
        self.assertLess(result["rss"], 260 << 20)

    def test_failure_and_time_limit(self):
        self.assertEqual(self.run_python("raise SystemExit(3)")["rc"], 3)
        self.assertEqual(self.run_python("import time\ntime.sleep(60)", timeout=0.3)["rc"], -1)


class Loads(unittest.TestCase):
    def test_parts_hold_the_same_lines(self):
        with tempfile.TemporaryDirectory() as work:
            path = load.make(load.Load(1000), work)
            folder = load.parts(path)
            pieces = [contents(os.path.join(folder, n)) for n in sorted(os.listdir(folder))]
            self.assertEqual(b"".join(pieces), contents(path))
            self.assertEqual(len(pieces), load.PARTS)
            self.assertTrue(all(p.endswith(b"}\n") for p in pieces))
            self.assertEqual(load.facts(path)["sha256"], hashlib.sha256(contents(path)).hexdigest())

    def test_other_bytes_are_refused(self):
        with tempfile.NamedTemporaryFile() as f:
            command = [sys.executable, load.GENERATOR, "--out", f.name, "--count", "10", "--sha256", "0" * 64]
            self.assertNotEqual(subprocess.run(command, capture_output=True).returncode, 0)

    def test_the_series_keeps_the_rate(self):
        self.assertEqual(len({round(one.count / one.hours) for one in growth.loads(1)}), 1)
        self.assertIn(load.Load(1_000_000), load.DIGESTS)


class Report(unittest.TestCase):
    def test_ratios_are_of_one_round(self):
        base = {1: {"wall": 2.0}, 2: {"wall": 4.0}}
        mine = [{"round": 1, "wall": 4.0}, {"round": 2, "wall": 4.0}, {"round": 3, "wall": 9.0}]
        self.assertEqual(report.ratios(mine, base, "wall"), [2.0, 1.0])


if __name__ == "__main__":
    unittest.main()
