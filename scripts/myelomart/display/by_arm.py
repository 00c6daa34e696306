"""The commonest table: labels in rows, arms in columns."""

from __future__ import annotations

from myelomart.display.cells import cell, p_with_test
from myelomart.display.grouping import distinct, grouped
from myelomart.display.numbers import rounded
from myelomart.display.table import Table


def table_by_arm(estimates: list, title: str) -> Table:
    """A row per label under its group, a column per arm, p where arms are compared."""
    arms = distinct(estimates, "arm")
    has_p = any(one.p_test for one in estimates)
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            of_arm = grouped(own, "arm")
            cells = [label] + [cell(of_arm.get(arm, [])) for arm in arms]
            rows.append(cells + ([p_with_test(own)] if has_p else []))
    columns = ["", *(_head(estimates, arm) for arm in arms), *(["p (test)"] if has_p else [])]
    return Table(title, columns, rows, _note(estimates))


def _head(estimates: list, arm: str) -> str:
    size = next((e for e in estimates if e.row_group == "Size" and e.arm == arm), None)
    return arm if size is None else f"{arm} (n = {rounded(size.estimate, 0)})"


def _note(estimates: list) -> str:
    words = []
    statistics = {one.statistic for one in estimates}
    if any(one.startswith("percent") for one in statistics):
        words.append("n / known (%) [95 % CI, Wilson]")
    if "median" in statistics:
        words.append("median (quartiles; range)")
    if "mean" in statistics:
        words.append("mean (standard deviation)")
    return "; ".join(words) + ("." if words else "")
