"""How good fits are: what they are worth by one objective, the same for all, and how far from the truth they are.

The objective is that of the course: the log-likelihood and a Gaussian prior over (ln p, ln beta) whose moments match
means, standard deviations and a correlation of p and beta."""
import math
import statistics

MEAN, SD, CORRELATION = (0.02, 0.0002), (0.01, 0.001), -0.1
MEAN_MARK = 35.0
MOST_P = (1 - 1e-6) / MEAN_MARK
LEAST_P, BETAS = 1e-8, (1 / 864_000, 1 / 60)
NEAR, FAR = 1e-6, 0.1  # nats below the best that count


def prior():
    """mean of the logarithms, and the inverse of their covariance as (p p, p beta, beta beta)"""
    def entry(i, j):
        both = SD[i] * SD[j] * (1 if i == j else CORRELATION)
        return math.log1p(both / (MEAN[i] * MEAN[j]))

    a, b, c = entry(0, 0), entry(0, 1), entry(1, 1)
    det = a * c - b * b
    return (math.log(MEAN[0]) - a / 2, math.log(MEAN[1]) - c / 2), (c / det, -b / det, a / det)


CENTRE, PRECISION = prior()


def likelihood(cascade, p, beta):
    """from the definition, by the recursion over events"""
    times, marks, value = cascade["times"], cascade["marks"], 0.0
    level, before = marks[0], times[0]
    for time, mark in zip(times[1:], marks[1:]):
        level *= math.exp(-beta * (time - before))
        value += math.log(p * beta * level)
        level, before = level + mark, time
    faded = sum(marks) - level * math.exp(-beta * (cascade["end"] - before))
    return value - p * faded


def objective(cascade, p, beta):
    if not (p > 0 and beta > 0):
        return -math.inf
    x, y = math.log(p) - CENTRE[0], math.log(beta) - CENTRE[1]
    penalty = PRECISION[0] * x * x + 2 * PRECISION[1] * x * y + PRECISION[2] * y * y
    return likelihood(cascade, p, beta) - penalty / 2


def inside(p, beta):
    """within the bounds, up to rounding: else a fit could be 'better' than the best that is allowed"""
    return LEAST_P * 0.999999 <= p <= MOST_P * (1 + 1e-9) and BETAS[0] * 0.999999 <= beta <= BETAS[1] * 1.000001


def worth(cascades, fits):
    """the objective of each fit; None, where it is out of bounds"""
    return [objective(c, f["p"], f["beta"]) if inside(f["p"], f["beta"]) else None for c, f in zip(cascades, fits)]


def best(columns):
    """per cascade the largest value that any peer found; columns may be of different lengths"""
    longest = max(map(len, columns))
    found = [[c[i] for c in columns if i < len(c) and c[i] is not None] for i in range(longest)]
    return [max(values) if values else -math.inf for values in found]


def short(values, tops):
    """shares of fits that end more than NEAR and FAR below the best, and the largest gap; out of bounds counts as both"""
    gaps = [top - value if value is not None else math.inf for value, top in zip(values, tops)]
    return {"near": sum(gap > NEAR for gap in gaps) / len(gaps), "far": sum(gap > FAR for gap in gaps) / len(gaps), "worst": max(gaps)}


def errors(cascades, fits):
    """median relative errors of p and beta against the truth"""
    error = {name: [abs(f[name] / c[name] - 1) for c, f in zip(cascades, fits)] for name in ("p", "beta")}
    return {name: statistics.median(values) for name, values in error.items()}
