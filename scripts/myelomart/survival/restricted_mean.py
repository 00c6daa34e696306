"""Restricted mean survival time up to tau, with its variance, difference and ratio.

Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152; Klein and Moeschberger, section 4.5. The
variance is the sum over event times of (area to the right)^2 d / (n (n - d)), as in ``survfit``.
With case weights or clusters it is the sum of squared influences of the rows, added up within
clusters first: the same number where every row weighs one, and unchanged when all weights are
multiplied. ``survfit`` 3.5 prints the naive one there.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.inputs import TIE_TOLERANCE, event_times, time_grid, two_or_more_groups
from myelomart.survival.kaplan_meier import SurvivalCurve, kaplan_meier


@dataclass(frozen=True)
class RestrictedMean(Shown):
    """Mean event-free time up to ``tau`` (input units) and its standard error.

    ``cluster_influence`` holds, by cluster, what its rows add to the error of the estimate; None
    without clusters.
    """

    estimate: float
    se: float
    tau: float
    cluster_influence: pd.Series | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Contrast(Shown):
    """A difference or a ratio of two restricted means, second group against the first."""

    estimate: float
    se: float  # of the difference, or of the log ratio
    ci_low: float
    ci_high: float
    p: float
    tau: float


def restricted_mean(curve: SurvivalCurve, tau: float) -> RestrictedMean:
    """Area under ``curve`` up to ``tau``; NaN when follow-up ends before tau with survival left.

    >>> restricted_mean(kaplan_meier([1, 2, 4, 7, 11], [1, 1, 1, 1, 1]), tau=11).estimate
    5.0
    """
    if not 0 < tau < np.inf:
        raise StatisticsError(f"tau is {tau:g}: the restricted mean needs a finite horizon above 0")
    fuzz = TIE_TOLERANCE * max(abs(tau), float(np.abs(curve.time).mean()))
    if curve.time[-1] < tau - fuzz and curve.survival[-1] > 0:
        return RestrictedMean(float("nan"), float("nan"), tau)
    kept = curve.time < tau - fuzz
    edges = np.concatenate([[min(0.0, float(curve.time[0]))], curve.time[kept], [tau]])
    height = np.concatenate([[1.0], curve.survival[kept]])
    areas = np.diff(edges) * height
    estimate = float(areas.sum() + edges[0])
    to_the_right = np.cumsum(areas[::-1])[::-1][1:]
    if curve.rows is not None:
        return _robust(curve, tau, estimate, curve.time[kept], to_the_right)
    died, at_risk = curve.n_event[kept], curve.n_risk[kept]
    left = at_risk - died
    steps = np.divide(died, at_risk * left, out=np.zeros_like(died), where=left > 1e-12 * at_risk)
    with np.errstate(over="ignore"):  # times near the largest float have no finite variance
        se = float(np.sqrt((to_the_right**2 * steps).sum()))
    return RestrictedMean(estimate, se, tau)


def _robust(curve: SurvivalCurve, tau, estimate, times, to_the_right) -> RestrictedMean:
    """The same with the variance of the rows' influences, by cluster where there are any."""
    table, rows = curve.table, curve.rows
    area = np.zeros(len(table.time))
    area[np.searchsorted(table.time, times)] = to_the_right
    left = table.n_risk - table.n_event
    # where all at risk have the event nothing is left to the right
    open_ = (table.n_event > 0) & (left > 1e-12 * table.n_risk)
    own = np.divide(area, left, out=np.zeros_like(area), where=open_)
    steps = np.divide(own * table.n_event, table.n_risk, out=np.zeros_like(area), where=open_)
    lived = np.cumsum(steps)
    influence = lived[table.index] - np.where(rows.events, own[table.index], 0.0)
    if table.entry_index is not None:
        influence = influence - lived[table.entry_index]
    influence = influence * rows.weights
    if rows.cluster is None:
        return RestrictedMean(estimate, float(np.sqrt((influence**2).sum())), tau)
    by_cluster = pd.Series(influence).groupby(rows.cluster).sum()
    se = float(np.sqrt((by_cluster**2).sum())) if len(by_cluster) > 1 else float("nan")
    return RestrictedMean(estimate, se, tau, by_cluster)


def common_horizon(time: ArrayLike, group: ArrayLike) -> float:
    """The largest tau that every group reaches: the smallest of the groups' longest follow-ups.

    >>> common_horizon([3, 9, 4, 6], ["a", "a", "b", "b"])
    6.0
    """
    times, _ = event_times(time)
    codes, labels = two_or_more_groups(group, times)
    grid, index, _ = time_grid(times)
    return float(grid[min(index[codes == code].max() for code in range(len(labels)))])


def restricted_mean_difference(
    first: RestrictedMean, second: RestrictedMean, conf_level: float = 0.95
) -> Contrast:
    """Second minus first :class:`RestrictedMean`, with a Wald interval and p.

    >>> means = restricted_means([3, 9, 4, 6], [1, 1, 1, 1], ["a", "a", "b", "b"], tau=6)
    >>> restricted_mean_difference(means["a"], means["b"]).estimate
    0.5
    """
    estimate = second.estimate - first.estimate
    se = _contrast_se(first, second, 1.0, 1.0)
    half = norm.ppf(0.5 + conf_level / 2) * se
    p = float(2 * norm.sf(abs(estimate) / se)) if se else float("nan")
    return Contrast(estimate, se, estimate - half, estimate + half, p, first.tau)


def restricted_mean_ratio(
    first: RestrictedMean, second: RestrictedMean, conf_level: float = 0.95
) -> Contrast:
    """Second over first :class:`RestrictedMean`; interval and p on the log scale (delta method).

    >>> means = restricted_means([3, 9, 4, 6], [1, 1, 1, 1], ["a", "a", "b", "b"], tau=6)
    >>> round(restricted_mean_ratio(means["a"], means["b"]).estimate, 3)
    1.111
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = float(np.log(np.divide(second.estimate, first.estimate)))
    if not np.isfinite(log_ratio):  # a group without any event-free time has no ratio
        return Contrast(*[float("nan")] * 5, first.tau)
    se = _contrast_se(first, second, first.estimate, second.estimate)
    half = norm.ppf(0.5 + conf_level / 2) * se
    low, high = np.exp([log_ratio - half, log_ratio + half])
    p = float(2 * norm.sf(abs(log_ratio) / se)) if se else float("nan")
    return Contrast(float(np.exp(log_ratio)), se, float(low), float(high), p, first.tau)


def _contrast_se(first, second, scale_first: float, scale_second: float) -> float:
    """Standard error of second / its scale minus first / its scale; clusters may span both."""
    if first.cluster_influence is None or second.cluster_influence is None:
        return float(np.hypot(first.se / scale_first, second.se / scale_second))
    apart = (second.cluster_influence / scale_second).sub(
        first.cluster_influence / scale_first, fill_value=0.0
    )
    if len(apart) < 2 or not np.isfinite(apart).all():
        return float("nan")
    return float(np.sqrt((apart**2).sum()))


def restricted_means(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, tau: float | None = None, **options: object
) -> dict:
    """Label -> :class:`RestrictedMean` of each group, up to one ``tau`` (the largest possible).

    ``options`` are those of :func:`kaplan_meier`: ``entry``, ``weights`` and ``cluster`` (n,).

    >>> means = restricted_means([3, 9, 4, 6], [1, 1, 1, 1], ["a", "a", "b", "b"])
    >>> {str(group): (mean.estimate, mean.tau) for group, mean in means.items()}
    {'a': (4.5, 6.0), 'b': (5.0, 6.0)}
    """
    times, _ = event_times(time, options.get("entry"))
    codes, labels = two_or_more_groups(group, times)
    grid, index, _ = time_grid(times, None)
    tied = grid[index]
    horizon = (
        float(min(tied[codes == code].max() for code in range(len(labels)))) if tau is None else tau
    )
    rows = {"entry", "weights", "cluster"}
    return {
        label: restricted_mean(
            kaplan_meier(
                tied[codes == code],
                np.asarray(event)[codes == code],
                **{
                    name: np.asarray(value)[codes == code]
                    if name in rows and value is not None
                    else value
                    for name, value in options.items()
                },
            ),
            horizon,
        )
        for code, label in enumerate(labels)
    }
