"""The objective compiled by numba: with scipy's L-BFGS-B around it, and as a profile over ln beta that is compiled as a whole."""
import math

import numpy as np
from numba import njit
from scipy import optimize

from constants import BETA, CENTRE, P, PRECISION

PP, PB, BB = float(PRECISION[0, 0]), float(PRECISION[0, 1]), float(PRECISION[1, 1])
CENTRE_P, CENTRE_B = float(CENTRE[0]), float(CENTRE[1])
LOW_P, HIGH_P = math.log(P[0]), math.log(P[1])
LOW_B, HIGH_B = math.log(BETA[0]), math.log(BETA[1])
GRID = 9
GOLD = (3 - math.sqrt(5)) / 2
TOLERANCE = 1e-5  # of ln beta: the objective is flat there


@njit(cache=True, fastmath=True)
def terms(times, marks, end, beta):
    """the sum of ln A_i / beta, and what p is multiplied with"""
    level, logs, total = marks[0], 0.0, marks[0]
    for i in range(1, len(times)):
        level *= math.exp(-beta * (times[i] - times[i - 1]))
        logs += math.log(level)
        level += marks[i]
        total += marks[i]
    return logs, total - level * math.exp(-beta * (end - times[-1]))


@njit(cache=True, fastmath=True)
def value(explained, logs, faded, u, v):
    x, y = u - CENTRE_P, v - CENTRE_B
    return explained * (u + v) + logs - math.exp(u) * faded - (PP * x * x + 2 * PB * x * y + BB * y * y) / 2


@njit(cache=True, fastmath=True)
def negative(theta, times, marks, end):
    logs, faded = terms(times, marks, end, math.exp(theta[1]))
    return -value(len(times) - 1, logs, faded, theta[0], theta[1])


def lbfgs(times, marks, end):
    found = optimize.minimize(negative, CENTRE, args=(times, marks, end), method="L-BFGS-B",
                              bounds=[(LOW_P, HIGH_P), (LOW_B, HIGH_B)])
    return np.exp(found.x)


@njit(cache=True, fastmath=True)
def infectious(explained, faded, v):
    """the best ln p at one ln beta: the objective is concave in it"""
    pull = explained - PB * (v - CENTRE_B) + PP * CENTRE_P
    u = min(max(math.log(explained / faded), LOW_P), HIGH_P)
    for _ in range(20):
        rate = math.exp(u) * faded
        step = (pull - PP * u - rate) / (PP + rate)
        u += step
        if abs(step) < 1e-10:
            break
    return min(max(u, LOW_P), HIGH_P)


@njit(cache=True, fastmath=True)
def profiled(times, marks, end, v):
    """the objective at the best ln p, and that"""
    logs, faded = terms(times, marks, end, math.exp(v))
    u = infectious(len(times) - 1, faded, v)
    return value(len(times) - 1, logs, faded, u, v), u


@njit(cache=True, fastmath=True)
def climb(times, marks, end, low, high, start):
    """Brent's search for a maximum between two places"""
    best = second = third = start
    top, u = profiled(times, marks, end, start)
    second_value = third_value = top
    step = last = 0.0
    while True:
        middle = (low + high) / 2
        if abs(best - middle) <= 2 * TOLERANCE - (high - low) / 2:
            return top, u, best
        numerator = denominator = 0.0
        if abs(last) > TOLERANCE:
            r, q = (best - second) * (third_value - top), (best - third) * (second_value - top)
            numerator, denominator = (best - third) * q - (best - second) * r, 2 * (q - r)
            if denominator > 0:
                numerator = -numerator
            denominator = abs(denominator)
        fits = abs(numerator) < abs(denominator * last / 2) and denominator * (low - best) < numerator < denominator * (high - best)
        if fits:
            last, step = step, numerator / denominator
        else:
            last = high - best if best < middle else low - best
            step = GOLD * last
        place = best + (step if abs(step) >= TOLERANCE else math.copysign(TOLERANCE, step))
        found, here = profiled(times, marks, end, place)
        if found >= top:
            low, high = (best, high) if place >= best else (low, best)
            third, third_value, second, second_value = second, second_value, best, top
            best, top, u = place, found, here
        else:
            low, high = (place, high) if place < best else (low, place)
            if found >= second_value or second == best:
                third, third_value, second, second_value = second, second_value, place, found
            elif found >= third_value or third == best or third == second:
                third, third_value = place, found


@njit(cache=True, fastmath=True)
def search(times, marks, end):
    width = (HIGH_B - LOW_B) / (GRID - 1)
    values = np.empty(GRID)
    for i in range(GRID):
        values[i], _ = profiled(times, marks, end, LOW_B + i * width)
    most, p, beta = -math.inf, 0.0, 0.0
    for i in range(GRID):
        # each place that is higher than its neighbours: there can be more than one
        if (i > 0 and values[i - 1] > values[i]) or (i + 1 < GRID and values[i + 1] >= values[i]):
            continue
        place = LOW_B + i * width
        top, u, v = climb(times, marks, end, max(LOW_B, place - width), min(HIGH_B, place + width), place)
        if top > most:
            most, p, beta = top, math.exp(u), math.exp(v)
    return p, beta


def profile(times, marks, end):
    return search(times, marks, end)
