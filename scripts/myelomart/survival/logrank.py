"""Log-rank tests: stratified, for k groups, for trend, and with Fleming-Harrington weights.

Mantel N. Cancer Chemother Rep 1966;50:163; Harrington DP, Fleming TR. Biometrika 1982;69:553 (the
G-rho family: weight S(t-)**rho of the pooled curve, within each stratum). As R's ``survdiff``,
which knows neither case weights nor clusters. With weights the variance is the sum of squared
influences of the rows (Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074, at no effect), R's robust
score test; with clusters alone the test's own variance times the design effect of the influences,
so that clusters of one row, or every row given twice, change nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from myelomart.columns import labels_of
from myelomart.errors import StatisticsError
from myelomart.frame_calls import by_frame
from myelomart.results_shown import Shown
from myelomart.survival.inputs import (
    case_weights,
    cluster_codes,
    event_flags,
    event_times,
    time_grid,
    two_or_more_groups,
)
from myelomart.survival.partial_likelihood import distinct_keys


@dataclass(frozen=True)
class LogRank(Shown):
    """Chi-square, degrees of freedom and p; observed and expected events per group (k,).

    With case weights observed and expected are weighted sums.
    """

    chi2: float
    df: int
    p: float
    rho: float
    groups: np.ndarray
    n: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    variance: np.ndarray  # (k, k)
    robust: bool  # the variance follows weights or clusters


@by_frame("time", "event", "group", "strata", "entry", "weights", "cluster")
def logrank_test(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    rho: float = 0,
    entry: ArrayLike | None = None,
    trend: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> LogRank:
    """Do the k groups share one hazard? ``trend`` (k scores in sorted group order) tests 1 df.

    ``strata`` (n,) compares within strata; ``rho`` 0 is the log-rank, 1 the Peto-Peto form. Case
    ``weights`` (n,) and ``cluster`` (n,) give a robust variance that does not change with the scale
    of the weights. Raises StatisticsError on a single cluster.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> test = logrank_test(time, event, ["a"] * 6 + ["b"] * 6)
    >>> round(test.chi2, 3), round(test.p, 3)
    (0.782, 0.376)
    """
    if not np.isfinite(rho):
        raise StatisticsError(f"rho is {rho}: give a finite number, 0 for the log-rank test")
    times, entries = event_times(time, entry)
    events = event_flags(event, times)
    codes, labels = two_or_more_groups(group, times)
    stratum = np.zeros(len(times), int) if strata is None else labels_of(strata, times, "strata")[0]
    if not events.any():
        raise StatisticsError(
            f"no event among {len(times)} rows: all are censored, nothing to compare"
        )
    weight = None if weights is None else case_weights(weights, times)
    clusters = None if cluster is None else cluster_codes(cluster, times)
    if clusters is not None and clusters.max() == 0:
        raise StatisticsError(
            f"log-rank test: all {len(times)} rows are in one cluster, which leaves no variance "
            "between clusters"
        )
    if weight is not None:
        weight = weight / weight.mean()
    cells = _cells(times, events, entries, codes, len(labels), stratum, weight)
    total_risk, total_died = cells.at_risk.sum(1), cells.died.sum(1)
    rising = _pooled_survival_before(total_risk, total_died, cells.stratum) ** rho if rho else 1.0
    share = cells.at_risk / total_risk[:, None]
    observed = (cells.died * np.reshape(rising, (-1, 1))).sum(0)
    expected = (share * (rising * total_died)[:, None]).sum(0)
    if weight is None and clusters is None:
        variance = _own_variance(share, rising, total_risk, total_died)
    else:
        part = _influences(cells, events, codes, share, rising * np.ones(len(share)), weight)
        sums = part if clusters is None else _within(part, clusters)
        variance = sums.T @ sums
        if weight is None:
            apart = part.T @ part
            design_effect = np.trace(variance) / np.trace(apart) if apart.any() else 1.0
            own = _own_variance(share, rising, total_risk, total_died, design_effect)
            variance = _scaled(variance, apart, own)
    n = np.bincount(codes, minlength=len(labels))
    if trend is None:
        statistic, df = _quadratic_form(observed - expected, variance, expected > 0)
    else:
        score = np.asarray(trend, dtype=float)
        statistic = float((score @ (observed - expected)) ** 2 / (score @ variance @ score))
        df = 1
    if weight is not None:  # back to the scale of the weights
        scale = float(np.mean(case_weights(weights, times)))
        observed, expected, variance = observed * scale, expected * scale, variance * scale**2
    return LogRank(
        statistic, df, float(chi2.sf(statistic, df)), rho, labels, n, observed, expected, variance,
        weight is not None or clusters is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class _Cells:
    """Numbers at risk and events per group (M, k) at each event time of each stratum."""

    at_risk: np.ndarray
    died: np.ndarray
    stratum: np.ndarray  # (M,)
    started: np.ndarray  # (n,) first cell at which a row is at risk
    ended: np.ndarray  # (n,) first cell at which it is no longer


def _cells(times, events, entries, codes, groups, stratum, weight) -> _Cells:
    grid, index, entry_index = time_grid(times, entries)
    size = len(grid)
    keys = stratum * size + index
    cells, cells_before = distinct_keys(keys[events], (stratum.max() + 1) * size)
    first_key = stratum * size if entries is None else stratum * size + entry_index + 1
    # a row is at risk in the cells of its stratum from its entry up to its own time
    started, ended = cells_before(first_key), cells_before(keys + 1)

    def tally(position, code, weights):
        counts = np.bincount(position * groups + code, weights, (len(cells) + 1) * groups)
        return counts.reshape(-1, groups)[: len(cells)].astype(float)

    at_risk = np.cumsum(tally(started, codes, weight) - tally(ended, codes, weight), axis=0)
    own = None if weight is None else weight[events]
    died = tally(cells_before(keys[events]), codes[events], own)
    if weight is not None:
        # rounding of the running sums must not leave a risk set smaller than its own events
        at_risk = np.maximum(at_risk, died)
    return _Cells(at_risk, died, cells // size, started, ended)


def _own_variance(share, rising, total_risk, total_died, design_effect=1.0) -> np.ndarray:
    """The hypergeometric variance (k, k); rows that come in clusters count for fewer."""
    many = total_risk > design_effect
    left = np.where(many, total_risk - design_effect, 1.0)
    spread = np.where(many, np.clip((total_risk - total_died) / left, 0, 1), 0)
    factor = rising**2 * total_died * spread
    return np.diag((share * factor[:, None]).sum(0)) - share.T @ (share * factor[:, None])


def _influences(cells: _Cells, events, codes, share, rising, weight) -> np.ndarray:
    """Each row's part in observed minus expected, its share of every risk set taken off (n, k)."""
    groups = share.shape[1]
    hazard = rising * cells.died.sum(1) / cells.at_risk.sum(1)
    zero = np.zeros((1, groups))
    lived = np.concatenate([[0.0], np.cumsum(hazard)])
    lived_share = np.concatenate([zero, np.cumsum(hazard[:, None] * share, axis=0)])
    part = lived_share[cells.ended] - lived_share[cells.started]
    own = np.arange(len(codes)), codes
    part[own] -= lived[cells.ended] - lived[cells.started]
    cell = cells.ended[events] - 1
    part[events] -= rising[cell, None] * share[cell]
    part[np.flatnonzero(events), codes[events]] += rising[cell]
    return part if weight is None else part * weight[:, None]


def _within(part: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Sums within clusters (c, k)."""
    return np.column_stack([np.bincount(clusters, column) for column in part.T])


def _scaled(clustered, apart, own) -> np.ndarray:
    """``clustered`` as much larger or smaller than ``own`` as it is than ``apart`` (k, k)."""

    def root(matrix, power):
        values, vectors = np.linalg.eigh(matrix)
        kept = values > 1e-12 * max(values.max(), 1e-300)
        powers = np.where(kept, np.where(kept, values, 1.0) ** power, 0.0)
        return vectors @ (powers[:, None] * vectors.T)

    scale = root(own, 0.5) @ root(apart, -0.5)
    return scale @ clustered @ scale.T


def _pooled_survival_before(total_risk, total_died, stratum_of_cell) -> np.ndarray:
    """Left limit of the Kaplan-Meier curve of each stratum at its event times (M,)."""
    survival = np.ones(len(total_risk))
    for first, last in _runs(stratum_of_cell):
        steps = 1 - total_died[first:last] / total_risk[first:last]
        survival[first + 1 : last] = np.cumprod(steps)[:-1]
    return survival


def _runs(values: np.ndarray):
    """Start and end of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    return zip(np.concatenate([[0], edges]), np.concatenate([edges, [len(values)]]), strict=True)


def _quadratic_form(difference, variance, used) -> tuple[float, int]:
    """Chi-square of observed minus expected, one group left out, and its degrees of freedom."""
    if used.sum() < 2:
        return 0.0, max(int(used.sum()) - 1, 0)
    kept = difference[used][1:]
    spread = variance[np.ix_(used, used)][1:, 1:]
    if np.linalg.matrix_rank(spread) < len(kept):
        raise StatisticsError(
            "log-rank test: at no event time are two of the groups at risk in the same stratum"
        )
    return float(kept @ np.linalg.solve(spread, kept)), len(kept)
