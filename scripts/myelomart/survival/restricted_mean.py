"""Restricted mean survival time up to tau, with Greenwood's variance, difference and ratio.

Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152; Klein and Moeschberger, section 4.5. The
variance is the sum over event times of (area to the right)^2 d / (n (n - d)), as in ``survfit``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.survival.inputs import event_times, two_or_more_groups
from myelomart.survival.kaplan_meier import SurvivalCurve, kaplan_meier


@dataclass(frozen=True)
class RestrictedMean:
    """Mean event-free time up to ``tau`` (input units) and its standard error."""

    estimate: float
    se: float
    tau: float


@dataclass(frozen=True)
class Contrast:
    """A difference or a ratio of two restricted means, second group against the first."""

    estimate: float
    se: float  # of the difference, or of the log ratio
    ci_low: float
    ci_high: float
    p: float
    tau: float


def restricted_mean(curve: SurvivalCurve, tau: float) -> RestrictedMean:
    """Area under ``curve`` up to ``tau``; NaN when follow-up ends before tau with survival left."""
    if not tau > 0:
        raise StatisticsError(f"tau is {tau:g}: the restricted mean needs a horizon above 0")
    if curve.time[-1] < tau and curve.survival[-1] > 0:
        return RestrictedMean(float("nan"), float("nan"), tau)
    kept = curve.time < tau
    edges = np.concatenate([[0.0], curve.time[kept], [tau]])
    height = np.concatenate([[1.0], curve.survival[kept]])
    areas = np.diff(edges) * height
    to_the_right = np.cumsum(areas[::-1])[::-1][1:]
    died, at_risk = curve.n_event[kept], curve.n_risk[kept]
    left = at_risk - died
    steps = np.divide(died, at_risk * left, out=np.zeros_like(died), where=left > 1e-12 * at_risk)
    return RestrictedMean(float(areas.sum()), float(np.sqrt((to_the_right**2 * steps).sum())), tau)


def common_horizon(time, group) -> float:
    """The largest tau that every group reaches: the smallest of the groups' longest follow-ups."""
    times, _ = event_times(time)
    codes, labels = two_or_more_groups(group, times)
    return float(min(times[codes == code].max() for code in range(len(labels))))


def restricted_mean_difference(first, second, conf_level=0.95) -> Contrast:
    """Second minus first :class:`RestrictedMean`, with a Wald interval and p."""
    estimate = second.estimate - first.estimate
    se = float(np.hypot(first.se, second.se))
    half = norm.ppf(0.5 + conf_level / 2) * se
    p = float(2 * norm.sf(abs(estimate) / se)) if se else float("nan")
    return Contrast(estimate, se, estimate - half, estimate + half, p, first.tau)


def restricted_mean_ratio(first, second, conf_level=0.95) -> Contrast:
    """Second over first :class:`RestrictedMean`; interval and p on the log scale (delta method)."""
    log_ratio = float(np.log(second.estimate / first.estimate))
    se = float(np.hypot(first.se / first.estimate, second.se / second.estimate))
    half = norm.ppf(0.5 + conf_level / 2) * se
    low, high = np.exp([log_ratio - half, log_ratio + half])
    p = float(2 * norm.sf(abs(log_ratio) / se)) if se else float("nan")
    return Contrast(float(np.exp(log_ratio)), se, float(low), float(high), p, first.tau)


def restricted_means(time, event, group, tau=None, **options) -> dict:
    """Label -> :class:`RestrictedMean` of each group, up to one ``tau`` (the largest possible)."""
    times, _ = event_times(time)
    codes, labels = two_or_more_groups(group, times)
    horizon = common_horizon(times, codes) if tau is None else tau
    pick = np.asarray
    return {
        label: restricted_mean(
            kaplan_meier(pick(time)[codes == code], pick(event)[codes == code], **options), horizon
        )
        for code, label in enumerate(labels)
    }
