"""How large a ratio the events at hand could have shown."""

from math import exp, sqrt

from scipy.stats import norm

ALPHA, POWER = 0.05, 0.8


def least_ratio(events: float, share: float) -> float:
    """The hazard ratio below 1 that ``events`` show with a power of 80 % at a two-sided 5 %.

    ``share`` of the persons are in one arm. Schoenfeld, Biometrics 1983;39:499.

    >>> round(least_ratio(100, 0.5), 2)
    0.57
    """
    needed = norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER)
    return exp(-needed / sqrt(events * share * (1 - share)))
