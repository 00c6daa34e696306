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
from myelomart.matching.effects import matched_hazard_ratio, robust_hazard_ratio
from myelomart.matching.nearest import Matches, match_nearest, pooled_sd
from myelomart.matching.optimal import match_optimal
from myelomart.matching.order_instability import OrderInstability, order_instability
from myelomart.matching.overlap import (
    SharedPopulation,
    UnsharedLevel,
    leave_out_unshared,
    merge_rare_levels,
    unshared_levels,
)
from myelomart.matching.propensity import PropensityScore, area_under_curve, propensity_score
from myelomart.matching.weighting import (
    Weighting,
    entropy_weights,
    inverse_probability_weights,
    weighted_hazard_ratio,
    weighted_risk_difference,
)

__all__ = [
    "Matches",
    "OrderInstability",
    "PropensityScore",
    "SharedPopulation",
    "UnsharedLevel",
    "Weighting",
    "area_under_curve",
    "balance_table",
    "effective_sample_size",
    "entropy_weights",
    "inverse_probability_weights",
    "kolmogorov_smirnov",
    "leave_out_unshared",
    "match_nearest",
    "match_optimal",
    "matched_hazard_ratio",
    "mean_difference",
    "merge_rare_levels",
    "order_instability",
    "pooled_sd",
    "propensity_score",
    "proportion_difference",
    "robust_hazard_ratio",
    "standardized_difference",
    "unshared_levels",
    "weighted_hazard_ratio",
    "weighted_risk_difference",
]
