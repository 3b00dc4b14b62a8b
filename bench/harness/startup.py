"""How long goshawk takes from exec to its first 200 on /health: on an empty folder, after a clean stop, after kill -9
while it was ingesting."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import compare
import load
import measure
import peers

POSTS = 5_000_000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def healthy(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Start:
    """One goshawk process on a folder, from exec to its first 200"""

    def __init__(self, bench, folder, source):
        self.port = free_port()
        self.command = [peers.shown(bench.goshawk), "run", "--log", f"disk:{peers.shown(folder)}", "--source",
                        f"replay:{peers.shown(source)}?speed=max", "--listen", f"127.0.0.1:{self.port}"]
        log = open(folder + ".start.log", "wb")
        self.begin = time.perf_counter()
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=peers.ROOT,
                                        start_new_session=True)
        log.close()

    def wait(self, limit):
        """seconds to the first 200, and the resident bytes then"""
        while not healthy(self.port):
            if self.process.poll() is not None:
                sys.exit(f"goshawk ended with status {self.process.returncode} before it answered /health")
            if time.perf_counter() - self.begin > limit:
                sys.exit(f"goshawk did not answer /health within {limit:.0f} s")
            time.sleep(0.001)
        return time.perf_counter() - self.begin, measure.status(self.process.pid)[1]

    def stop(self, how):
        if self.process.poll() is not None:
            sys.exit(f"goshawk ended by itself with status {self.process.returncode}")
        os.killpg(self.process.pid, how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            sys.exit("goshawk did not stop within 60 s of a signal")


def one(bench, folder, source, before, stop, pause=0.0):
    """start on what 'before' left behind, let it work for a pause, stop as told"""
    start = Start(bench, folder, source)
    try:
        wall, rss = start.wait(bench.timeout)
        time.sleep(pause)
        start.stop(stop)
    finally:
        measure.stop(start.process)
    result = {"before": before, "wall": round(wall, 4), "rss": rss, "command": start.command}
    with open(bench.raw, "a") as f:
        f.write(json.dumps(result) + "\n")
    print(f"{before:<28} {wall * 1000:>8.1f} ms  {rss / 2**20:>6.0f} MiB", file=sys.stderr)
    return result


def build(bench, source):
    """a folder as a drained replay of the load leaves it, its size, and how long the replay took"""
    result = bench.run(peers.GOSHAWK, source, 0)
    if result["rc"]:
        sys.exit(1)
    return bench.out(peers.GOSHAWK), result["disk"], result["wall"]


def start_up(options):
    """(source, bytes of the folder, results)"""
    peers.install([], options.work)
    bench = compare.Bench(options, "start-up")
    small = load.make(load.Load(1000), bench.work)
    source = load.make(load.Load(int(POSTS * options.scale)), bench.work)
    folder, size, wall = build(bench, source)
    fresh, killed = (os.path.join(bench.runs, "start-up-" + name) for name in ("empty", "killed"))
    compare.empty(killed)
    # each kill falls within the load: the folder grows by one step a round and is never whole
    step = wall / (options.runs + 2)
    one(bench, killed, source, "(first, not counted)", signal.SIGKILL, step)
    results = []
    for _ in range(options.runs):
        compare.empty(fresh)
        results.append(one(bench, fresh, small, "empty", signal.SIGKILL))
        results.append(one(bench, folder, source, "whole, after a clean stop", signal.SIGTERM))
        results.append(one(bench, killed, source, "part, after kill -9 under load", signal.SIGKILL, step))
    return source, size, results
