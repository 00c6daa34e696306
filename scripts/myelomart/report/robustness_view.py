"""What speaks for and against each hazard ratio, and the ratios in subgroups, as tables."""

from __future__ import annotations

from myelomart.report.grouping import first, grouped
from myelomart.report.numbers import NOTHING, count_of, p_value, ratio, rounded
from myelomart.report.table import Table

RATIOS = {
    "hazard_ratio_cause_specific": "HR (95 % CI), death censored",
    "hazard_ratio_subdistribution": "HR (95 % CI), death competing",
    "platform_hazard_ratio": "HR (95 % CI), TriNetX's arithmetic",
    "platform_risk_ratio": "Risk ratio (95 % CI), TriNetX's arithmetic",
    "hazard_ratio_tested_only": "HR (95 % CI), the tested alone",
    "hazard_ratio_thinned": "HR (95 % CI), testing made equal",
}
MARKS = {"count_floored": " ‡", "firth": " §"}


def robustness_table(estimates: list, title: str) -> Table:
    """One row per endpoint."""
    present = {one.statistic for one in estimates}
    shown = {name: words for name, words in RATIOS.items() if name in present}
    columns = [
        "",
        "E-value (of the limit)",
        "HR over 200 orders (range); p < 0.05",
        *shown.values(),
    ]
    if "hazard_ratio_over_orders" not in present:
        columns.pop(2)
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            cells = [label, _e_value(own)]
            if "hazard_ratio_over_orders" in present:
                cells.append(_orders(own))
            rows.append([*cells, *(_ratio(first(own, name)) for name in shown)])
    note = (
        "E-value: the risk ratio an unmeasured confounder would need with treatment and outcome to "
        "explain the estimate (the limit nearer to 1) away; 1 where the interval holds 1. "
        "‡ a count of 1–10 was taken as 10, as the platform does. § no event in one arm: Firth's "
        "penalised estimate."
    )
    return Table(title, columns, rows, note)


def subgroup_table(estimates: list, title: str) -> Table:
    """One row per endpoint and subgroup: inside it, outside it, and whether they differ."""
    columns = [
        "", "Inside: events / n", "HR (95 % CI)", "Outside: events / n", "HR (95 % CI)",
        "p (interaction)", "Unknown",
    ]  # fmt: skip
    note = (
        "Inside and outside the subgroup; unknown are in neither. Left out: subgroups with a ratio "
        "on neither side, for want of events in both arms."
    )
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            sides = [first(own, f"hazard_ratio_{side}") for side in ("inside", "outside")]
            test = first(own, "interaction_chi2")
            cells = [cell for side in sides for cell in (_size(side), _ratio(side))]
            last = [NOTHING if test is None else p_value(test.p_value)]
            rows.append([label, *cells, *last, rounded(sides[0].n_missing, 0)])
    return Table(title, columns, rows, note)


def _size(row) -> str:
    return _hidden(row) or count_of(row.numerator, row.denominator)


def _ratio(row) -> str:
    if row is None:
        return NOTHING
    shown = ratio(row.estimate, row.ci_low, row.ci_high)
    return _hidden(row) or shown + MARKS.get(row.status, "")


def _e_value(own: list) -> str:
    point, limit = first(own, "e_value"), first(own, "e_value_limit")
    if point is None:
        return NOTHING
    return _hidden(point) or f"{rounded(point.estimate, 2)} ({rounded(limit.estimate, 2)})"


def _orders(own: list) -> str:
    row, share = first(own, "hazard_ratio_over_orders"), first(own, "percent_of_orders_significant")
    if row is None:
        return NOTHING
    spread = f"{ratio(row.estimate, row.range_low, row.range_high)}"
    return _hidden(row) or f"{spread}; {rounded(share.estimate, 0)} %"


def _hidden(row) -> str:
    return "suppressed" if row is not None and row.status == "suppressed" else ""
