"""Risk by a time, the difference between two groups, and the number needed to treat.

Risks are Aalen-Johansen's, so that what competes is no censoring; where nothing competes they are
one minus Kaplan-Meier. The number needed to treat is the inverse of the risk difference. Where the
limits of the difference lie on either side of 0, its interval runs through infinity: from the
number needed for one to be harmed, over infinity, to the number needed for one to benefit (Altman
DG. BMJ 1998;317:1309; for survival, Altman DG, Andersen PK. BMJ 1999;319:1492).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.competing_risks import cumulative_incidence

BENEFIT, HARM, ENDLESS = "NNTB", "NNTH", "∞"


@dataclass(frozen=True)
class Risk(Shown):
    """Share with the event by a time, its standard error and plain limits within 0 and 1."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class RiskDifference(Shown):
    """Risk of the second group less that of the first by ``time``; NaN beyond follow-up."""

    time: float
    first: Risk
    second: Risk
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float

    @property
    def number_needed(self) -> NumberNeeded:
        """How many must be in the second group for one event fewer, or one more."""
        return number_needed(self.estimate, self.ci_low, self.ci_high)


@dataclass(frozen=True)
class NumberNeeded(Shown):
    """Persons for one event fewer (above 0) or one event more (below 0).

    ``ci_low`` and ``ci_high`` are the inverses of the limits of the benefit, the better first;
    where their signs differ the interval runs through infinity.
    """

    estimate: float
    ci_low: float
    ci_high: float

    def in_words(self) -> str:
        """As Altman writes it.

        >>> number_needed(-0.1, -0.25, -0.05).in_words()
        'NNTB 10.0 (4.0 to 20.0)'
        >>> number_needed(-0.1, -0.25, 0.05).in_words()
        'NNTB 10.0 (NNTH 20.0 to ∞ to NNTB 4.0)'
        """
        if np.isnan(self.estimate):
            return "not estimable"
        said = _named(self.estimate)
        if np.isnan(self.ci_low) or np.isnan(self.ci_high):
            return said
        if np.isfinite([self.ci_low, self.ci_high]).all() and self.ci_low * self.ci_high > 0:
            low, high = sorted((abs(self.ci_low), abs(self.ci_high)))
            return f"{said} ({low:.1f} to {high:.1f})"
        if np.isinf(self.ci_low) or np.isinf(self.ci_high):
            ends = [_named(one) for one in (self.ci_high, self.ci_low)]
            return f"{said} ({ends[0]} to {ends[1]})"
        return f"{said} ({_named(self.ci_high)} to {ENDLESS} to {_named(self.ci_low)})"


def _named(value: float) -> str:
    if np.isinf(value):
        return ENDLESS
    return f"{BENEFIT if value > 0 else HARM} {abs(value):.1f}"


def number_needed(difference: float, ci_low: float, ci_high: float) -> NumberNeeded:
    """Inverse of a risk difference (treated less control) of an unwanted event and its limits.

    >>> number_needed(0.02, 0.01, 0.05).in_words()
    'NNTH 50.0 (20.0 to 100.0)'
    """
    if ci_low > difference or difference > ci_high:
        raise StatisticsError("the difference lies between its limits")
    with np.errstate(divide="ignore"):
        return NumberNeeded(*(float(np.divide(-1.0, one)) for one in (difference, ci_low, ci_high)))


def risk(
    time: ArrayLike, code: ArrayLike, at: float, *, conf_level: float = 0.95, **options: object
) -> Risk:
    """Share of ``code`` (n,) 1 by ``at``; 2 competes, 0 is censored. NaN beyond follow-up.

    ``options`` are those of :func:`cumulative_incidence`: ``entry``, ``weights``, ``cluster`` (n,).

    >>> risk([1, 2, 3, 4], [1, 2, 0, 1], at=2).estimate
    0.25
    """
    if not len(time):
        return Risk(*[float("nan")] * 4)
    row = cumulative_incidence(time, code, causes=[1], **options)[1].at([at]).iloc[0]
    share, se = float(row["cif"]), float(row["se"])
    half = norm.ppf(0.5 + conf_level / 2) * se
    return Risk(share, se, float(np.maximum(share - half, 0)), float(np.minimum(share + half, 1)))


def risk_difference(
    time: ArrayLike, code: ArrayLike, second: ArrayLike, at: float, *, conf_level: float = 0.95,
    **options: object,
) -> RiskDifference:  # fmt: skip
    """Risks by ``at`` where ``second`` (n,) is true and where it is not, and their difference.

    The two groups are taken as independent, which is a little wide for matched pairs.

    >>> found = risk_difference([1, 2, 3, 4] * 2, [1, 1, 1, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4, at=3)
    >>> found.estimate, found.number_needed.estimate
    (-0.5, 2.0)
    """
    times, codes, chosen = np.asarray(time), np.asarray(code), np.asarray(second, bool)
    rows = {name: np.asarray(value) for name, value in options.items() if value is not None}
    low, high = (
        risk(
            times[arm], codes[arm], at, conf_level=conf_level,
            **{name: value[arm] for name, value in rows.items()},
        )
        for arm in (~chosen, chosen)
    )  # fmt: skip
    gap, se = high.estimate - low.estimate, float(np.hypot(low.se, high.se))
    half = norm.ppf(0.5 + conf_level / 2) * se
    p = float(2 * norm.sf(abs(gap) / se)) if se else float("nan")
    return RiskDifference(at, low, high, gap, se, gap - half, gap + half, p)
