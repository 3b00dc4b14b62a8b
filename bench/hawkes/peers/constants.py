"""The objective's constants, for peers: those of score.py, as arrays."""
import os
import sys

import numpy as np

sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import score

CENTRE = np.array(score.CENTRE)
PRECISION = np.array([[score.PRECISION[0], score.PRECISION[1]], [score.PRECISION[1], score.PRECISION[2]]])
START = np.array(score.MEAN)
P, BETA = (score.LEAST_P, score.MOST_P), score.BETAS
MEAN_MARK = score.MEAN_MARK
