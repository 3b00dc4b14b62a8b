"""intensify's MarkedHawkes: Rust below, L-BFGS-B by scipy above. Maximum likelihood with a background rate, so another model.

Times are given in half hours and marks in mean marks: it steps better when numbers are near 1. Where it ends depends on the
background that it starts from: this was the best of 1e-6, 1e-3 and 0.1, each with times in seconds, minutes and half hours."""
import numpy as np
from intensify import ExponentialKernel, MarkedHawkes

from constants import MEAN_MARK

UNIT = 1800.0


def intensify(times, marks, end):
    scaled = marks / MEAN_MARK
    deviation = float(np.std(scaled))
    model = MarkedHawkes(mu=1e-3, kernel=ExponentialKernel(alpha=0.5, beta=1.0))
    model.fit(times / UNIT, scaled, T=end / UNIT)
    # above this it divides marks by their deviation, and says so
    factor = deviation if deviation > 1e3 else 1.0
    return model.kernel.alpha / factor / MEAN_MARK, model.kernel.beta / UNIT
