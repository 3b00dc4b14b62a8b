"""Cascades whose parameters are known: marked Hawkes processes with an exponential kernel, cut at a number of events."""
import json
import math
import random

ALPHA, MU = 2.4, 10.0  # marks: a Pareto law, as the course has it
MEAN_MARK = MU * (ALPHA - 1) / (ALPHA - 2)


def mark(dice):
    return MU * (1 - dice.random()) ** (-1 / (ALPHA - 1))


def draw(dice, p, beta, first, size):
    """times and marks of a cascade up to its event of this number; None, if it ends before"""
    times, marks, level, now = [0.0], [first], p * first, 0.0
    while len(times) < size:
        # between events the rate only fades: the area that is left tells when the next one comes, if ever
        left = 1 + math.log(1 - dice.random()) / level
        if left <= 0:
            return None
        now -= math.log(left) / beta
        new = mark(dice)
        level = level * left + p * new
        times.append(now)
        marks.append(new)
    return times, marks


def cascade(dice, size):
    """One with as many events, and what it was drawn from. It is seen until its last event: a stopping time, so the
    likelihood is the same as that of a fixed window."""
    while True:
        n_star, beta = dice.betavariate(6, 4), math.exp(dice.gauss(math.log(1 / 1800), 0.7))
        p = n_star / MEAN_MARK
        first = size * (1 - n_star) * dice.uniform(0.5, 2) / p  # about as many are expected
        drawn = draw(dice, p, beta, first, size)
        if drawn and n_star < 0.98:
            times, marks = drawn
            return {"times": times, "marks": marks, "end": times[-1], "p": p, "beta": beta}


def write(path, count, size, seed):
    """one JSON object a line; the same arguments give the same bytes"""
    dice = random.Random(f"{seed} {size}")
    with open(path, "w") as f:
        for _ in range(count):
            f.write(json.dumps(cascade(dice, size)) + "\n")


def read(path):
    with open(path) as f:
        return [json.loads(line) for line in f]
