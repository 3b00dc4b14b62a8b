"""The runs: the chain on files of growing size, many tiny cascades that are open together, one that is huge."""
import os
import shutil
import subprocess
import sys

import make
import rules

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(1, os.path.join(ROOT, "bench", "harness"))
import compare
import measure

ROLES = "source,collect,estimate,predict,learn,monitor,watch"
START = "2026-01-01T00:00:00Z"
# What comes after the end of a cascade that was told of is late as long as that is remembered: here always, so that it can be counted.
ALWAYS = {"COLLECT__REMEMBER": "3650d"}


class Trouble(Exception):
    """A run that ended badly or gave a wrong answer"""


class Bench:
    """One call of bench.py"""

    def __init__(self, options):
        self.options, self.goshawk = options, os.path.abspath(options.goshawk)
        self.work = os.path.join(os.path.abspath(options.work), "cascades")
        os.makedirs(self.work, exist_ok=True)
        self.log, self.results = os.path.join(self.work, "log"), []

    def command(self, source, settings):
        words = [self.goshawk, "run", "--source", source, "--roles", ROLES, "--drain", "--listen", "off", "--log", f"disk:{self.log}"]
        return ["env", *(f"GOSHAWK__{name}={value}" for name, value in settings.items()), *words] if settings else words

    def run(self, part, round_, source, events, **settings):
        """one run on a new log, which stays until the next"""
        shutil.rmtree(self.log, ignore_errors=True)
        said = os.path.join(self.work, f"{part}.log")
        command = self.command(source, settings)
        result = measure.run(command, said, self.work, self.options.timeout)
        if result["rc"]:
            with open(said, errors="replace") as f:
                raise Trouble(f"{part} ended with status {result['rc']} (-1: out of time)\n{''.join(f.readlines()[-12:])}")
        result.update(part=part, round=round_, events=events, command=command, disk=compare.disk(self.log))
        self.results.append(result)
        print(f"{part}  round {round_}  {events:,} events  {result['wall']:.2f} s  {result['cpu']:.2f} s CPU  "
              f"{result['rss'] / 2**20:.0f} MiB  others' CPU {result['foreign']:.0%}", file=sys.stderr)
        return result

    def tap(self, topic):
        """the records of a topic of the last run, as JSON lines"""
        command = [self.goshawk, "tap", topic, "--log", f"disk:{self.log}", "--from", "start"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
            yield from process.stdout
        if process.returncode:
            raise Trouble(f"{' '.join(command)} ended with status {process.returncode}")

    def judge(self, result, wanted):
        """whether all sizes are right, and as many events too late as there must be"""
        result["sizes"] = rules.verdict(wanted, rules.told(self.tap("sizes")))
        late = sum(1 for _ in self.tap("late"))
        result["late"] = f"{late:,} late" if late == wanted[2] else f"{late:,} late instead of {wanted[2]:,}"
        print(f"    {result['sizes']}; {result['late']}", file=sys.stderr)

    def files(self, folder, alive):
        return f"cascades:{folder}?speed=max&sources=5&alive={alive}&start={START}"


def scale(bench):
    """the same chain on more and more events, with as many cascades alive"""
    folders = {events: make.news(bench.work, events) for events in bench.options.events}
    for round_ in range(1, bench.options.rounds + 1):
        for events, folder in folders.items():
            result = bench.run("scale", round_, bench.files(folder, bench.options.alive), events, **ALWAYS)
            if round_ == 1:
                result["cascades"] = make.facts(folder)["cascades"]
                bench.judge(result, rules.expected(folder))


def tiny(bench):
    """posts that nobody reposts: all of them open at the same time, or few"""
    most = bench.options.open
    for open_, rate in ((min(18_000, most), 10), (most // 4, most), (most // 2, most), (most, most)):
        count = most if rate == 10 else open_
        source = f"synthetic:?reposts=0&rate={rate}&count={count}&speed=max&disorder=0s&start={START}"
        result = bench.run("tiny", 1, source, count)
        result["open"] = open_
        if any(bench.tap("sizes")):
            raise Trouble("a post without reposts was told of")


def giant(bench):
    """one cascade: all its reposts within its longest window"""
    folder = make.giant(bench.work, bench.options.reposts, 1190)
    result = bench.run("giant", 1, bench.files(folder, 1), bench.options.reposts + 1)
    bench.judge(result, rules.expected(folder))
    result["estimates"] = list(bench.tap("estimates"))


PARTS = {"scale": scale, "tiny": tiny, "giant": giant}
