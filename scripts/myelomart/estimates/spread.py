"""How numbers of a group are reported: median, quartiles, range and interval; mean with its own.

The median's interval is the distribution-free one between order statistics (Conover 1999, 3.2): it
covers in 95 % of samples or more whatever the distribution, and has no limit where fewer than six
values are known.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import binom
from scipy.stats import t as student

TAIL = 0.025


def median_of(known: pd.Series) -> dict[str, float]:
    """Median, its interval, quartiles and range of values of which none is missing."""
    if not len(known):
        return {}
    low, middle, high = known.quantile([0.25, 0.5, 0.75])
    ci_low, ci_high = median_interval(known.to_numpy(float))
    return {
        "estimate": middle, "ci_low": ci_low, "ci_high": ci_high, "iqr_low": low, "iqr_high": high,
        "range_low": known.min(), "range_high": known.max(),
    }  # fmt: skip


def mean_of(known: pd.Series) -> dict[str, float]:
    """Mean with Student's interval of values of which none is missing."""
    if not len(known):
        return {}
    mean = float(known.mean())
    if len(known) < 2:
        return {"estimate": mean}
    half = student.ppf(1 - TAIL, len(known) - 1) * known.std(ddof=1) / math.sqrt(len(known))
    return {"estimate": mean, "ci_low": mean - half, "ci_high": mean + half}


def median_interval(values: np.ndarray) -> tuple[float, float]:
    """The k-th value from each end, k as large as 95 % coverage allows; NaN for too few values."""
    rank = int(binom.ppf(TAIL, len(values), 0.5))
    if rank < 1:
        return math.nan, math.nan
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[len(values) - rank])
