"""From the post that closes a window to that window's record on `counts`."""
import bisect
import json
import os
import signal
import threading
import time

import figures
import measure as machine
import procs
from contest import complaints, restored

RATES = [1_000, 10_000]
PARTITIONS = 4
BREATHS = ["5ms", "20ms", "100ms"]
START = "2026-03-01T09:00:00Z"  # of the made-up posts: an hour at which their daily wave is at WAVE times its mean
WAVE = 1.18
SETTLE = 5  # seconds for the stages' members to share out the partitions, before the first post
WARM = 5  # seconds that do not count: first windows, first fetches
LATENESS = 0  # seconds; the posts are in order
WINDOWS = {"GOSHAWK__WINDOWS__SIZE": "1s", "GOSHAWK__WINDOWS__HOP": "1s", "GOSHAWK__TIME__LATENESS": f"{LATENESS}s"}


class Listener:
    """Notes when kcat, unbuffered, tells of each record of a topic"""

    def __init__(self, bench, topic, folder):
        read, write = os.pipe()
        command = bench.kcat("-C", "-t", topic, "-o", "beginning", "-u", "-q", "-X", "isolation.level=read_committed", "-X",
                             "fetch.wait.max.ms=100", "-f", "%T %s\\n")
        self.process = bench.start(command, "kcat", out=write, folder=folder)
        os.close(write)
        self.heard, self.thread = [], threading.Thread(target=self.listen, args=(read,), daemon=True)
        self.thread.start()

    def listen(self, pipe):
        with open(pipe, "rb") as lines:
            for line in lines:
                self.heard.append((time.time(), line))

    def rows(self):
        """(end of the window, when written, when heard of) of each record, in seconds"""
        self.process.kill()
        self.thread.join(10)
        found = []
        for heard, line in self.heard:
            written, _, value = line.partition(b" ")
            found.append((procs.moment(json.loads(value)["end"]), int(written) / 1000, heard))
        return found


def closings(bench, topic):
    """the times of the posts in order of event time, and for each when the first with that time or a later one was written"""
    posts = []
    for line in bench.read(topic, "%T %h %k"):
        written, _, rest = line.partition(" ")
        headers = dict(h.partition("=")[::2] for h in rest.split(" ")[0].split(","))
        if rest.partition(" ")[2]:
            posts.append((procs.moment(headers["time"]), int(written) / 1000))
    posts.sort()
    first, earliest = [], float("inf")
    for _, written in reversed(posts):
        earliest = min(earliest, written)
        first.append(earliest)
    return [time_ for time_, _ in posts], first[::-1]


def latencies(rows, times, first, begin):
    """seconds from the closing post to the record as written, and as heard of; windows of the first seconds left out"""
    written, heard = [], []
    for end, at, told in rows:
        place = bisect.bisect_left(times, end + LATENESS)
        if place < len(times) and end >= begin:
            written.append(at - first[place])
            heard.append(told - first[place])
    return written, heard


def one(bench, prefix, rate, breath, seconds):
    """source and stages, each in its process, for so long"""
    env = {**WINDOWS, "GOSHAWK__ENGINE__BREATH": breath}
    stages = bench.start(bench.run(prefix, "locate,count", session="6s"), f"{prefix}stages", env)
    until = time.perf_counter() + 30
    while len(restored(stages.log)) < 2 * PARTITIONS:  # of both stages; the topics are made by then
        if stages.ended() or time.perf_counter() > until:
            raise procs.Trouble(f"the stages have not started; their log: {stages.log}\n{stages.said()}")
        time.sleep(0.05)
    time.sleep(SETTLE)
    listener = Listener(bench, f"{prefix}counts", bench.folder(f"{prefix}listener"))
    before, busy, began = bench.broker.cpu(), machine.machine_busy(), time.perf_counter()
    url = f"synthetic:?rate={rate / WAVE:.3f}&start={START}&disorder=0s"
    source = bench.start(bench.run(prefix, "source", source=url, cache="off"), f"{prefix}source", WINDOWS)
    while time.perf_counter() - began < seconds:
        for process in (stages, source, listener.process):
            if process.ended():
                raise procs.Trouble(f"{process.name} ended by itself with status {process.code}; its log: {process.log}\n"
                                    + process.said())
        time.sleep(0.05)
    broker, wall = bench.broker.cpu() - before, time.perf_counter() - began
    mine = broker + sum(procs.cpu(process.pid) for process in (stages, source, listener.process))
    foreign = max(0, machine.machine_busy() - busy - mine) / (wall * machine.CORES)
    time.sleep(1)  # what was produced last is still on its way
    rows = listener.rows()
    for process in (source, stages):
        process.stop(signal.SIGTERM)
        if process.code:
            raise procs.Trouble(f"{process.name} ended with status {process.code} after a signal; its log: {process.log}")
    return {**told(bench, prefix, rows), "stages": share(stages, wall), "source": share(source, wall),
            "broker": round(broker / wall, 3), "foreign": round(foreign, 3), "threads": stages.figures()["threads"],
            "warnings": len(complaints(stages.log)) + len(complaints(source.log))}


def share(process, wall):
    """of one core"""
    return round(process.figures()["cpu"] / wall, 3)


def told(bench, prefix, rows):
    times, first = closings(bench, f"{prefix}posts")
    written, heard = latencies(rows, times, first, times[0] + WARM)
    if not heard:
        raise procs.Trouble(f"{prefix}: no window was closed in {WARM} s and more; {len(times)} posts, {len(rows)} windows")
    ms = {f"{name}_p{p}": round(1000 * figures.percentile(values, p / 100), 1)
          for name, values in (("written", written), ("heard", heard)) for p in (50, 99)}
    return {**ms, "most": round(1000 * max(heard), 1), "windows": len(heard),
            "rate": round(len(times) / (times[-1] - times[0] or 1)),
            "ends": len({end for end, *_ in rows if end >= times[0] + WARM})}


def measure(bench):
    one(bench, "warm.", RATES[-1], BREATHS[0], 3 * WARM)  # the broker's code is compiled by the time that anything counts
    for number in range(1, bench.options.rounds + 1):
        for rate in RATES:
            for breath in BREATHS:
                found = one(bench, f"l{number}-{rate}-{breath}.", rate, breath, bench.options.seconds + WARM)
                bench.note({"part": "latency", "what": f"{rate} {breath}", "round": number, "breath": breath, **found})


def report(bench, results):
    head = ["posts/s:", "breath:", "heard p50 ms:", "heard p99 ms:", "most ms:", "written p50 ms:", "written p99 ms:", "windows:",
            "stages' cores:", "source's:", "broker's:", "others' CPU:", "warnings:"]
    rows = []
    for mine in figures.by(results, "what").values():
        keys = ["heard_p50", "heard_p99", "most", "written_p50", "written_p99"]
        cells = [figures.spread(figures.column(mine, key), ".0f") for key in keys]
        cores = [figures.spread(figures.column(mine, key)) for key in ("stages", "source", "broker")]
        rate = figures.median(figures.column(mine, "rate"))
        rows.append([f"{rate:,.0f}", mine[0]["breath"], *cells, f"{sum(r['windows'] for r in mine):,}", *cores,
                     f"{max(r['foreign'] for r in mine):.0%}", sum(r["warnings"] for r in mine)])
    return ["#### From the closing post to the window", "", *figures.table(head, rows), "",
            f"Windows of 1 s in 200 cities, {PARTITIONS} partitions, lateness {LATENESS} s, posts in order of time, source and "
            "stages in a process each. From the Kafka timestamp of the first post whose time is the window's end or later, to the Kafka "
            "timestamp of the window's record (written: before its commit), and to when a consumer that reads as committed has it "
            f"(heard). The percentiles are of window records; the groups have {SETTLE} s to settle before the first post, and "
            f"the first {WARM} s are left out. Cores: CPU seconds a second."]
