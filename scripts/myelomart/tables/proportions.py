"""Intervals of a proportion and of a difference of two.

Wilson EB. J Am Stat Assoc 1927;22:209; Clopper CJ, Pearson ES. Biometrika 1934;26:404;
Miettinen O, Nurminen M. Stat Med 1985;4:213.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, chi2, norm

from myelomart.errors import StatisticsError


def wilson_interval(events: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval; as R's ``prop.test(correct = FALSE)``.

    >>> [round(limit, 4) for limit in wilson_interval(3, 106)]
    [0.0097, 0.0799]
    """
    _check(events, n)
    z = norm.ppf(0.5 + conf_level / 2)
    p = events / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def clopper_pearson_interval(events: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """The exact interval; as R's ``binom.test``.

    >>> [round(limit, 4) for limit in clopper_pearson_interval(3, 106)]
    [0.0059, 0.0805]
    """
    _check(events, n)
    tail = (1 - conf_level) / 2
    low = float(beta.ppf(tail, events, n - events + 1)) if events else 0.0
    high = float(beta.ppf(1 - tail, events + 1, n - events)) if events < n else 1.0
    return low, high


def miettinen_nurminen(
    events1: int, n1: int, events0: int, n0: int, conf_level: float = 0.95
) -> tuple[float, float]:
    """Score interval of the difference of two proportions; holds its level with few events.

    >>> [round(limit, 4) for limit in miettinen_nurminen(56, 70, 48, 80)]
    [0.0528, 0.3382]
    """
    _check(events1, n1)
    _check(events0, n0)
    observed = events1 / n1 - events0 / n0
    critical = chi2.ppf(conf_level, 1)

    def excess(difference):
        return (observed - difference) ** 2 / _restricted_variance(
            difference, events1, n1, events0, n0
        ) - critical

    edge = 1 - 1e-10
    low = -1.0 if excess(-edge) < 0 else brentq(excess, -edge, observed, xtol=1e-12)
    high = 1.0 if excess(edge) < 0 else brentq(excess, observed, edge, xtol=1e-12)
    return float(low), float(high)


def _restricted_variance(difference, events1, n1, events0, n0) -> float:
    """Variance at the maximum-likelihood proportions whose difference is given."""
    n, events = n1 + n0, events1 + events0
    # cubic in the control proportion, solved by the cosine rule as in the paper
    third = n
    second = (n1 + 2 * n0) * difference - n - events
    first = (n0 * difference - n - 2 * events0) * difference + events
    constant = events0 * difference * (1 - difference)
    q = second**3 / (3 * third) ** 3 - first * second / (6 * third**2) + constant / (2 * third)
    root = np.sqrt(max(second**2 / (3 * third) ** 2 - first / (3 * third), 0.0))
    sign = 1.0 if q >= 0 else -1.0
    u = sign * root
    ratio = np.clip(q / u**3, -1, 1) if u != 0 else 0.0
    angle = (np.pi + np.arccos(ratio)) / 3
    p0 = float(np.clip(2 * u * np.cos(angle) - second / (3 * third), 0, 1))
    p1 = float(np.clip(p0 + difference, 0, 1))
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
    return max(variance, 1e-300)


def _check(events, n) -> None:
    if not (n >= 1 and 0 <= events <= n):
        raise StatisticsError(f"{events} events among {n}: a proportion needs 0 <= events <= n")
