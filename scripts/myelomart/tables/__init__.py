"""Baseline tables, tests of small tables, proportions with their intervals, logistic regression."""

from myelomart.tables.baseline import baseline_table, compare_categories, compare_numbers
from myelomart.tables.proportions import (
    clopper_pearson_interval,
    miettinen_nurminen,
    wilson_interval,
)

__all__ = [
    "baseline_table",
    "clopper_pearson_interval",
    "compare_categories",
    "compare_numbers",
    "miettinen_nurminen",
    "wilson_interval",
]
