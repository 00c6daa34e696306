"""The Kaplan-Meier estimator with R's conventions (``survival::survfit``).

Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457. Variance by Greenwood; with case weights that are
not whole numbers, or with clusters, by the infinitesimal jackknife. Intervals: log-log (Kalbfleisch
and Prentice 1980), log, or plain. Quantiles by the midpoint rule: where the curve lies flat on the
quantile, the middle of that stretch, as ``quantile(survfit)`` has it.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.frame_calls import by_frame
from myelomart.results_shown import Curve
from myelomart.survival.inputs import (
    TIE_TOLERANCE,
    RiskTable,
    case_weights,
    cluster_codes,
    event_flags,
    event_times,
    risk_table,
)

CONF_TYPES = ("log-log", "log", "plain")


@dataclass(frozen=True)
class CurveRows:
    """The rows behind a curve with weights or clusters, for robust variances. All arrays (n,)."""

    events: np.ndarray
    weights: np.ndarray
    cluster: np.ndarray | None  # labels as given


@dataclass(frozen=True)
class SurvivalCurve(Curve):
    """A Kaplan-Meier curve; arrays have one value per distinct time (K,), times in input units.

    ``table`` also holds the times at which rows only enter; ``rows`` is None without weights and
    clusters.
    """

    time: np.ndarray
    n_risk: np.ndarray
    n_event: np.ndarray
    n_censor: np.ndarray
    survival: np.ndarray
    log_se: np.ndarray  # standard error of log survival
    ci_low: np.ndarray
    ci_high: np.ndarray
    n: int
    events: float
    conf_type: str
    conf_level: float
    table: RiskTable = field(repr=False)
    rows: CurveRows | None = field(default=None, repr=False)

    @property
    def se(self) -> np.ndarray:
        """Standard error of survival (K,); 0 where survival is 0."""
        return np.where(self.survival > 0, self.survival * self.log_se, 0.0)

    @property
    def median(self) -> float:
        """The time by which half have had the event; NaN when the curve stays above one half."""
        return self.quantile(0.5)[0]

    @property
    def median_ci(self) -> tuple[float, float]:
        """Confidence limits of the median; NaN for a limit that is not reached."""
        return self.quantile(0.5)[1:]

    def quantile(self, probability: float) -> tuple[float, float, float]:
        """Time by which a fraction ``probability`` have had the event, with confidence limits."""
        level = 1 - probability
        return tuple(
            _crossing(self.time, curve, level)
            for curve in (self.survival, self.ci_low, self.ci_high)
        )

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Survival at given times: time, n_risk, n_event, survival, ci_low, ci_high.

        ``n_risk`` counts just before the time; ``n_event`` counts events since the previous time of
        the list, as R's ``summary(survfit)`` does. Beyond the last follow-up, survival is NaN
        unless the curve has reached 0; log-log limits are NaN where no event has happened yet.
        """
        wanted = np.unique(np.asarray(times, dtype=float))
        fuzz = TIE_TOLERANCE * np.maximum(np.abs(wanted), 1)
        last = np.searchsorted(self.time, wanted + fuzz, side="right")
        ahead = np.searchsorted(self.table.time, wanted - fuzz, side="left")
        if self.table.entry_index is not None:
            # at the start itself, those who enter there
            ahead = np.where((ahead == 0) & (wanted >= self.table.time[0] - fuzz), 1, ahead)
        events = np.concatenate([[0.0], np.cumsum(self.n_event)])[last]
        before_first = np.concatenate([[1.0], self.survival])
        low = np.concatenate([[1.0], self.ci_low])[last]
        high = np.concatenate([[1.0], self.ci_high])[last]
        survival = before_first[last]
        beyond = (wanted > self.time[-1] + fuzz) & (survival > 0)
        return pd.DataFrame(
            {
                "time": wanted,
                "n_risk": np.concatenate([self.table.n_risk, [0.0]])[ahead],
                "n_event": np.diff(events, prepend=0.0),
                "survival": np.where(beyond, np.nan, survival),
                "ci_low": np.where(beyond, np.nan, low),
                "ci_high": np.where(beyond, np.nan, high),
            }
        )


@by_frame("time", "event", "entry", "weights", "cluster")
def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    conf_type: str = "log-log",
    conf_level: float = 0.95,
) -> SurvivalCurve:
    """Kaplan-Meier curve of ``time`` (n,) and ``event`` (n,) 0/1; O(n) plus a sort of the times.

    ``entry`` (n,) left-truncates: a row is at risk from its entry on. ``cluster`` (n,) or weights
    that are not whole numbers give the robust variance; all rows in one cluster leave it unknown
    (NaN). Raises StatisticsError in words. Also ``kaplan_meier(frame, "time", "event")``.

    >>> curve = kaplan_meier([2, 4, 5, 7, 9, 12], [1, 1, 0, 1, 1, 0])
    >>> curve.median, curve.at([5])["survival"].round(3).tolist()
    (7.0, [0.667])
    """
    if conf_type not in CONF_TYPES:
        raise StatisticsError(
            f"conf_type {conf_type!r} is unknown: use one of {', '.join(CONF_TYPES)}"
        )
    times, entries = event_times(time, entry)
    events = event_flags(event, times)
    weight = None if weights is None else case_weights(weights, times)
    table = risk_table(times, events, entries, weight)
    hazard = np.divide(
        table.n_event, table.n_risk, out=np.zeros_like(table.n_risk), where=table.n_event > 0
    )
    hazard = np.where(1 - hazard < 1e-12, 1.0, hazard)
    survival = np.cumprod(1 - hazard)
    robust = cluster is not None or (weight is not None and (weight != np.floor(weight)).any())
    unit = np.ones(len(times)) if weight is None else weight
    if robust:
        codes = None if cluster is None else cluster_codes(cluster, times)
        log_se = _jackknife_se(table, events, unit, codes)
        # between events only rounding changes it
        moved = np.where(table.n_event > 0, np.arange(len(log_se)), 0)
        log_se = log_se[np.maximum.accumulate(moved)]
    else:
        log_se = np.sqrt(np.cumsum(_greenwood_steps(table)))
    low, high = confidence_limits(survival, log_se, conf_type, conf_level)
    shown = (table.n_event + table.n_censor) > 0  # not the times at which rows only enter
    arrays = (table.time, table.n_risk, table.n_event, table.n_censor, survival, log_se, low, high)
    rows = None
    if weight is not None or cluster is not None:
        rows = CurveRows(events, unit, None if cluster is None else np.asarray(cluster))
    return SurvivalCurve(
        *(array[shown] for array in arrays),
        len(times), float(table.n_event.sum()), conf_type, conf_level, table, rows,
    )  # fmt: skip


def reverse_kaplan_meier(time: ArrayLike, event: ArrayLike, **options: object) -> SurvivalCurve:
    """Curve of follow-up itself: censoring is the event (Schemper and Smith 1996).

    >>> reverse_kaplan_meier([2, 4, 5, 7, 9, 12], [1, 1, 0, 1, 1, 0]).median
    12.0
    """
    times, _ = event_times(time, options.get("entry"))
    return kaplan_meier(time, ~event_flags(event, times), **options)


def confidence_limits(
    probability: ArrayLike, relative_se: ArrayLike, conf_type: str, conf_level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a probability from the standard error of its logarithm (both (K,)).

    Undefined where the transform is (log-log at 0 and 1, log at 0), as in R, or the error itself.

    >>> low, high = confidence_limits(np.array([0.5]), np.array([0.2]), "log")
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.338], [0.74])
    """
    z = norm.ppf(0.5 + conf_level / 2)
    with np.errstate(all="ignore"):
        if conf_type == "plain":
            half = z * relative_se * probability
            return np.maximum(probability - half, 0), np.minimum(probability + half, 1)
        inside = np.where((probability == 0) | (probability == 1), np.nan, probability)
        if conf_type == "log":
            inside = np.where(probability == 0, np.nan, probability)
            half = z * relative_se
            return inside * np.exp(-half), np.minimum(inside * np.exp(half), 1)
        half = z * relative_se / np.log(inside)
        centre = np.log(-np.log(inside))
        return np.exp(-np.exp(centre - half)), np.exp(-np.exp(centre + half))


def _greenwood_steps(table: RiskTable) -> np.ndarray:
    """Increments of Greenwood's sum, d / (n (n - d)); infinite where all at risk have the event."""
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = table.n_event / (table.n_risk * (table.n_risk - table.n_event))
    return np.where(table.n_event > 0, steps, 0.0)


def _jackknife_se(table, events, weights, cluster) -> np.ndarray:
    """Jackknife standard error of log survival (K,); O(n), or O(n K) with clusters."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(table.n_event > 0, 1 / (table.n_risk - table.n_event), 0.0)
    # where all at risk have the event survival is 0, and its logarithm has no variance to follow
    steps = _greenwood_steps(table)
    own, steps = (np.where(np.isfinite(part), part, 0.0) for part in (own, steps))
    greenwood = np.cumsum(steps)
    at_entry = 0.0 if table.entry_index is None else greenwood[table.entry_index]
    final = greenwood[table.index] - at_entry - np.where(events, own[table.index], 0.0)
    if cluster is None:
        return _independent_jackknife_se(table, weights, greenwood, at_entry, final)
    if cluster.max() == 0:  # nothing varies between clusters
        return np.full(len(table.time), np.nan)
    variance = np.empty(len(table.time))
    for position in range(len(table.time)):
        waiting = greenwood[position] - at_entry
        if table.entry_index is not None:
            waiting = np.where(table.entry_index >= position, 0.0, waiting)
        influence = np.where(table.index <= position, final, waiting) * weights
        variance[position] = (np.bincount(cluster, influence) ** 2).sum()
    return np.sqrt(variance)


def _independent_jackknife_se(table, weights, greenwood, at_entry, final) -> np.ndarray:
    """The same when every row is a cluster of its own: sums over those gone and those at risk."""
    size = len(table.time)
    square = weights**2
    gone = np.cumsum(np.bincount(table.index, square * final**2, size))

    def still_at_risk(value):
        leaving = np.bincount(table.index, square * value, size)
        change = -leaving
        if table.entry_index is None:
            change[0] += (square * value).sum()
        else:
            change += np.bincount(table.entry_index, square * value, size)
        return np.cumsum(change)

    start = np.zeros(len(weights)) + at_entry
    waiting = (
        greenwood**2 * still_at_risk(np.ones(len(weights)))
        - 2 * greenwood * still_at_risk(start)
        + still_at_risk(start**2)
    )
    return np.sqrt(gone + np.maximum(waiting, 0))


def _crossing(time: np.ndarray, curve: np.ndarray, level: float) -> float:
    """Time at which the curve falls below ``level``; the middle where it rests on it for a while.

    A curve that rests on it to the end of follow-up gives the middle of that last stretch. A limit
    can rise again: its highest value at or below ``level`` counts, as in ``quantile(survfit)``.
    """
    reached = _highest(curve, curve <= level + TIE_TOLERANCE)
    if reached is None:
        return float("nan")
    below = _highest(curve, curve <= level - TIE_TOLERANCE)
    if below is not None:
        return float(time[reached] / 2 + time[below] / 2)
    rests = abs(curve[-1] - level) < TIE_TOLERANCE
    return float(time[reached] / 2 + time[-1] / 2) if rests else float("nan")


def _highest(curve: np.ndarray, allowed: np.ndarray) -> int | None:
    """First position of the highest value among those ``allowed``; None when there is none."""
    if not allowed.any():
        return None
    return int(np.argmax(np.where(allowed, curve, -np.inf)))
