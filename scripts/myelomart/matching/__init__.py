"""Propensity scores, matching, weighting and balance: pure functions over arrays and frames.

Treatment is 1 or 0. Rows are 0-based positions of the input. Bad input is refused in words
(:class:`myelomart.errors.StatisticsError`).
"""

from myelomart.matching.balance import (
    balance_table,
    effective_sample_size,
    kolmogorov_smirnov,
    mean_difference,
    proportion_difference,
    standardized_difference,
)
from myelomart.matching.nearest import Matches, match_nearest, pooled_sd
from myelomart.matching.propensity import PropensityScore, area_under_curve, propensity_score

__all__ = [
    "Matches",
    "PropensityScore",
    "area_under_curve",
    "balance_table",
    "effective_sample_size",
    "kolmogorov_smirnov",
    "match_nearest",
    "mean_difference",
    "pooled_sd",
    "proportion_difference",
    "propensity_score",
    "standardized_difference",
]
