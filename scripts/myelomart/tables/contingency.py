"""Exact tests of small tables of counts: Fisher's beyond 2 x 2, and McNemar's of paired counts.

Fisher RA. J R Stat Soc 1922;85:87; Freeman GH, Halton JH. Biometrika 1951;38:141 (more than two
levels: as extreme is every table no more probable than the one seen, as R's ``fisher.test``).
McNemar Q. Psychometrika 1947;12:153, exact by the binomial of the discordant pairs.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln
from scipy.stats import binomtest

from myelomart.errors import StatisticsError

MOST_TABLES = 30_000_000  # beyond it the enumeration is not worth its time
AT_ONCE = 1_000_000  # tables held at a time: 16 MB
AS_PROBABLE = 1 + 1e-7  # R's tolerance for tables as probable as the one seen


def fisher_exact(table: ArrayLike) -> float:
    """p of no association in counts (r, c), one side of which has two levels.

    Memory grows with the table, not with the number of tables that share its margins. Raises
    ``StatisticsError`` when both sides have more than two levels, when counts are not whole, and
    when there are too many tables to go through.

    >>> round(fisher_exact([[3, 7], [9, 2]]), 6)
    0.029973
    """
    given = np.asarray(table, dtype=float)
    if given.ndim != 2 or (given != np.floor(given)).any() or (given < 0).any():
        raise StatisticsError("Fisher's test takes a table of counts: whole numbers, none negative")
    counts = given.astype(int)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    if min(counts.shape) < 2:
        return float("nan")
    if counts.shape[1] != 2:
        counts = counts.T
    if counts.shape[1] != 2:
        raise StatisticsError("Fisher's test here needs two levels on one side: use chi-square")
    counts = counts[np.argsort(counts.sum(1), kind="stable")]  # the largest row has no choice left
    sizes, wanted = counts.sum(1), int(counts[:, 0].sum())
    if _tables(sizes, wanted) > MOST_TABLES:
        raise StatisticsError("too many tables for Fisher's test: use chi-square")
    ways = [_log_ways(size, np.arange(size + 1)) for size in sizes]
    seen = sum(row[chosen] for row, chosen in zip(ways, counts[:, 0], strict=True))
    everything = _log_ways(sizes.sum(), wanted)
    limit = seen + np.log(AS_PROBABLE)
    p = _as_extreme(ways, np.zeros(1, int), np.zeros(1), wanted, limit, everything)
    return float(min(1.0, p))


def _as_extreme(ways, filled, log_ways, wanted, limit, everything) -> float:
    """Probability of all tables no more probable than the one seen, from partly filled ones on.

    ``ways`` are the log ways of the rows to come; ``filled`` and ``log_ways`` (s,) describe the
    tables begun. They are gone through in portions, depth first, so that memory stays bounded.
    """
    size, room = len(ways[0]) - 1, sum(len(row) - 1 for row in ways[1:])
    total = 0.0
    portion = max(1, AT_ONCE // (size + 1))
    choices = np.arange(size + 1)
    for start in range(0, len(filled), portion):
        chosen = slice(start, start + portion)
        after = filled[chosen][:, None] + choices
        possible = (after <= wanted) & (after + room >= wanted)
        value = (log_ways[chosen][:, None] + ways[0])[possible]
        after = after[possible]
        if len(ways) > 2:
            total += _as_extreme(ways[1:], after, value, wanted, limit, everything)
            continue
        value = value + ways[1][wanted - after]
        total += float(np.exp(value[value <= limit] - everything).sum())
    return total


def _tables(sizes, wanted) -> float:
    """How many tables have these row sums and this sum of the first column."""
    count = np.zeros(wanted + 1)
    count[0] = 1
    for size in sizes:
        running = np.cumsum(count)
        count = running - np.concatenate([np.zeros(size + 1), running])[: wanted + 1]
    return float(count[wanted])


def mcnemar_exact(gained: int, lost: int) -> float:
    """Two-sided exact p that as many changed one way as the other; NaN when nobody changed.

    >>> mcnemar_exact(8, 2)
    0.109375
    """
    changed = gained + lost
    return float(binomtest(gained, changed, 0.5).pvalue) if changed else float("nan")


def _log_ways(size, chosen):
    """Logarithm of the number of ways to choose ``chosen`` of ``size``."""
    return gammaln(np.add(size, 1)) - gammaln(np.add(chosen, 1)) - gammaln(size - chosen + 1)
