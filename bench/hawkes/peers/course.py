"""The estimator of the course: the likelihood as a loop over the rows of an array, and scipy's Powell from the prior's means."""
import numpy as np
from scipy import optimize

from constants import BETA, CENTRE, P, PRECISION, START


def likelihood(params, history, end):
    p, beta = params
    previous_time, previous_mark = history[0]
    total, logs, level = previous_mark, 0.0, 0.0
    for time, mark in history[1:]:
        level = (level + previous_mark) * np.exp(-beta * (time - previous_time))
        logs += np.log(level)
        total += mark
        previous_time, previous_mark = time, mark
    left = (level + previous_mark) * np.exp(-beta * (end - previous_time))
    return (len(history) - 1) * np.log(p * beta) + logs - p * (total - left)


def posterior(params, history, end):
    away = np.log(params) - CENTRE
    return likelihood(params, history, end) - away @ PRECISION @ away / 2


def course(times, marks, end):
    history = np.column_stack([times, marks])
    found = optimize.minimize(lambda params: -posterior(params, history, end), START, method="Powell", bounds=[P, BETA],
                              options={"xtol": 1e-8})
    return found.x
