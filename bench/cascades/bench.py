#!/usr/bin/env python3
"""Goshawk's chain of cascades (source, collect, estimate, predict, learn, monitor, watch) as the load grows, and where it might break.

  bench.py                                all parts: scale, tiny, giant
  bench.py --only scale --events 500000,1000000
  bench.py --only tiny --open 1000000

Results: cascades.md and cascades.json in the work folder, and the tables on standard output.
"""
import argparse
import json
import os
import sys

import runs
import report

MIB = 2**20


def options():
    ap = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only", metavar="PART,...", help=", ".join(runs.PARTS))
    ap.add_argument("--events", metavar="N,...", type=lambda text: [int(n) for n in text.split(",")],
                    default=[500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000], help="of scale")
    ap.add_argument("--alive", type=int, default=2000, help="of scale: cascades alive in each of 5 sources (2000)")
    ap.add_argument("--rounds", type=int, default=2, help="of scale (2)")
    ap.add_argument("--open", type=int, default=1_000_000, help="of tiny: open cascades (1,000,000)")
    ap.add_argument("--reposts", type=int, default=1_000_000, help="of giant (1,000,000)")
    ap.add_argument("--goshawk", default=os.path.join(runs.ROOT, "target", "release", "goshawk"), help="the binary")
    ap.add_argument("--work", default=os.path.join(runs.ROOT, "bench", ".work"), help="where files, logs and results go: 20 GB")
    ap.add_argument("--timeout", type=float, default=900, help="seconds, each run")
    o = ap.parse_args()
    o.parts = o.only.split(",") if o.only else list(runs.PARTS)
    if unknown := [name for name in o.parts if name not in runs.PARTS]:
        ap.error(f"there is no part {unknown[0]}; there are {', '.join(runs.PARTS)}")
    if not os.access(o.goshawk, os.X_OK):
        ap.error(f"{o.goshawk} is not there: build it with 'cargo build --release', or name it with --goshawk")
    return o


def scale(results):
    text = ["| events | cascades | wall s: median (min-max) | events/s, best | CPU us an event | peak RSS MiB | bytes on disk an event | "
            "others' CPU | sizes | late |", "|---:|---:|---:|---:|---:|---:|---:|---:|---|---|"]
    for events in dict.fromkeys(r["events"] for r in results):
        mine = [r for r in results if r["events"] == events]
        wall, cpu = [r["wall"] for r in mine], [r["cpu"] / events * 1e6 for r in mine]
        text.append(f"| {events:,} | {mine[0]['cascades']:,} | {report.spread(wall, '.2f')} | {events / min(wall):,.0f} | "
                    f"{report.spread(cpu, '.2f')} | {max(r['rss'] for r in mine) / MIB:,.0f} | {mine[0]['disk'] / events:,.0f} | "
                    f"{max(r['foreign'] for r in mine):.0%} | {mine[0]['sizes']} | {mine[0]['late']} |")
    return text


def tiny(results):
    """bytes an open cascade: the difference to the run with few"""
    few = min(results, key=lambda r: r["open"])
    text = ["| posts | open together | wall s | CPU us a post | peak RSS MiB (anonymous) | bytes of anonymous memory an open cascade |",
            "|---:|---:|---:|---:|---:|---:|"]
    for r in results:
        more = r["open"] - few["open"]
        each = f"{(r['anonymous'] - few['anonymous']) / more:,.0f}" if more else ""
        text.append(f"| {r['events']:,} | {r['open']:,} | {r['wall']:.2f} | {r['cpu'] / r['events'] * 1e6:.2f} | "
                    f"{r['rss'] / MIB:,.0f} ({r['anonymous'] / MIB:,.0f}) | {each} |")
    return text


def giant(results):
    r = results[0]
    return [f"One cascade of {r['events']:,} events: {r['wall']:.2f} s, {r['cpu']:.2f} s CPU, peak RSS {r['rss'] / MIB:,.0f} MiB "
            f"(anonymous {r['anonymous'] / MIB:,.0f}), {r['disk'] / r['events']:,.0f} bytes on disk an event; {r['sizes']}; {r['late']}; "
            f"{len(r['estimates'])} estimates."]


def markdown(bench, wrong):
    o = bench.options
    text = ["### Cascades, from files to estimates", "", report.machine(o.goshawk), ""]
    for name in o.parts:
        results = [r for r in bench.results if r["part"] == name]
        finished = [r for r in results if name != "tiny" or "open" in r]
        if finished and not (wrong and name == "giant"):
            text += [f"**{name}**", "", *globals()[name](finished), ""]
    if wrong:
        text += ["**Trouble**", "", *("    " + line for line in wrong.splitlines()), ""]
    return "\n".join(text)


def main():
    o = options()
    bench, wrong = runs.Bench(o), None
    try:
        for name in o.parts:
            runs.PARTS[name](bench)
    except runs.Trouble as trouble:
        wrong = str(trouble)
    text = markdown(bench, wrong)
    with open(os.path.join(o.work, "cascades.md"), "w") as f:
        f.write(text)
    with open(os.path.join(o.work, "cascades.json"), "w") as f:
        json.dump({"options": vars(o), "trouble": wrong, "results": bench.results}, f, indent=1)
    print(text)
    return 1 if wrong or any("all equal" not in r.get("sizes", "all equal") or "instead" in r.get("late", "") for r in bench.results) else 0


if __name__ == "__main__":
    sys.exit(main())
