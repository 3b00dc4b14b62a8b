"""goshawk and its peers on the same posts, in rounds A B C A B C, so that a ratio compares neighbours in time."""
import json
import os
import re
import shutil
import subprocess
import sys

import load
import measure
import peers
import rows


def empty(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def disk(path):
    """bytes that a folder takes"""
    return sum(os.lstat(os.path.join(folder, n)).st_blocks * 512 for folder, _, names in os.walk(path) for n in names)


class Bench:
    """Where things are, and the raw figures of this call as they come in"""

    def __init__(self, options, kind):
        self.work, self.goshawk, self.timeout = os.path.abspath(options.work), os.path.abspath(options.goshawk), options.timeout
        self.runs = os.path.join(self.work, "runs")
        os.makedirs(self.runs, exist_ok=True)
        self.raw = os.path.join(self.work, f"{kind}.jsonl")
        self.references = {}
        empty(self.raw)

    def reference(self, source):
        """DuckDB's rows, made once for each load"""
        if source not in self.references:
            path = source.removesuffix(".jsonl") + ".reference.csv"
            if not os.path.exists(path):
                command = peers.command(peers.REFERENCE, self.work, self.goshawk, source, path + ".part")
                subprocess.run(command, check=True, cwd=peers.ROOT)
                os.rename(path + ".part", path)
            self.references = {source: rows.load(path)}  # one at a time: the rows of a large load take memory
        return self.references[source]

    def out(self, peer):
        return os.path.join(self.runs, "-".join(re.findall("[a-z0-9]+", peer.name.lower())))

    def run(self, peer, source, round_):
        """one timed run and, outside the time, the check of its rows"""
        given, out = load.parts(source) if peer.parts else source, self.out(peer)
        empty(out)
        load.warm(given)
        command = peers.command(peer, self.work, self.goshawk, given, out)
        result = measure.run(command, out + ".log", peers.ROOT, self.timeout)
        result.update(peer=peer.name, round=round_, load=os.path.basename(source), command=command)
        if result["rc"]:
            result["rows"] = "failed"
            self.explain(peer, result)
        elif peer.rows:
            result["rows"] = self.check(peer, source, out)
        if peer is peers.GOSHAWK:
            result["disk"] = disk(out)
        self.note(result)
        return result

    def check(self, peer, source, out):
        try:
            answer = self.tap(out) if peer is peers.GOSHAWK else out
            return rows.verdict(self.reference(source), rows.load(answer))
        except (ValueError, KeyError, OSError, subprocess.CalledProcessError) as e:
            return f"unreadable: {e}"

    def tap(self, folder):
        """the counts topic of a finished run, as CSV"""
        path = folder + ".csv"
        command = [self.goshawk, "tap", "counts", "--log", f"disk:{folder}", "--from", "start"]
        with open(path + ".json", "w+") as lines, open(path, "w", newline="") as out:
            subprocess.run(command, check=True, stdout=lines, stdin=subprocess.DEVNULL, timeout=self.timeout)
            lines.seek(0)
            rows.from_tap(lines, out)
        return path

    def explain(self, peer, result):
        said = "ran out of time" if result["rc"] == -1 else f"ended with status {result['rc']}"
        with open(self.out(peer) + ".log", errors="replace") as f:
            print(f"{peer.name} {said}:\n{''.join(f.readlines()[-15:])}", file=sys.stderr)

    def note(self, result):
        with open(self.raw, "a") as f:
            f.write(json.dumps(result) + "\n")
        print(f"round {result['round']}  {result['peer']:<44} {result['wall']:>8.2f} s  {result['cpu']:>7.2f} s CPU  "
              f"{result['rss'] / 2**20:>6.0f} MiB  {result.get('rows', '')}", file=sys.stderr)


def compare(options):
    """all the results, in the order of the runs"""
    chosen = peers.choose(options.only, options.all)
    peers.install(chosen, options.work)
    bench = Bench(options, "compare")
    source = load.make(load.Load(options.count), bench.work)
    order = [peers.GOSHAWK, *chosen]
    return source, [bench.run(p, source, i + 1) for i in range(options.runs) for p in order]
