#!/usr/bin/env python3
"""VADER's package for Python beside Goshawk and a peer: texts a second, and whether all agree.

    pip install vaderSentiment==3.3.2
    cargo build --release --manifest-path bench/models/Cargo.toml
    bench/models/vader.py TEXTS bench/models/target/release/models

A line of TEXTS is a time in seconds, a comma, and a text. Compared are the means of the compound score over every ten minutes.
Time is the wall's, start and reading included, on one core and on two; of three runs the best, but one of the package.
"""

import subprocess
import sys
import time

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

ENGINES = ("goshawk", "vader-sentimental")


def python(path):
    """Start of each ten minutes -> (mean, count), and the seconds that took."""
    begun = time.perf_counter()
    analyzer, windows = SentimentIntensityAnalyzer(), {}
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            at, text = line.rstrip("\n").split(",", 1)
            window = windows.setdefault(int(float(at)) // 600 * 600, [0.0, 0])
            window[0] += analyzer.polarity_scores(text)["compound"]
            window[1] += 1
    seconds = time.perf_counter() - begun
    return {start: (total / count, count) for start, (total, count) in windows.items()}, seconds


def program(command, path, engine, threads):
    """The same of the program's engine."""
    begun = time.perf_counter()
    printed = subprocess.run([command, path, engine, str(threads)], check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - begun
    rows = (line.split() for line in printed.splitlines())
    return {int(start): (float(mean), int(count)) for start, mean, count in rows}, seconds


def agree(windows, others):
    """How many windows have the same mean, to what nine digits can say."""
    same = (other in others and others[other][1] == count and abs(others[other][0] - mean) < 1e-8
            for other, (mean, count) in windows.items())
    return sum(same)


def main(path, command):
    expected, seconds = python(path)
    texts = sum(count for _, count in expected.values())
    print(f"python: {texts / seconds:,.0f} texts/s of {texts:,} in {len(expected)} windows")
    for engine, threads in ((engine, threads) for engine in ENGINES for threads in (1, 2)):
        runs = [program(command, path, engine, threads) for _ in range(3)]
        took = min(took for _, took in runs)
        same = agree(expected, runs[0][0])
        print(f"{engine}, {threads} threads: {texts / took:,.0f} texts/s, {seconds / took:.1f} times python; {same} windows agree")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
