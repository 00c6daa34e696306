"""Our value beside the printed one, and the contradictions of the printed one."""

from __future__ import annotations

import pandas as pd

from myelomart.report.numbers import NOTHING, count_of, p_value, rounded, with_limits
from myelomart.report.table import Table
from myelomart.results import Results

LINKED = ("output_id", "our_statistic", "our_endpoint", "our_label", "our_arm")
WORDS = {"median": "median", "percent": "%", "rate_at_time": "rate", "p_value": "p",
         "hazard_ratio": "hazard ratio", "count": "count"}  # fmt: skip


def printed_table(output_id: str, results: Results, published: pd.DataFrame) -> Table | None:
    """A row per number that the document prints of this output; None where it prints none."""
    if not set(LINKED) <= set(published.columns):
        return None
    own = published[published["output_id"] == output_id]
    if not len(own):
        return None
    rows, estimates = [], results.rows_of(output_id)
    for one in own.itertuples():
        ours = _ours(one, estimates)
        rows.append([_name(one), _printed(one), ours, _said(one.issue_id)])
    return Table(
        "Beside the printed values", ["", "printed", "this warehouse", "contradictions in print"],
        rows,
        "Other patients, other data: no agreement is to be expected unless the data were made for "
        "it. A code names a contradiction that the source document contains about this number.",
    )  # fmt: skip


def _name(one) -> str:
    parts = [one.arm_or_group, str(one.endpoint).replace("_", " "), one.category]
    said = ", ".join(str(part) for part in parts if isinstance(part, str) and part)
    return f"{said} ({WORDS.get(one.statistic, one.statistic)}, {one.row_id})"


def _said(value) -> str:
    return str(value).replace(";", ", ") if isinstance(value, str) and value else NOTHING


def _printed(one) -> str:
    if one.statistic == "p_value":
        sign = one.p_operator if isinstance(one.p_operator, str) and one.p_operator != "=" else ""
        return NOTHING if pd.isna(one.p_value) else f"{sign}{one.p_value:g}"
    if pd.isna(one.estimate):
        return str(one.estimate_status).replace("_", " ")
    shown = f"{one.estimate:g}"
    if one.statistic in ("percent", "rate_at_time"):
        shown += " %"
    if pd.notna(one.numerator) and pd.notna(one.denominator):
        shown = f"{one.numerator:g} / {one.denominator:g} ({shown})"
    low, high = one.ci_low, one.ci_high
    if pd.notna(low):
        shown += f" (95 % CI {low:g}–{'NE' if pd.isna(high) else f'{high:g}'})"
    elif pd.notna(one.iqr_low):
        shown += f" (IQR {one.iqr_low:g}–{one.iqr_high:g})"
    elif pd.notna(one.range_low):
        shown += f" (range {one.range_low:g}–{one.range_high:g})"
    return shown


def _ours(one, estimates: list) -> str:
    """Our estimate that the link names; a dash where there is none."""
    wanted = {
        "statistic": one.our_statistic, "endpoint": one.our_endpoint,
        "row_label": one.our_label, "arm": one.our_arm,
    }  # fmt: skip
    wanted = {name: value for name, value in wanted.items() if isinstance(value, str) and value}
    if one.statistic == "rate_at_time":
        wanted["timepoint_months"] = one.timepoint_months
    mine = next((e for e in estimates if all(getattr(e, k) == v for k, v in wanted.items())), None)
    if mine is None:
        return NOTHING
    if mine.status == "suppressed":
        return "suppressed"
    if one.statistic == "p_value":
        return f"{p_value(mine.p_value)} ({mine.p_test})"
    if one.statistic == "percent":
        return count_of(mine.numerator, mine.denominator)
    if one.statistic == "rate_at_time":
        return f"{with_limits(100 * mine.estimate, 100 * mine.ci_low, 100 * mine.ci_high)} %"
    if pd.notna(mine.iqr_low):
        spread = f"IQR {rounded(mine.iqr_low, 1)}–{rounded(mine.iqr_high, 1)}"
        return f"{rounded(mine.estimate, 1)} ({spread})"
    if one.statistic == "count":
        return rounded(mine.estimate, 0)
    return with_limits(mine.estimate, mine.ci_low, mine.ci_high)
