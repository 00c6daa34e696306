"""Exact tests of small tables of counts: Fisher's beyond 2 x 2, and McNemar's of paired counts.

Fisher RA. J R Stat Soc 1922;85:87; Freeman GH, Halton JH. Biometrika 1951;38:141 (more than two
levels: as extreme is every table no more probable than the one seen, as R's ``fisher.test``).
McNemar Q. Psychometrika 1947;12:153, exact by the binomial of the discordant pairs.
"""

import numpy as np
from scipy.special import gammaln
from scipy.stats import binomtest

from myelomart.errors import StatisticsError

MOST_TABLES = 3_000_000  # beyond it the enumeration is not worth its memory
AS_PROBABLE = 1 + 1e-7  # R's tolerance for tables as probable as the one seen


def fisher_exact(table) -> float:
    """p of no association in counts (r, c), one side of which has two levels.

    Raises ``StatisticsError`` when both have more, or when there are too many tables to enumerate.
    """
    counts = np.asarray(table, dtype=int)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    if min(counts.shape) < 2:
        return float("nan")
    if counts.shape[1] != 2:
        counts = counts.T
    if counts.shape[1] != 2:
        raise StatisticsError("Fisher's test here needs two levels on one side: use chi-square")
    sizes, wanted = counts.sum(1), int(counts[:, 0].sum())
    seen = _log_ways(sizes, counts[:, 0]).sum()
    # every column of numbers with this sum, grown row by row
    filled, ways = np.zeros(1, dtype=int), np.zeros(1)
    remaining = sizes.sum() - np.cumsum(sizes)
    for size, left in zip(sizes, remaining, strict=True):
        choices = np.arange(size + 1)
        filled = (filled[:, None] + choices).ravel()
        ways = (ways[:, None] + _log_ways(np.full(size + 1, size), choices)).ravel()
        possible = (filled <= wanted) & (filled + left >= wanted)
        filled, ways = filled[possible], ways[possible]
        if len(filled) > MOST_TABLES:
            raise StatisticsError("too many tables for Fisher's test: use chi-square")
    probability = np.exp(ways - _log_ways(sizes.sum(), wanted))
    as_extreme = ways <= seen + np.log(AS_PROBABLE)
    return float(min(1.0, probability[as_extreme].sum()))


def mcnemar_exact(gained: int, lost: int) -> float:
    """Two-sided exact p that as many changed one way as the other; NaN when nobody changed."""
    changed = gained + lost
    return float(binomtest(gained, changed, 0.5).pvalue) if changed else float("nan")


def _log_ways(size, chosen):
    """Logarithm of the number of ways to choose ``chosen`` of ``size``."""
    return gammaln(np.add(size, 1)) - gammaln(np.add(chosen, 1)) - gammaln(size - chosen + 1)
