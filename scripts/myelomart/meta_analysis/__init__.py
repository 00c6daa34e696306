"""Meta-analysis of proportions, ratios, medians and means, as metafor has it."""

from myelomart.meta_analysis.binomial_normal import profile_interval
from myelomart.meta_analysis.effect_sizes import EffectSizes, from_intervals, proportions
from myelomart.meta_analysis.random_effects import (
    Pooled,
    forest_rows,
    leave_one_out,
    pool,
    study_table,
)

__all__ = [
    "EffectSizes",
    "Pooled",
    "forest_rows",
    "from_intervals",
    "leave_one_out",
    "pool",
    "profile_interval",
    "proportions",
    "study_table",
]
