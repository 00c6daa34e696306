"""The benchmarks as a table: what others printed, our pool, our cohort and the difference."""

from __future__ import annotations

import pandas as pd

from myelomart.report.grouping import grouped
from myelomart.report.numbers import NOTHING, count_of, in_words, rounded, with_limits
from myelomart.report.table import Table

PRINTED, OURS, POOLED = "as printed", "this warehouse", "pooled by us"
OVERLAP = "overlap of populations"


def evidence_table(estimates: list, title: str) -> Table:
    """A row per cited number, under its endpoint."""
    rows: list[list[str]] = []
    for endpoint, own in grouped(estimates, "row_group").items():
        rows.append([in_words(endpoint)])
        at = grouped(own, "population", "arm")
        for one in (e for e in own if e.population == PRINTED):
            ours = at.get((OURS, one.arm), [])
            rows.append([f"{one.row_label} ({one.arm})", _printed(one), *_beside(ours)])
        for one in (e for e in own if e.population == OVERLAP):
            share = count_of(one.numerator, one.denominator)
            rows.append([one.row_label, one.comparator or "", share, "", ""])
        for one in (e for e in own if e.population == POOLED):
            pooled = (
                "not pooled: fewer than three trials of known size"
                if pd.isna(one.estimate)
                else f"{with_limits(one.estimate, one.ci_low, one.ci_high)} %"
            )
            rows.append([f"Pooled by us: {one.row_label}", pooled, "", "", ""])
    columns = ["", "printed", "this warehouse", "difference (95 % CI)", "standardized difference"]
    return Table(
        title, columns, rows,
        "Cited numbers stand as printed and are no input to any result. A difference is read with "
        "the populations: rows of what patients were at the start say how alike they are.",
    )  # fmt: skip


def _printed(one) -> str:
    if pd.isna(one.estimate):
        return str(one.status).replace("_", " ")
    unit = {"%": " %", "months": " months"}.get(one.unit, "")
    at = f" at {one.timepoint_months:g} months" if pd.notna(one.timepoint_months) else ""
    low = "" if pd.isna(one.ci_low) else f" ({rounded(one.ci_low, 1)}–{rounded(one.ci_high, 1)})"
    return f"{one.estimate:g}{unit}{at}{low}"


def _beside(ours: list) -> list[str]:
    if not ours:
        return [NOTHING, NOTHING, NOTHING]
    value, gap, alike = NOTHING, NOTHING, NOTHING
    for one in ours:
        if one.statistic == "difference":
            gap = rounded(one.estimate, 1)
            if pd.notna(one.ci_low):
                gap = with_limits(one.estimate, one.ci_low, one.ci_high)
        elif one.statistic == "standardized_difference":
            alike = rounded(one.estimate, 2)
        elif one.statistic == "percent":
            value = count_of(one.numerator, one.denominator)
        elif one.statistic == "median" and pd.notna(one.iqr_low):
            spread = f"IQR {rounded(one.iqr_low, 1)}–{rounded(one.iqr_high, 1)}"
            value = f"{rounded(one.estimate, 1)} ({spread})"
        else:
            value = with_limits(one.estimate, one.ci_low, one.ci_high)
    return [value, gap, alike]
