#!/usr/bin/env python3
"""Measure goshawk on Apache Kafka, beside kcat and Kafka Streams, on a broker of its own.

  bench.py                        all parts: throughput, scaling, latency, restart
  bench.py --only latency         one, or some: --only throughput,restart
  bench.py --only profile         what a run is made of, from its own metrics; not among all
  bench.py --posts 200000 --rounds 2

Results: kafka.md and kafka.json in the work folder, and on standard output; logs beside them, under kafka/.
"""
import argparse
import json
import os
import shutil
import signal
import sys

import broker
import contest
import figures
import latency
import procs
import profile
import restart
import scaling
import throughput

PARTS = {"throughput": throughput, "scaling": scaling, "latency": latency, "restart": restart, "profile": profile}
DEFAULT = ["throughput", "scaling", "latency", "restart"]


def options():
    ap = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only", metavar="NAME,...", help=", ".join(PARTS))
    ap.add_argument("--posts", type=int, default=1_000_000, help="posts of throughput and scaling (1,000,000)")
    ap.add_argument("--rounds", type=int, default=3, help="rounds (3)")
    ap.add_argument("--seconds", type=float, default=30, help="how long each latency is measured (30)")
    ap.add_argument("--state-mb", type=int, default=1000, help="size of the state that restart brings back (1000)")
    ap.add_argument("--goshawk", default=os.path.join(contest.ROOT, "target", "release", "goshawk"), help="the binary")
    ap.add_argument("--jars", default=os.path.join(contest.ROOT, "target", "services", "kafka"), help="Kafka's jars")
    ap.add_argument("--work", default=os.path.join(contest.ROOT, "bench", ".work"), help="where posts, logs and results go")
    ap.add_argument("--timeout", type=float, default=300, help="seconds, each run")
    o = ap.parse_args()
    o.parts = o.only.split(",") if o.only else DEFAULT
    if unknown := [name for name in o.parts if name not in PARTS]:
        ap.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    if not os.access(o.goshawk, os.X_OK):
        ap.error(f"{o.goshawk} is not there: build it with 'cargo build --release', or name it with --goshawk")
    if not os.path.exists(os.path.join(o.jars, ".complete")):
        ap.error(f"Kafka is not in {o.jars}: 'make need-kafka' fetches it")
    if "throughput" in o.parts and not os.path.isdir(contest.STREAMS):
        print("Kafka Streams is left out; to have it: mvn -q -f bench/kafka/streams package", file=sys.stderr)
    return o


def measure(o, logs):
    """the results of all parts, and what went wrong, if anything did"""
    done, wrong = [], None
    with broker.Broker(o.jars, logs) as one:
        bench = contest.Bench(o, one, logs)
        try:
            for name in o.parts:
                PARTS[name].measure(bench)
                done.append(name)
        except procs.Trouble as trouble:
            wrong = f"{name}: {trouble}"
        finally:
            bench.end()
    return bench, done, wrong


def markdown(bench, done, wrong):
    o = bench.options
    text = ["### goshawk on Apache Kafka", "", figures.machine(o.goshawk, o.jars),
            f"One broker, heap {broker.HEAP}, default JVM options, the same for all. Rounds: {o.rounds}; median (least-greatest); "
            "ratios are of runs in the same round. A new prefix, group and application each time.", ""]
    for name in o.parts:
        results = [r for r in bench.results if r["part"] == name]
        if results:
            text += [*PARTS[name].report(bench, results), *([] if name in done else ["", "**Not finished.**"]), ""]
    if wrong:
        text += ["**Trouble**", "", *("    " + line for line in wrong.splitlines()), ""]
    return "\n".join(text)


def main():
    # as an exception, so that what runs is ended too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    o = options()
    logs = os.path.join(os.path.abspath(o.work), "kafka")
    shutil.rmtree(logs, ignore_errors=True)
    os.makedirs(logs)
    bench, done, wrong = measure(o, logs)
    text = markdown(bench, done, wrong)
    with open(os.path.join(o.work, "kafka.md"), "w") as f:
        f.write(text)
    with open(os.path.join(o.work, "kafka.json"), "w") as f:
        json.dump({"options": vars(o), "trouble": wrong, "results": bench.results}, f, indent=1)
    print(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
