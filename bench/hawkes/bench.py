#!/usr/bin/env python3
"""How many cascades are fitted a second, on one core, and how well: Goshawk beside its peers on the same cascades.

  bench.py                          all peers at 200 events; Goshawk and the compiled profile at 50, 1,000 and 10,000 too
  bench.py --sizes 200 --only profile,course
  bench.py --rounds 2 --seconds 1   quicker, and less sure

Results: hawkes.md and hawkes.json in the work folder, and the table on standard output.
"""
import argparse
import json
import os
import statistics
import sys

import contest
import score

sys.path.insert(1, os.path.join(contest.ROOT, "bench", "harness"))
import report


def options():
    ap = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [peer.name for peer in contest.PEERS]
    ap.add_argument("--only", metavar="PEER,...", type=names, help=f"of {', '.join(known)}; goshawk is always measured")
    ap.add_argument("--sizes", metavar="N,...", type=lambda text: [int(n) for n in text.split(",")], default=list(contest.SIZES),
                    help="events of a cascade: " + ", ".join(map(str, contest.SIZES)))
    ap.add_argument("--rounds", type=int, default=5, help="rounds (5)")
    ap.add_argument("--seconds", type=float, default=2, help="CPU time of each peer in each round (2)")
    ap.add_argument("--seed", type=int, default=1, help="what the cascades follow from (1)")
    ap.add_argument("--timeout", type=float, default=300, help="seconds, each run")
    ap.add_argument("--work", default=os.path.join(contest.ROOT, "bench", ".work"), help="where everything goes")
    o = ap.parse_args()
    if unknown := [name for name in o.only or [] if name not in known]:
        ap.error(f"there is no peer {unknown[0]}; there are {', '.join(known)}")
    if unknown := [size for size in o.sizes if size not in contest.SIZES]:
        ap.error(f"there are no cascades of {unknown[0]} events; there are {', '.join(map(str, contest.SIZES))}")
    return o


def names(text):
    return text.split(",")


def row(peer, results, quality):
    """a line of the table: ratios are of runs in the same round"""
    mine = {r["round"]: r["rate"] for r in results if r["peer"] == peer.name}
    base = {r["round"]: r["rate"] for r in results if r["peer"] == contest.GOSHAWK.name}
    ratio = [rate / base[round_] for round_, rate in mine.items() if round_ in base]
    cells = [peer.title, report.spread(list(mine.values()), ",.0f"), f"{statistics.median(ratio):.2g}", f"{peer.most:,}"]
    cells += [f"{quality[key]:.1%}" if key in quality else "another objective" for key in ("near", "far")]
    cells += [f"{quality['worst']:.2g}" if "worst" in quality else "", *(f"{quality[key]:.3f}" for key in ("p", "beta"))]
    return "| " + " | ".join(cells) + " |"


def compared(bench, size):
    """all peers on cascades of one size"""
    results = [r for r in bench.results if r["size"] == size]
    quality = bench.quality(size)
    head = ["peer", "fits/s: median (min-max)", "of Goshawk's", "cascades", f"> {score.NEAR:g} below the best", f"> {score.FAR:g} below",
            "worst", "error of p", "error of beta"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return lines + [row(peer, results, quality[peer]) for peer in bench.peers(size)]


def sizes(bench):
    """fits a second by number of events"""
    shown = [peer for peer in contest.PEERS if peer.name in contest.IN_ALL_SIZES and peer in bench.peers(200)]
    lines = ["| events | " + " | ".join(f"{peer.title}, fits/s | ns an event" for peer in shown) + " |",
             "|---:|" + "---:|" * (2 * len(shown))]
    for size in sorted(bench.options.sizes):
        cells = []
        for peer in shown:
            rates = [r["rate"] for r in bench.results if r["size"] == size and r["peer"] == peer.name]
            rate = statistics.median(rates)
            cells += [f"{rate:,.0f} ({min(rates):,.0f}-{max(rates):,.0f})", f"{1e9 / rate / size:,.0f}"]
        lines.append(f"| {size:,} | " + " | ".join(cells) + " |")
    return lines


def markdown(bench):
    o = bench.options
    text = ["### Fits of cascades, one core", "", report.machine(""),
            f"Seed {o.seed}; {o.rounds} rounds of {o.seconds:g} s of CPU time a peer; one thread; ratios are of runs in the same round.", ""]
    if 200 in o.sizes:
        text += ["200 events:", "", *compared(bench, 200), ""]
    return "\n".join(text + sizes(bench)) + "\n"


def main():
    o = options()
    bench = contest.Contest(o)
    try:
        bench.install()
        bench.measure()
        text = markdown(bench)
    except contest.Trouble as trouble:
        print(f"bench.py: {trouble}", file=sys.stderr)
        return 1
    with open(os.path.join(o.work, "hawkes.md"), "w") as f:
        f.write(text)
    with open(os.path.join(o.work, "hawkes.json"), "w") as f:
        json.dump({"options": vars(o), "results": bench.results}, f, indent=1)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
