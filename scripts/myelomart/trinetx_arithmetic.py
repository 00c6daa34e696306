"""The arithmetic of TriNetX's "compare outcomes", named so that nobody mistakes it for our own.

It reproduces what the platform prints, rule by rule (reference: trinetx_arithmetic.md in the shared
definitions, marks V verified on exported packages): counts of 1-10 shown and used as 10, a z test
from the pooled proportion beside an interval from the separate ones, survival with a log-log
interval, and a Cox model of rows aggregated by time, arm and status with the count as case weight.
Every function has a better estimate beside it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm
from scipy.stats import t as student

from myelomart.errors import StatisticsError
from myelomart.matching.nearest import Matches, match_nearest
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.inputs import event_flags, event_times
from myelomart.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from myelomart.survival.logrank import LogRank, logrank_test
from myelomart.survival.proportionality import Proportionality, proportionality_test
from myelomart.tables.proportions import miettinen_nurminen, wilson_interval

SHOWN_FLOOR = 10  # counts of 1 to 10 are shown as 10
CALIPER = 0.1  # pooled standard deviations of the score
Z = 1.96  # the platform's own constant for risks


@dataclass(frozen=True)
class Effect:
    """An estimate with its interval; NaN where the platform leaves it blank."""

    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class MeasuresOfAssociation:
    """Risks of two arms, their contrasts as printed, and the honest ones."""

    shown_events: tuple[int, int]
    risks: tuple[float, float]
    risk_difference: Effect
    risk_ratio: Effect
    odds_ratio: Effect
    z: float
    p: float
    is_floored: bool  # a count of 1-10 was replaced by 10 before the arithmetic
    better_risk_difference: Effect  # exact counts, Miettinen-Nurminen
    better_risks: tuple[Effect, Effect]  # exact counts, Wilson
    cannot_tell: str | None = None  # why the platform's numbers are left blank (NaN)


def shown_count(count: int) -> int:
    """What is displayed: 0 stays 0, 1-10 become 10, others are exact.

    >>> [shown_count(count) for count in (0, 3, 10, 11)]
    [0, 10, 10, 11]
    """
    return count if count == 0 or count > SHOWN_FLOOR else SHOWN_FLOOR


def measures_of_association(
    events1: int, n1: int, events0: int, n0: int, *, use_shown: bool = True
) -> MeasuresOfAssociation:
    """Risk analysis of arm 1 against arm 0 from events and patients (after exclusions).

    The platform shows 10 for 1 to 10 events, also in an arm of fewer patients: what it computes
    from that cannot be told, so its numbers are NaN and ``cannot_tell`` says so. The better
    estimates use the exact counts all the same.

    >>> result = measures_of_association(48, 437, 74, 437)
    >>> round(result.risk_ratio.estimate, 3), round(result.p, 4)
    (0.649, 0.0112)
    >>> measures_of_association(3, 8, 20, 100).cannot_tell
    'arm 1 has 8 patients and 3 events, shown as 10: what the platform computes cannot be told'
    """
    for events, n, arm in ((events1, n1, 1), (events0, n0, 0)):
        if not 0 <= events <= n or n < 1:
            raise StatisticsError(f"arm {arm}: {events} events among {n} patients is impossible")
    d1, d0 = (shown_count(d) if use_shown else d for d in (events1, events0))
    better = (
        Effect(events1 / n1 - events0 / n0, *miettinen_nurminen(events1, n1, events0, n0)),
        tuple(
            Effect(events / n, *wilson_interval(events, n))
            for events, n in ((events1, n1), (events0, n0))
        ),
    )
    blank = Effect(*[float("nan")] * 3)
    for shown, events, n, arm in ((d1, events1, n1, 1), (d0, events0, n0, 0)):
        if shown > n:
            return MeasuresOfAssociation(
                (d1, d0), (float("nan"), float("nan")), blank, blank, blank, float("nan"),
                float("nan"), True, *better,
                f"arm {arm} has {n} patients and {events} events, shown as {shown}: what the "
                "platform computes cannot be told",
            )  # fmt: skip
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
        (d1, d0),
        (p1, p0),
        Effect(difference, difference - half, difference + half),
        ratio,
        odds,
        float(z),
        float(2 * norm.sf(abs(z))),
        (d1, d0) != (events1, events0),
        *better,
    )


@dataclass(frozen=True)
class OutcomeComparison:
    """Survival of two arms as the platform computes it, and the model of single patients."""

    curves: dict[str, SurvivalCurve]
    logrank: LogRank
    cox: CoxFit  # aggregated rows, no pairs
    proportionality: Proportionality
    better_cox: CoxFit  # one row per patient, clustered by pair where pairs are given


def censored_at(last_fact_days: ArrayLike, window_end: int) -> np.ndarray:
    """Follow-up of F days counts as censored at F + 1; complete follow-up to W at W + 1.

    >>> censored_at([10, 365, 900], 365).tolist()
    [11, 366, 366]
    """
    return np.minimum(np.asarray(last_fact_days), window_end) + 1


def compare_outcomes(
    time: ArrayLike, event: ArrayLike, arm: ArrayLike, *, pairs: ArrayLike | None = None
) -> OutcomeComparison:
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
    return OutcomeComparison(
        {
            str(code): kaplan_meier(times[arms == code], events[arms == code])
            for code in np.unique(arms)
        },
        logrank_test(times, events, arms),
        cox,
        proportionality_test(cox, "km"),
        cox_regression(times, events, rows[["arm"]], cluster=pairs),
    )


def match_as_platform(
    score: ArrayLike, treatment: ArrayLike, *, scale: str = "probability", seed: int = 0
) -> Matches:
    """1:1 greedy nearest neighbour, rows shuffled, caliper 0.1 pooled SD; the scale is unknown.

    The platform does not say whether its standard deviation is of the probability or its logit.

    >>> score = np.linspace(0.3, 0.6, 30)
    >>> match_as_platform(score, np.arange(30) % 3 == 0).caliper
    0.1
    """
    return match_nearest(score, treatment, caliper=CALIPER, scale=scale, order="random", seed=seed)


def binary_balance_p(events1: int, n1: int, events0: int, n0: int) -> float:
    """p of the pooled two-proportion z test, as in its table of baseline characteristics.

    >>> round(binary_balance_p(48, 437, 74, 437), 4)
    0.0112
    """
    pooled = (events1 + events0) / (n1 + n0)
    se = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    return float(2 * norm.sf(abs(events1 / n1 - events0 / n0) / se)) if se > 0 else float("nan")


def continuous_balance_p(
    mean1: float, sd1: float, n1: int, mean0: float, sd0: float, n0: int
) -> float:
    """p of Student's t test with equal variances, from the printed means and deviations.

    >>> round(continuous_balance_p(66, 8, 100, 64.5, 9, 100), 4)
    0.2144
    """
    variance = ((n1 - 1) * sd1**2 + (n0 - 1) * sd0**2) / (n1 + n0 - 2)
    t = (mean1 - mean0) / np.sqrt(variance * (1 / n1 + 1 / n0))
    return float(2 * student.sf(abs(t), n1 + n0 - 2))


def _log_effect(estimate, se) -> Effect:
    """A ratio with limits on the log scale."""
    return Effect(*(float(estimate * np.exp(shift * se)) for shift in (0, -Z, Z)))
