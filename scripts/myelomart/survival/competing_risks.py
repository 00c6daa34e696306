"""Cumulative incidence with competing events, and Gray's test between groups.

Aalen OO, Johansen S. Scand J Stat 1978;5:141. The variance is the Greenwood-type one (Andersen et
al. 1993, IV.4), equal to the infinitesimal jackknife of R's multi-state ``survfit``; with weights,
clusters or late entry the jackknife itself. Event codes: 0 censored, 1, 2, … the causes; on one
day events come before censoring. 1 - Kaplan-Meier is never offered: it overstates incidence when
deaths compete.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2

from myelomart.columns import column_name, labels_of, number_column, refuse_rows, same_length
from myelomart.errors import StatisticsError
from myelomart.frame_calls import by_frame
from myelomart.results_shown import Curve, Shown
from myelomart.survival.inputs import (
    TIE_TOLERANCE,
    case_weights,
    cluster_codes,
    event_times,
    time_grid,
    two_or_more_groups,
)
from myelomart.survival.kaplan_meier import CONF_TYPES, confidence_limits

ROUNDING = 1e-13  # of a squared incidence


@dataclass(frozen=True)
class CumulativeIncidence(Curve):
    """Incidence of one cause at each distinct time (K,), times in input units."""

    cause: int
    time: np.ndarray
    n_risk: np.ndarray
    n_event: np.ndarray
    incidence: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    event_free: np.ndarray

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Incidence at given times: time, cif, se, ci_low, ci_high; NaN beyond the follow-up."""
        wanted = np.unique(np.asarray(times, dtype=float))
        fuzz = TIE_TOLERANCE * np.maximum(np.abs(wanted), 1)
        last = np.searchsorted(self.time, wanted + fuzz, side="right")
        beyond = (wanted > self.time[-1] + fuzz) & (self.event_free[-1] > 1e-12)

        def value(array, before):
            return np.where(beyond, np.nan, np.concatenate([[before], array])[last])

        return pd.DataFrame(
            {
                "time": wanted,
                "cif": value(self.incidence, 0.0),
                "se": value(self.se, 0.0),
                "ci_low": value(self.ci_low, 0.0),
                "ci_high": value(self.ci_high, 0.0),
            }
        )


def event_codes(
    event_code: ArrayLike, times: np.ndarray, *, may_be_empty: bool = False
) -> np.ndarray:
    """Checked event codes (n,): whole numbers, 0 censored; no event at all is refused unless
    ``may_be_empty``.

    >>> event_codes([0, 2, 1], np.array([3.0, 4.0, 5.0])).tolist()
    [0, 2, 1]
    """
    name = column_name(event_code, "event")
    codes = same_length(number_column(event_code, "event"), times, name)
    refuse_rows(
        (codes < 0) | (codes != np.floor(codes)),
        name, "are not 0, 1, 2, …", "0 is censored, a whole number names the cause",
    )  # fmt: skip
    if not may_be_empty and not (codes > 0).any():
        raise StatisticsError(f"column {name}: no event among {len(times)} rows, all are censored")
    return codes.astype(int)


@by_frame("time", "event_code", "entry", "weights", "cluster")
def cumulative_incidence(
    time: ArrayLike,
    event_code: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    causes: Sequence[int] | None = None,
    conf_type: str = "log-log",
    conf_level: float = 0.95,
) -> dict[int, CumulativeIncidence]:
    """Aalen-Johansen incidence of each cause, in O(n): cause -> :class:`CumulativeIncidence`.

    ``causes`` are those to return, also where nobody had them (an incidence of 0); by default those
    that happened. All rows in one cluster leave the standard error unknown (NaN).

    >>> curves = cumulative_incidence([2, 3, 4, 5, 6], [1, 0, 2, 1, 0])
    >>> curves[1].at([5])["cif"].round(4).tolist()
    [0.4667]
    """
    if conf_type not in CONF_TYPES:
        raise StatisticsError(
            f"conf_type {conf_type!r} is unknown: use one of {', '.join(CONF_TYPES)}"
        )
    times, entries = event_times(time, entry)
    codes = event_codes(event_code, times, may_be_empty=causes is not None)
    weight = case_weights(weights, times)
    clusters = None if cluster is None else cluster_codes(cluster, times)
    grid, index, entry_index = time_grid(times, entries)
    size = len(grid)
    change = np.bincount(index, weight, size)
    if entry_index is not None:
        change = change - np.bincount(entry_index, weight, size)
    at_risk = np.cumsum(change[::-1])[::-1]
    safe = np.where(at_risk > 0, at_risk, 1.0)
    happened = np.unique(codes[codes > 0])
    died = {
        cause: np.bincount(index[codes == cause], weight[codes == cause], size)
        for cause in np.union1d(happened, [] if causes is None else causes).astype(int)
    }
    all_died = sum(died.values())
    everyone = all_died >= safe * (1 - 1e-12)
    remaining = np.where(everyone, 0.0, 1 - all_died / safe)
    event_free = np.cumprod(remaining)
    before = np.concatenate([[1.0], event_free[:-1]])
    jackknife = weights is not None or cluster is not None or entries is not None
    shown = np.bincount(index, minlength=size) > 0  # not the times at which rows only enter
    curves = {}
    for cause in happened if causes is None else causes:
        incidence = np.cumsum(before * died[cause] / safe)
        if jackknife:
            variance = _jackknife_variance(
                index, entry_index, codes, int(cause), weight, clusters,
                safe, died[cause], all_died, before,
            )  # fmt: skip
        else:
            variance = _greenwood_variance(safe, died[cause], all_died, before, incidence)
        # below this only the rounding of sums that cancel is left
        se = np.sqrt(np.where(variance > ROUNDING * incidence**2, variance, 0 * variance))
        relative = np.divide(se, incidence, out=np.zeros(size), where=incidence > 0)
        low, high = confidence_limits(incidence, relative, conf_type, conf_level)
        arrays = (grid, at_risk, died[cause], incidence, se, low, high, event_free)
        curves[int(cause)] = CumulativeIncidence(int(cause), *(array[shown] for array in arrays))
    return curves


def _greenwood_variance(n, died, all_died, before, incidence):
    """Variance of the incidence at each time as running sums (K,).

    With F the incidence, the term of each event time t <= u is
    (F(u) - F(t))^2 a + 2 (F(u) - F(t)) b + c, expanded so that only sums over t are kept.
    """
    left = n - all_died
    with np.errstate(divide="ignore", invalid="ignore"):
        # binomial increments; where everybody leaves, later F no longer moves and terms vanish
        a = np.where(left > 0, all_died / (n * left), 0.0)
    b = -before * died / n**2
    c = before**2 * died * (n - died) / n**3
    sums = [np.cumsum(part) for part in (a, a * incidence, a * incidence**2, b, b * incidence, c)]
    total, first, second, cross, cross_first, own = sums
    return (
        incidence**2 * total - 2 * incidence * first + second
        + 2 * (incidence * cross - cross_first) + own
    )  # fmt: skip


def _jackknife_variance(
    index, entry_index, codes, cause, weight, cluster, at_risk, died, all_died, before
):  # fmt: skip
    """Infinitesimal-jackknife variance of the incidence (K,); O(n), or O(n K) with clusters.

    A row's influence on F(u) while it is at risk is G(u) - E F(u) + D, and once it has left
    A + C F(u): F and G are common to all, the letters E, D, A, C the row's own.
    """
    size = len(at_risk)
    left = at_risk - all_died
    safe_left = np.where(left > 1e-12 * at_risk, left, np.inf)
    exposed = np.where(all_died > 0, all_died / (at_risk * safe_left), 0.0)
    rate = before * died / at_risk
    incidence, exposure = np.cumsum(rate), np.cumsum(exposed)  # F; on log event-free survival
    exposure_before = np.concatenate([[0.0], exposure[:-1]])
    common = np.cumsum(rate * exposure_before - rate / at_risk)  # G
    zero = np.zeros(len(index))
    at_entry = [
        zero if entry_index is None else path[entry_index] for path in (incidence, exposure, common)
    ]
    slope = at_entry[1]  # E
    level = slope * at_entry[0] - at_entry[2]  # D
    event = codes > 0
    after = exposure[index] - slope - np.where(event, 1 / safe_left[index], 0.0)  # C
    jump = np.where(codes == cause, before[index] / at_risk[index], 0.0)
    final = common[index] - slope * incidence[index] + level + jump
    offset = final - after * incidence[index]  # A
    if cluster is not None and cluster.max() == 0:  # nothing varies between clusters
        return np.full(size, np.nan)
    if cluster is not None:
        return _clustered_variance(
            index, entry_index, weight, cluster, incidence, common, slope, level, after, offset
        )
    square = weight**2

    def gone(value):
        return np.cumsum(np.bincount(index, square * value, size))

    def present(value):
        change = -np.bincount(index, square * value, size)
        if entry_index is None:
            change[0] += (square * value).sum()
        else:
            change += np.bincount(entry_index, square * value, size)
        return np.cumsum(change)

    one = np.ones(len(index))
    return (
        gone(offset**2) + 2 * incidence * gone(offset * after) + incidence**2 * gone(after**2)
        + common**2 * present(one) + incidence**2 * present(slope**2) + present(level**2)
        - 2 * common * incidence * present(slope) + 2 * common * present(level)
        - 2 * incidence * present(slope * level)
    )  # fmt: skip


def _clustered_variance(
    index, entry_index, weight, cluster, incidence, common, slope, level, after, offset
):  # fmt: skip
    """The same with influences summed within clusters; a loop over times."""
    variance = np.empty(len(incidence))
    for position in range(len(incidence)):
        influence = common[position] - slope * incidence[position] + level
        if entry_index is not None:
            influence = np.where(entry_index >= position, 0.0, influence)
        influence = np.where(index <= position, offset + after * incidence[position], influence)
        variance[position] = (np.bincount(cluster, influence * weight) ** 2).sum()
    return variance


@dataclass(frozen=True)
class GrayTest(Shown):
    """Chi-square, degrees of freedom and p for equal incidence of ``cause`` in all groups."""

    chi2: float
    df: int
    p: float
    cause: int


@by_frame("time", "event_code", "group", "strata")
def gray_test(
    time: ArrayLike,
    event_code: ArrayLike,
    group: ArrayLike,
    *,
    cause: int = 1,
    strata: ArrayLike | None = None,
    rho: float = 0,
) -> GrayTest:
    """Gray's k-sample test of equal cumulative incidence (Ann Stat 1988;16:1141), right-censored.

    As ``cmprsk::cuminc``; ``strata`` (n,) sums the statistic over strata, ``rho`` weighs by
    (1 - incidence)**rho. A stratum without events, or with one group, adds nothing.

    >>> time, code = [2, 3, 4, 5, 6, 7, 8, 9], [1, 0, 2, 1, 1, 1, 2, 1]
    >>> round(gray_test(time, code, list("abababab")).p, 3)
    0.923
    """
    if not np.isfinite(rho):
        raise StatisticsError(f"rho is {rho}: give a finite number, 0 for Gray's test")
    times, _ = event_times(time)
    codes = event_codes(event_code, times)
    groups, labels = two_or_more_groups(group, times)
    stratum = np.zeros(len(times), int) if strata is None else labels_of(strata, times, "strata")[0]
    _, index, _ = time_grid(times)
    kind = np.where(codes == 0, 0, np.where(codes == cause, 1, 2))
    size = len(labels)
    difference, variance = np.zeros(size), np.zeros((size, size))
    for code in range(stratum.max() + 1):
        rows = stratum == code
        part, spread = _gray_stratum(index[rows], kind[rows], groups[rows], size, rho)
        difference += part
        variance += spread
    used, spread = difference[:-1], variance[:-1, :-1]
    if np.linalg.matrix_rank(spread) < size - 1:
        raise StatisticsError(
            f"Gray's test: cause {cause} has too few events in the groups compared"
        )
    statistic = float(used @ np.linalg.solve(spread, used))
    return GrayTest(statistic, size - 1, float(chi2.sf(statistic, size - 1)), cause)


def _gray_stratum(index, kind, groups, size, rho):
    """Score (k,) and covariance (k, k) of one stratum; arrays over its event times (m, k)."""
    cells, cell = np.unique(index, return_inverse=True)
    m = len(cells)

    def counts(mask):
        return np.bincount(cell[mask] * size + groups[mask], minlength=m * size).reshape(m, size)

    leaving = counts(np.ones(len(cell), bool))
    at_risk = np.cumsum(leaving[::-1], axis=0)[::-1].astype(float)
    ours, others = counts(kind == 1).astype(float), counts(kind == 2).astype(float)
    keep = (ours + others).sum(1) > 0
    if not keep.any():  # a stratum where all are censored says nothing
        return np.zeros(size), np.zeros((size, size))
    at_risk, ours, others = at_risk[keep], ours[keep], others[keep]
    present = at_risk > 0
    n = np.where(present, at_risk, 1.0)
    free = np.cumprod(1 - (ours + others) / n, axis=0)  # event-free survival of each group
    free_before = np.vstack([np.ones(size), free[:-1]])
    incidence = np.cumsum(free_before * ours / n, axis=0)
    incidence_before = np.vstack([np.zeros(size), incidence[:-1]])
    # risk sets of the subdistribution, and those of a pooled incidence
    ratio = np.divide(at_risk, free_before, out=np.zeros_like(at_risk), where=present)
    risk, subrisk = ratio.sum(1), (ratio * (1 - incidence_before)).sum(1)
    total = ours.sum(1)
    pooled = np.cumsum(total / risk)
    pooled_before = np.concatenate([[0.0], pooled[:-1]])
    if rho != int(rho) and (pooled_before > 1).any() or rho < 0 and (pooled_before >= 1).any():
        raise StatisticsError(
            f"Gray's test: the pooled incidence passes 1, so its weight with rho {rho:g} "
            "is undefined: use rho 0"
        )
    weight = (1 - pooled_before) ** rho
    expected = total[:, None] * ratio * (1 - incidence_before) / subrisk[:, None]
    score = (weight[:, None] * (ours - np.where(present, expected, 0))).sum(0)
    share = ratio / risk[:, None]
    contrast = (weight[:, None] * ratio)[:, :, None] * (np.eye(size) - share[:, None, :])
    contrast = np.where(present[:, :, None] & present[:, None, :], contrast, 0.0)
    step = np.divide(total, risk * (1 - pooled_before), out=np.zeros_like(total), where=total > 0)
    running = np.cumsum(contrast * step[:, None, None], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(free > 0, (1 - pooled[:, None]) / np.where(free > 0, free, 1), 0.0)
        tie_ours = np.where(
            total[:, None] > 1, 1 - (total[:, None] - 1) / (risk[:, None] * free_before - 1), 1.0
        )
        tie_others = np.where(others > 1, 1 - (others - 1) / np.maximum(n - 1, 1), 1.0)
    spread_ours = np.where(
        present, tie_ours * free_before * total[:, None] / (risk[:, None] * n), 0
    )
    spread_others = np.where(present & (free > 0), tie_others * free_before**2 * others / n**2, 0.0)
    ours_factor = np.where(free > 0, 1 - gap, 1.0)
    return score, _gray_covariance(contrast, running, ours_factor, gap, spread_ours, spread_others)


def _gray_covariance(contrast, running, ours_factor, gap, spread_ours, spread_others):
    """Sum over event times and groups of the squared influence of each martingale increment."""
    final = running[-1]
    own = contrast + ours_factor[:, None, :] * (final - running)
    other = gap[:, None, :] * (final - running)
    return np.einsum("tik,tjk,tk->ij", own, own, spread_ours) + np.einsum(
        "tik,tjk,tk->ij", other, other, spread_others
    )
