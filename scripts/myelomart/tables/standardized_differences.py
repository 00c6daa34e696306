"""Standardized differences of two arms from what a table prints: shares, means and deviations.

Austin PC. Stat Med 2009;28:3083. The difference over √((v₁ + v₀) / 2), v the variances of the arms.
Where neither arm varies it is 0 for the same value in both, and infinite for two values: 100 %
against 0 % is the largest imbalance there is, not a missing one.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

ROUNDING = 1e-12  # of the largest value: a sample that varies by less is constant


def over_spread(difference: float, variance: float) -> float:
    """``difference`` over the root of the mean ``variance`` of two arms; see the module.

    >>> over_spread(0.5, 0.25), over_spread(0.0, 0.0), over_spread(-1.0, 0.0)
    (1.0, 0.0, -inf)
    """
    if math.isnan(difference) or math.isnan(variance):
        return math.nan
    if variance > 0:
        return float(difference / math.sqrt(variance))
    return 0.0 if difference == 0 else math.copysign(math.inf, difference)


def proportion_difference(p1: float, p0: float) -> float:
    """Standardized difference of two proportions.

    >>> round(proportion_difference(0.6, 0.25), 4), proportion_difference(1, 0)
    (0.757, inf)
    """
    return over_spread(p1 - p0, (p1 * (1 - p1) + p0 * (1 - p0)) / 2)


def mean_difference(mean1: float, sd1: float, mean0: float, sd0: float) -> float:
    """Standardized difference of two means, from their standard deviations.

    >>> mean_difference(66.0, 8.0, 62.0, 8.0)
    0.5
    """
    return over_spread(mean1 - mean0, (sd1**2 + sd0**2) / 2)


def spread_of(values: ArrayLike, degrees: int = 1) -> float:
    """Standard deviation of a sample, exactly 0 where it varies by rounding alone.

    NaN of a sample too small to have one.

    >>> spread_of([0.1, 0.1, 0.1]), spread_of([1.0, 3.0])
    (0.0, 1.4142135623730951)
    """
    numbers = np.asarray(values, float)
    if len(numbers) <= degrees:
        return math.nan
    if np.ptp(numbers) <= ROUNDING * np.abs(numbers).max():
        return 0.0
    return float(numbers.std(ddof=degrees))
