"""The log-likelihood of marked cascades, straight from the definition: it shares nothing with crates/ml but the formulas.

Reads one JSON object a line: times, marks, end, p, and either beta (exponential kernel) or c and theta (power law). Writes one
number a line. Every event is held against every earlier one; sums are exact (math.fsum)."""

import json
import math
import sys


def exponential(case):
    beta = case["beta"]

    def log_density(after):
        return math.log(beta) - beta * after

    def reacted(after):
        return -math.expm1(-beta * after)

    return log_density, reacted


def power(case):
    c, theta = case["c"], case["theta"]

    def log_density(after):
        return math.log(theta) + theta * math.log(c) - (1 + theta) * math.log(after + c)

    def reacted(after):
        return -math.expm1(theta * (math.log(c) - math.log(after + c)))

    return log_density, reacted


def log_rate(case, event, log_density):
    """ln of p times the sum of m_j phi(t - t_j) over earlier events; nothing if no earlier event has a mark."""
    time = case["times"][event]
    earlier = zip(case["times"][:event], case["marks"][:event])
    logs = [math.log(mark) + log_density(time - start) for start, mark in earlier if mark > 0]
    if not logs:
        return None
    most = max(logs)
    return math.log(case["p"]) + most + math.log(math.fsum(math.exp(log - most) for log in logs))


def log_likelihood(case):
    log_density, reacted = exponential(case) if "beta" in case else power(case)
    rates = [log_rate(case, event, log_density) for event in range(1, len(case["times"]))]
    expected = [case["p"] * mark * reacted(case["end"] - time) for time, mark in zip(case["times"], case["marks"])]
    return math.fsum([rate for rate in rates if rate is not None] + [-number for number in expected])


for line in sys.stdin:
    print(repr(log_likelihood(json.loads(line))))
