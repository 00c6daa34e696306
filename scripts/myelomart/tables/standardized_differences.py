"""Standardized differences of two arms from what a table prints: shares, means and deviations.

Austin PC. Stat Med 2009;28:3083. The difference over √((v₁ + v₀) / 2), v the variances of the arms.
"""

import numpy as np


def proportion_difference(p1: float, p0: float) -> float:
    """Standardized difference of two proportions."""
    return (p1 - p0) / float(np.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2))


def mean_difference(mean1: float, sd1: float, mean0: float, sd0: float) -> float:
    """Standardized difference of two means, from their standard deviations."""
    return (mean1 - mean0) / float(np.sqrt((sd1**2 + sd0**2) / 2))
