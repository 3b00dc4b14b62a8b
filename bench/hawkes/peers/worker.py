"""worker.py PEER [--seconds S] [--most N] [--out FILE] < cascades.jsonl: fits the first N cascades over and over, in one thread.

Writes {"fits": N, "cpu": seconds} and to FILE what was found. What a peer compiles is compiled before the clock starts."""
import argparse
import importlib
import json
import sys
import time
import warnings

import numpy as np

PEERS = {"course": "course", "intensify": "rust_intensify", "profile": "compiled", "lbfgs": "compiled"}


def options():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("peer", choices=PEERS)
    ap.add_argument("--seconds", type=float, default=3)
    ap.add_argument("--most", type=int, default=1000)
    ap.add_argument("--out")
    return ap.parse_args()


def read(most):
    lines = [json.loads(line) for line in sys.stdin][:most]
    return [(np.array(c["times"]), np.array(c["marks"]), float(c["end"])) for c in lines]


def timed(fit, cascades, seconds):
    """CPU time of this process; a look at the clock per fit costs a thousandth of the quickest"""
    fits, start, place = 0, time.process_time(), 0
    until = start + seconds
    while True:
        fit(*cascades[place])
        fits, place = fits + 1, (place + 1) % len(cascades)
        now = time.process_time()
        # whole rounds, unless one takes longer than all the time there is
        if now >= until and (place == 0 or fits < len(cascades)):
            return fits, now - start


def main():
    o = options()
    warnings.simplefilter("ignore")
    fit = getattr(importlib.import_module(PEERS[o.peer]), o.peer)
    cascades = read(o.most)
    fit(*cascades[0])
    if o.out:
        with open(o.out, "w") as f:
            for cascade in cascades:
                p, beta = fit(*cascade)
                f.write(json.dumps({"p": float(p), "beta": float(beta)}) + "\n")
    fits, cpu = timed(fit, cascades, o.seconds)
    print(json.dumps({"fits": fits, "cpu": cpu}))


if __name__ == "__main__":
    main()
