"""Log-rank tests: stratified, for k groups, for trend, and with Fleming-Harrington weights.

Mantel N. Cancer Chemother Rep 1966;50:163; Harrington DP, Fleming TR. Biometrika 1982;69:553 (the
G-rho family: weight S(t-)**rho of the pooled curve, within each stratum). As R's ``survdiff``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from myelomart.columns import labels_of
from myelomart.errors import StatisticsError
from myelomart.survival.inputs import event_flags, event_times, time_grid, two_or_more_groups
from myelomart.survival.partial_likelihood import distinct_keys


@dataclass(frozen=True)
class LogRank:
    """Chi-square, degrees of freedom and p; observed and expected events per group (k,)."""

    chi2: float
    df: int
    p: float
    rho: float
    groups: np.ndarray
    n: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    variance: np.ndarray  # (k, k)


def logrank_test(time, event, group, *, strata=None, rho=0, entry=None, trend=None) -> LogRank:
    """Do the k groups share one hazard? ``trend`` (k scores in sorted group order) tests 1 df.

    ``strata`` (n,) compares within strata; ``rho`` 0 is the log-rank, 1 the Peto-Peto form.
    """
    times, entries = event_times(time, entry)
    events = event_flags(event, times)
    codes, labels = two_or_more_groups(group, times)
    stratum = np.zeros(len(times), int) if strata is None else labels_of(strata, times, "strata")[0]
    if not events.any():
        raise StatisticsError(
            f"no event among {len(times)} rows: all are censored, nothing to compare"
        )
    at_risk, died, stratum_of_cell = _cells(times, events, entries, codes, len(labels), stratum)
    total_risk, total_died = at_risk.sum(1), died.sum(1)
    weight = _pooled_survival_before(total_risk, total_died, stratum_of_cell) ** rho if rho else 1.0
    share = at_risk / total_risk[:, None]
    observed = (died * np.reshape(weight, (-1, 1))).sum(0)
    expected = (share * (weight * total_died)[:, None]).sum(0)
    spread = np.where(total_risk > 1, (total_risk - total_died) / np.maximum(total_risk - 1, 1), 0)
    factor = weight**2 * total_died * spread
    variance = np.diag((share * factor[:, None]).sum(0)) - share.T @ (share * factor[:, None])
    n = np.bincount(codes, minlength=len(labels))
    if trend is None:
        statistic, df = _quadratic_form(observed - expected, variance, expected > 0)
    else:
        score = np.asarray(trend, dtype=float)
        statistic = float((score @ (observed - expected)) ** 2 / (score @ variance @ score))
        df = 1
    return LogRank(
        statistic, df, float(chi2.sf(statistic, df)), rho, labels, n, observed, expected, variance
    )


def _cells(times, events, entries, codes, groups, stratum):
    """Numbers at risk and events per group at each event time of each stratum: two (M, k)."""
    grid, index, entry_index = time_grid(times, entries)
    size = len(grid)
    keys = stratum * size + index
    cells, cells_before = distinct_keys(keys[events], (stratum.max() + 1) * size)
    first_key = stratum * size if entries is None else stratum * size + entry_index + 1
    # a row is at risk in the cells of its stratum from its entry up to its own time
    started, ended = cells_before(first_key), cells_before(keys + 1)

    def tally(position, code):
        counts = np.bincount(position * groups + code, minlength=(len(cells) + 1) * groups)
        return counts.reshape(-1, groups)[: len(cells)].astype(float)

    at_risk = np.cumsum(tally(started, codes) - tally(ended, codes), axis=0)
    died = tally(cells_before(keys[events]), codes[events])
    return at_risk, died, cells // size


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
