"""What the measurements share: where things are, how goshawk and kcat are started, and the raw figures as they come in."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import procs
import load
import measure

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STREAMS = os.path.join(HERE, "streams", "target")
KCAT_LIMIT = 300


class Bench:
    """One call of bench.py"""

    def __init__(self, options, broker, logs):
        self.options, self.broker, self.logs = options, broker, logs
        self.work, self.goshawk, self.limit = os.path.abspath(options.work), os.path.abspath(options.goshawk), options.timeout
        self.results, self.running = [], []

    def source(self):
        """the posts, in the page cache"""
        path = load.make(load.Load(self.options.posts), self.work)
        load.warm(path)
        return path

    def folder(self, name):
        """an empty folder for one process"""
        path = os.path.join(self.logs, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def start(self, command, name, env=None, out=None, stdin=None, folder=None):
        process = procs.Process(command, folder or self.folder(name), os.path.basename(name), env, out, stdin)
        self.running.append(process)
        return process

    def timed(self, command, name, env=None, out=None, limit=None):
        """runs one contestant alone, to its good end; the broker's CPU time beside its own"""
        os.sync()  # what the run before left dirty must not be written on this one's time
        before, busy, threads = self.broker.cpu(), measure.machine_busy(), self.broker.threads()
        process = self.start(command, name, env, out)
        found = process.wait(limit or self.limit)
        return {**found, **self.around(found["wall"], found["cpu"], before, busy, threads), "log": process.log}

    def around(self, wall, mine, before, busy, threads):
        """what the broker, and what everybody else, did meanwhile"""
        broker = self.broker.cpu() - before
        others = measure.machine_busy() - busy - broker - mine
        spent = {name: round(cpu - threads.get(name, 0), 2) for name, cpu in self.broker.threads().items()}
        spent = dict(sorted(((n, s) for n, s in spent.items() if s >= 0.05), key=lambda item: -item[1])[:6])
        return {"broker": round(broker, 2), "foreign": round(max(0, others) / (wall * measure.CORES), 3), "broker_threads": spent}

    def note(self, result):
        self.results.append(result)
        with open(os.path.join(self.logs, "results.jsonl"), "a") as f:
            f.write(json.dumps(result) + "\n")
        shown = {k: v for k, v in result.items() if k not in ("threads", "broker_threads", "log", "metrics")}
        print("  ".join(f"{k}={v}" for k, v in shown.items()), file=sys.stderr)

    def end(self):
        """kills what this call started and that still runs"""
        for process in self.running:
            if not process.ended():
                process.kill()

    def url(self, prefix, **more):
        query = "&".join(f"{name}={value}" for name, value in {"prefix": prefix, **more}.items())
        return f"kafka://{self.broker.bootstrap}?{query}"

    def run(self, prefix, roles, *more, source=None, **url):
        """the words of a goshawk command"""
        words = [self.goshawk, "--verbosity", "info", "--json-logs", "run", "--log", self.url(prefix, **url), "--roles", roles]
        return [*words, *(["--source", source] if source else []), "--listen", "off", *more]

    def kcat(self, *words):
        return ["kcat", "-b", self.broker.bootstrap, *words]

    def consume(self, topic, *words):
        """reads a topic from start to end, as committed, with its checksums checked as goshawk does"""
        return self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-X", "isolation.level=read_committed", "-X",
                         "check.crcs=true", *words)

    def read(self, topic, form):
        """the records of a topic, as kcat's -f says, a line each"""
        with tempfile.TemporaryFile("w+", dir=self.logs) as out:
            subprocess.run(self.consume(topic, "-f", form + "\\n"), check=True, stdout=out, stdin=subprocess.DEVNULL,
                           timeout=KCAT_LIMIT)
            out.seek(0)
            yield from (line.rstrip("\n") for line in out)

    def fill(self, prefix, source, env=None, name=None):
        """brings the file into topic posts, as goshawk's own source does"""
        command = self.run(prefix, "source", "--drain", source=f"replay:{source}?speed=max", cache="off")
        return self.timed(command, name or f"{prefix}fill", env)


def events(log):
    """the lines of goshawk's own log, as they are by now"""
    with open(log, errors="replace") as f:
        for line in f:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # cut short, or said by somebody else


def restored(log):
    """what 'state restored' said: when, of which topic and partition, how many entries, how long it took"""
    found = []
    for event in events(log):
        fields = event.get("fields", {})
        if fields.get("message") == "state restored":
            found.append({"at": procs.moment(event["timestamp"]), "ms": int(fields["ms"]),
                          **{k: fields[k] for k in ("topic", "partition", "entries", "read", "from")}})
    return found


def complaints(log):
    """warnings and errors in goshawk's log"""
    return [event for event in events(log) if event.get("level") in ("WARN", "ERROR")]
