"""Tables in and out: input files with dropped rows counted, baseline tables, proportions."""

from myelomart.tables.baseline import baseline_table, compare_categories, compare_numbers
from myelomart.tables.input_file import CompleteRows, complete_rows, read_table
from myelomart.tables.proportions import (
    clopper_pearson_interval,
    miettinen_nurminen,
    wilson_interval,
)

__all__ = [
    "CompleteRows",
    "baseline_table",
    "clopper_pearson_interval",
    "compare_categories",
    "compare_numbers",
    "complete_rows",
    "miettinen_nurminen",
    "read_table",
    "wilson_interval",
]
