"""The arithmetic of TriNetX's "compare outcomes", named so that nobody mistakes it for our own.

It reproduces what the platform prints, rule by rule (specification trinetx_arithmetic T2 and T3,
what is marked V there): counts of 1-10 shown and used as 10, a z test from the pooled proportion
beside an interval from the separate ones, survival with a log-log interval, and a Cox model of
rows aggregated by time, arm and status with the count as case weight.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.estimates.effect import Effect
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.inputs import event_flags, event_times
from myelomart.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from myelomart.survival.logrank import LogRank, logrank_test
from myelomart.survival.proportionality import Proportionality, proportionality_test

SHOWN_FLOOR = 10  # counts of 1 to 10 are shown as 10
Z = 1.96  # the platform's own constant for risks


@dataclass(frozen=True)
class MeasuresOfAssociation:
    """Risks of two arms and their contrasts, as the platform prints them."""

    risks: tuple[float, float]
    risk_difference: Effect
    risk_ratio: Effect
    odds_ratio: Effect
    z: float
    p: float
    is_floored: bool  # a count of 1-10 was replaced by 10 before the arithmetic
    cannot_tell: str | None = None  # why the platform's numbers are left blank (NaN)


def shown_count(count: int) -> int:
    """What is displayed: 0 stays 0, 1-10 become 10, others are exact.

    >>> shown_count(0), shown_count(3), shown_count(11)
    (0, 10, 11)
    """
    return count if count == 0 or count > SHOWN_FLOOR else SHOWN_FLOOR


def measures_of_association(
    events1: int, n1: int, events0: int, n0: int, *, use_shown: bool = True
) -> MeasuresOfAssociation:
    """Risk analysis of arm 1 against arm 0 from events and patients (after exclusions).

    Where an arm has fewer patients than the count that is shown for it, what the platform computes
    cannot be told: its numbers are NaN and ``cannot_tell`` says so.

    >>> round(measures_of_association(30, 100, 20, 100).risk_ratio.estimate, 3)
    1.5
    >>> measures_of_association(3, 8, 20, 100).cannot_tell
    'arm 1 has 8 patients and 3 events, shown as 10: what the platform computes cannot be told'
    """
    for events, n, arm in ((events1, n1, 1), (events0, n0, 0)):
        if not 0 <= events <= n or n < 1:
            raise StatisticsError(f"arm {arm}: {events} events among {n} patients is impossible")
    d1, d0 = (shown_count(d) if use_shown else d for d in (events1, events0))
    is_floored = (d1, d0) != (events1, events0)
    nothing = float("nan")
    blank = Effect(nothing, nothing, nothing)
    for shown, events, n, arm in ((d1, events1, n1, 1), (d0, events0, n0, 0)):
        if shown > n:
            reason = (
                f"arm {arm} has {n} patients and {events} events, shown as {shown}: "
                "what the platform computes cannot be told"
            )
            return MeasuresOfAssociation(
                (nothing, nothing), blank, blank, blank, nothing, nothing, is_floored, reason
            )
    p1, p0 = d1 / n1, d0 / n0
    difference = p1 - p0
    half = Z * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    pooled = (d1 + d0) / (n1 + n0)
    se = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    z = difference / se if se > 0 else float("nan")
    ratio = odds = blank
    if d1 and d0:
        ratio = _log_effect(p1 / p0, np.sqrt(1 / d1 - 1 / n1 + 1 / d0 - 1 / n0))
        if d1 < n1 and d0 < n0:
            spread = np.sqrt(1 / d1 + 1 / (n1 - d1) + 1 / d0 + 1 / (n0 - d0))
            odds = _log_effect(d1 * (n0 - d0) / (d0 * (n1 - d1)), spread)
    return MeasuresOfAssociation(
        (p1, p0),
        Effect(difference, difference - half, difference + half),
        ratio,
        odds,
        float(z),
        float(2 * norm.sf(abs(z))),
        is_floored,
    )


@dataclass(frozen=True)
class OutcomeComparison:
    """Survival of two arms as the platform computes it."""

    curves: dict[str, SurvivalCurve]
    logrank: LogRank
    cox: CoxFit  # aggregated rows, no pairs
    proportionality: Proportionality | None  # None where all events fall on one day


def compare_outcomes(time: ArrayLike, event: ArrayLike, arm: ArrayLike) -> OutcomeComparison:
    """KM, log-rank, Cox and proportionality of ``arm`` (n,) 0/1 as the platform computes them.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> result = compare_outcomes(time, event, [0] * 6 + [1] * 6)
    >>> result.cox.hazard_ratio.round(3).tolist()
    [0.509]
    """
    times, _ = event_times(time)
    events = event_flags(event, times)
    arms = event_flags(pd.Series(arm, name="arm"), times).astype(int)
    rows = pd.DataFrame({"time": times, "event": events.astype(int), "arm": arms})
    aggregated = rows.groupby(["time", "arm", "event"], sort=True).size().reset_index(name="count")
    cox = cox_regression(
        aggregated["time"], aggregated["event"], aggregated[["arm"]], weights=aggregated["count"]
    )
    try:
        proportionality = proportionality_test(cox, "km")
    except StatisticsError:
        proportionality = None
    return OutcomeComparison(
        {
            str(code): kaplan_meier(times[arms == code], events[arms == code])
            for code in np.unique(arms)
        },
        logrank_test(times, events, arms),
        cox,
        proportionality,
    )


def _log_effect(estimate, se) -> Effect:
    """A ratio with limits on the log scale."""
    return Effect(*(float(estimate * np.exp(shift * se)) for shift in (0, -Z, Z)))
