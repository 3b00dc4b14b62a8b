"""Measure goshawk: against its peers, as the load grows, and at start-up.

  run.sh                         goshawk, the parse bound, DuckDB, Polars, Python by hand, Bytewax
  run.sh --all                   Flink and Spark too
  run.sh --only 'duckdb|flink'   goshawk and the peers whose names match
  run.sh --growth                goshawk on 0.1, 1 and 5 M posts, and on 10, 1,000 and 10,000 cities
  run.sh --start-up              exec to the first 200 of /health, on the folder that 5 M posts leave

Results: results.md, growth.md or start-up.md in the work folder, and on standard output.
"""
import argparse
import os
import signal
import sys

import compare
import growth
import peers
import report
import startup


def options():
    ap = argparse.ArgumentParser(prog="run.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kind = ap.add_mutually_exclusive_group()
    kind.add_argument("--growth", action="store_true")
    kind.add_argument("--start-up", action="store_true")
    ap.add_argument("--all", action="store_true", help="every peer, also those that take a minute a run")
    ap.add_argument("--only", metavar="REGEX", help="only the peers whose names match")
    ap.add_argument("--runs", type=int, default=5, help="rounds (5)")
    ap.add_argument("--count", type=int, default=1_000_000, help="posts of the comparison (1,000,000)")
    ap.add_argument("--scale", type=float, default=1.0, help="shrink --growth and --start-up, to try them out")
    ap.add_argument("--goshawk", default=os.path.join(peers.ROOT, "target", "release", "goshawk"), help="the binary")
    ap.add_argument("--work", default=os.path.join(peers.BENCH, ".work"), help="where posts, peers and results go")
    ap.add_argument("--timeout", type=float, default=900, help="seconds, each run")
    o = ap.parse_args()
    if not os.access(o.goshawk, os.X_OK):
        ap.error(f"{o.goshawk} is not there: build it with 'cargo build --release', or name it with --goshawk")
    return o


def write(o, name, text):
    path = os.path.join(o.work, name)
    with open(path, "w") as f:
        f.write(text)
    print(text)
    print(f"written to {peers.shown(path)}", file=sys.stderr)


def wrong(results):
    """goshawk's own runs must end well and answer exactly; a peer's trouble is only reported"""
    return any(r["rc"] or r["rows"] != "equal" for r in results if r["peer"] == peers.GOSHAWK.name)


def main():
    # as an exception, so that the run in progress is ended too: it has a session of its own and would live on
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    o = options()
    if o.start_up:
        write(o, "start-up.md", report.start_up(o, *startup.start_up(o)))
        return 0
    if o.growth:
        results = growth.growth(o)
        write(o, "growth.md", report.growth(o, results))
        return wrong(r for runs in results.values() for r in runs)
    source, results = compare.compare(o)
    write(o, "results.md", report.compare(o, source, results))
    return wrong(results)


if __name__ == "__main__":
    sys.exit(main())
