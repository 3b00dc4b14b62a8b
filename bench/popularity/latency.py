#!/usr/bin/env python3
"""From the post that lets an observation window close to the prediction, while the whole chain runs live.

  latency.py --goshawk target/release/goshawk
  latency.py --seconds 120 --rate 10000
"""
import argparse
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(1, os.path.join(ROOT, "bench", "kafka"))
import figures
import measure
import procs

ROLES = "source,locate,count,collect,estimate,predict,learn,monitor,watch"
WINDOWS = (2, 4, 8, 16)  # seconds
# Short enough for models to be in force after a minute; models take effect and are made every 10 s, where 10 min are usual.
SETTINGS = {"COLLECT__WINDOWS": ",".join(f"{window}s" for window in WINDOWS), "COLLECT__SILENCE": "10s", "TIME__LATENESS": "0s",
            "PREDICT__DELAY": "10s", "LEARN__EVERY": "10s", "WINDOWS__SIZE": "10s", "WINDOWS__HOP": "2s"}
FOLDS = 5
# Of the made-up cascades: interest fades in 3 s, and a mean of 150 posts in all.
LAW = "n_star=0.6&beta=0.3&first=100&within=10s"
POSTS_A_SEAT = 4.4  # a second: a seat's cascades come one after the other


class Listener:
    """Notes when each record of a topic is heard, as a client of the page that follows it"""

    def __init__(self, page, topic):
        self.answer = urllib.request.urlopen(f"{page}/api/tap/{topic}?from=start&follow=true&meta=false", timeout=600)
        self.heard, self.thread = [], threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        try:
            for line in self.answer:
                self.heard.append((time.time(), line))
        except (OSError, ValueError):
            pass  # the process has ended


def latencies(heard, begin, end):
    """(window, seconds, model) of the predictions whose windows ended between `begin` and `end`: what is late counts, too"""
    found = []
    for at, line in heard:
        told = json.loads(line)
        due = procs.moment(told["start"]) + told["window_s"]
        if begin <= due < end:
            found.append((told["window_s"], at - due, told["model"]))
    return found


def told(found):
    """the figures of so many latencies, in milliseconds"""
    seconds = [seconds for _, seconds, _ in found]
    return {"predictions": len(found), "of models": sum(model > 0 for *_, model in found) / max(1, len(found)),
            **{f"p{p}": 1000 * figures.percentile(seconds, p / 100) for p in (50, 90, 99)},
            "most": 1000 * max(seconds, default=float("nan"))}


def settings(o):
    """what the process finds in its environment"""
    return {f"GOSHAWK__{name}": value for name, value in {**SETTINGS, **dict(pair.split("=", 1) for pair in o.set)}.items()}


def start(o, work):
    alive = max(1, round(o.rate / POSTS_A_SEAT / FOLDS))
    source = f"synthetic:hawkes?speed=1&sources={FOLDS}&alive={alive}&{LAW}"
    command = [os.path.abspath(o.goshawk), "run", "--roles", o.roles, "--source", source, "--listen", "127.0.0.1:0",
               "--log", f"disk:{os.path.join(work, 'log')}"]
    return procs.Process(command, work, "goshawk", settings(o))


def page(process, limit=30):
    """the address that it says it listens at"""
    until = time.perf_counter() + limit
    while time.perf_counter() < until and not process.ended():
        if found := re.search(r"The page is at (http://\S+?)/ ", process.said()):
            return found[1]
        time.sleep(0.05)
    raise procs.Trouble(f"it does not listen: {process.said()}")


def posts(url):
    """how many posts there are so far"""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        found = re.search(r'^goshawk_records_total\{role="synthetic:hawkes"\} (\d+)', answer.read().decode(), re.M)
    return int(found[1]) if found else 0


def watched(process, url, seconds):
    """the rate, and what was used meanwhile: of one core; others', of the machine"""
    before, busy, cpu, threads = posts(url), measure.machine_busy(), procs.cpu(process.pid), procs.thread_cpu(process.pid)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        if process.ended():
            raise procs.Trouble(f"it ended by itself with status {process.code}: {process.said()}")
        time.sleep(0.1)
    wall, mine = time.perf_counter() - began, procs.cpu(process.pid) - cpu
    shares = {name: (now - threads.get(name, 0)) / wall for name, now in procs.thread_cpu(process.pid).items()}
    foreign = max(0, measure.machine_busy() - busy - mine) / (wall * measure.CORES)
    return {"rate": (posts(url) - before) / wall, "cores": mine / wall, "foreign": foreign,
            "threads": dict(sorted(((n, s) for n, s in shares.items() if s >= 0.005), key=lambda item: -item[1]))}


def run(o):
    work = os.path.join(os.path.abspath(o.work), "latency")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    process = start(o, work)
    try:
        url = page(process)
        listener = Listener(url, "predictions")
        watched(process, url, o.warm)
        begin = time.time()
        used = watched(process, url, o.seconds)
        end = time.time()
        time.sleep(o.patience)
        found = latencies(list(listener.heard), begin, end)
        process.stop(signal.SIGTERM)
    finally:
        process.kill()
    return found, used


def markdown(o, found, used):
    all_ = told(found)
    rows = [["all", *cells(all_)], *([f"{w} s", *cells(told([one for one in found if one[0] == w]))] for w in WINDOWS)]
    return "\n".join([
        f"#### From a window's closing post to the prediction ({used['rate']:,.0f} posts/s, {o.seconds:.0f} s)", "",
        *figures.table(["window", "predictions:", "of models:", "p50 ms:", "p90 ms:", "p99 ms:", "most ms:"], rows), "",
        f"Cores: {used['cores']:.2f} (" + ", ".join(f"{name} {share:.2f}" for name, share in used["threads"].items())
        + f"); others took {used['foreign']:.0%} of the machine.", ""])


def cells(one):
    return [f"{one['predictions']:,}", f"{one['of models']:.0%}", *(f"{one[name]:,.0f}" for name in ("p50", "p90", "p99", "most"))]


def options(arguments=None):
    ap = argparse.ArgumentParser(prog="latency.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--goshawk", default=os.path.join(ROOT, "target", "release", "goshawk"), help="the binary")
    ap.add_argument("--work", default=os.path.join(ROOT, "bench", ".work"), help="where the log goes")
    ap.add_argument("--rate", type=float, default=10_000, help="posts a second, about (10000)")
    ap.add_argument("--warm", type=float, default=75, help="seconds that do not count: models come into force (75)")
    ap.add_argument("--seconds", type=float, default=60, help="that count (60)")
    ap.add_argument("--patience", type=float, default=5, help="seconds that a prediction may take at most (5)")
    ap.add_argument("--roles", default=ROLES, help="what runs")
    ap.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="of the configuration: LEARN__EVERY=10m")
    return ap.parse_args(arguments)


def main():
    o = options()
    try:
        found, used = run(o)
    except procs.Trouble as trouble:
        print(f"latency.py: {trouble}", file=sys.stderr)
        return 1
    print(markdown(o, found, used))
    return 0


if __name__ == "__main__":
    sys.exit(main())
