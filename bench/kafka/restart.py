"""How long `count` takes to have its state back: with the copy on this machine's disk, without, and right after a crash."""
import glob
import os
import shutil
import subprocess
import time

import figures
import procs
from contest import complaints, restored

PARTITIONS = 4
SESSION = 6  # seconds until the brokers take a silent member for dead
CITIES = 200_000
CHUNK = 500_000  # sightings, sent again and again
ENV = {"GOSHAWK__WINDOWS__SIZE": "24h", "GOSHAWK__WINDOWS__HOP": "24h"}
COPY, BARE, CRASH = "with the copy", "without the copy", "with the copy, at once after kill -9"
FILL_LIMIT = 1800
QUIET = 3  # seconds without change


def sightings(path):
    """key TAB value: so many people, spread over the cities; sent again, they are as good as others to a later commit"""
    with open(path, "w") as f:
        for i in range(CHUNK):
            city = f"city-{i * 7919 % CITIES:06d}"
            repost = "true" if i % 3 == 0 else "false"
            f.write(f'{city}\t{{"city":"{city}","network":"x","person":"{10**18 + i}","repost":{repost}}}\n')


class Place:
    """A process of role count with its folder, where its copies are"""

    def __init__(self, bench, prefix):
        self.bench, self.prefix, self.starts, self.process = bench, prefix, 0, None
        self.folder = bench.folder(f"{prefix}count")

    def start(self):
        self.starts += 1
        command = self.bench.run(self.prefix, "count", session=f"{SESSION}s")
        self.process = self.bench.start(command, f"start-{self.starts}", ENV, folder=self.folder)
        return self.process

    def copies(self):
        return glob.glob(os.path.join(self.folder, "goshawk-cache", "*", "*.state"))

    def size(self):
        return sum(os.path.getsize(path) for path in self.copies())

    def await_restored(self, limit):
        """when each partition was last restored; waits until all have been"""
        until = time.perf_counter() + limit
        while True:
            found = restored(self.process.log)
            if len({event["partition"] for event in found}) == PARTITIONS:
                return found
            if self.process.ended() or time.perf_counter() > until:
                self.process.explain_hang()
                raise procs.Trouble(f"the state is not back; log: {self.process.log}\n{self.process.said()}")
            time.sleep(0.02)

    def await_quiet(self, limit=FILL_LIMIT):
        """waits until the copies grow no more: all that was sent is in the state"""
        size, since, until = self.size(), time.perf_counter(), time.perf_counter() + limit
        while time.perf_counter() - since < QUIET:
            time.sleep(0.2)
            if self.process.ended() or time.perf_counter() > until:
                raise procs.Trouble(f"the state is not filled; log: {self.process.log}\n{self.process.said()}")
            if (now := self.size()) != size:
                size, since = now, time.perf_counter()
        return size


def send(bench, path, topic):
    command = bench.kcat("-P", "-t", topic, "-K", "\t", "-X", "compression.codec=lz4", "-X", "topic.partitioner=murmur2_random",
                         "-l", path)
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=bench.limit)


def fill(bench, place):
    """sends sightings until the copies have the size that is wanted; how large they are, and what that took"""
    path, topic, wanted = os.path.join(bench.logs, "sightings.tsv"), f"{place.prefix}sightings", bench.options.state_mb * 10**6
    sightings(path)
    begin = time.perf_counter()
    place.start()
    place.await_restored(60)
    send(bench, path, topic)
    size, sent = place.await_quiet(), CHUNK
    while size < wanted:
        more = max(1, round((wanted - size) / (size / sent) / CHUNK))
        for _ in range(more):
            send(bench, path, topic)
        sent += more * CHUNK
        size = place.await_quiet()
        print(f"state: {size / 1e6:,.0f} MB after {sent:,} sightings, {time.perf_counter() - begin:.0f} s", flush=True)
        if size < wanted and wanted - size < size / sent * CHUNK:
            break
    os.remove(path)
    return {"bytes": size, "sightings": sent, "wall": round(time.perf_counter() - begin, 1)}


def one(bench, place, what):
    """kill -9, start, and the wait until every partition has its state"""
    place.process.kill()
    if what == BARE:
        for path in place.copies():
            os.remove(path)
    if what != CRASH:
        time.sleep(SESSION + 2)  # the dead member's seat is free again
    os.sync()
    before = bench.broker.cpu()
    process = place.start()
    found = place.await_restored(bench.limit)
    wall = max(event["at"] for event in found) - process.started
    used, broker = procs.cpu(process.pid), bench.broker.cpu() - before
    last = {event["partition"]: event for event in found}.values()
    return {"wall": round(wall, 3), "sum_ms": sum(event["ms"] for event in last), "most_ms": max(event["ms"] for event in last),
            "read": sum(event["read"] for event in last), "entries": sum(event["entries"] for event in last), "cpu": round(used, 2),
            "broker": round(broker, 2), "copy": place.size(), "threads": procs.thread_cpu(process.pid),
            "rss": figures.measure.status(process.pid)[0], "times": len(found), "warnings": len(complaints(process.log))}


def measure(bench):
    place = Place(bench, "r.")
    filled = fill(bench, place)
    state = bench.broker.disk("r.goshawk-count-state")
    bench.note({"part": "restart", "what": "fill", "round": 0, **filled, "topic": state})
    entries = None
    for number in range(1, bench.options.rounds + 1):
        for what in (COPY, BARE, CRASH):
            found = one(bench, place, what)
            entries = entries or found["entries"]
            if found["entries"] != entries:
                raise procs.Trouble(f"{found['entries']} entries are back, not {entries}; log: {place.process.log}")
            bench.note({"part": "restart", "what": what, "round": number, **found})
    place.process.kill()
    shutil.rmtree(place.folder + "/goshawk-cache")


def report(bench, results):
    filled, runs = results[0], results[1:]
    head = ["", "exec to all restored s:", "longest partition s:", "records read from the brokers:", "CPU s:", "broker's CPU s:",
            "peak RSS MiB:", f"wall / {COPY}:", "warnings:"]
    base = [r for r in runs if r["what"] == COPY]
    rows = []
    for what, mine in figures.by(runs, "what").items():
        rows.append([what, figures.spread(figures.column(mine, "wall")), figures.spread([r["most_ms"] / 1000 for r in mine]),
                     f"{max(r['read'] for r in mine):,}", figures.spread(figures.column(mine, "cpu")),
                     figures.spread(figures.column(mine, "broker")), f"{max(r['rss'] for r in mine) / figures.MIB:,.0f}",
                     figures.ratio(mine, base, "wall"), sum(r["warnings"] for r in mine)])
    entries = runs[0]["entries"] if runs else 0
    return ["#### The state of `count` after a restart", "", *figures.table(head, rows), "",
            f"State: {filled['bytes'] / 1e6:,.0f} MB in the copies, {entries:,} entries, {PARTITIONS} partitions, made by `count` "
            f"from {filled['sightings']:,} sightings in {CITIES:,} cities in {filled['wall']:.0f} s; "
            f"{filled['topic'] / 1e6:,.0f} MB in the topic on the broker's disk. Stopped with kill -9 each time; but for the last "
            f"row, {SESSION + 2} s pass before the start, so that waiting for the brokers to give up the dead member ({SESSION} s) "
            "is not in it."]
