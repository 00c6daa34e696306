"""Curves as a table: events, median, survival at the months shown, follow-up."""

from __future__ import annotations

import pandas as pd

from myelomart.display.cells import events_of, rate_of, value_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, p_value, rounded
from myelomart.display.table import Table


def survival_table(estimates: list, title: str) -> Table:
    """A row per endpoint and group: events, median, rates at the months shown, follow-up, p."""
    months = months_of(estimates, "survival")
    has_follow_up = first(estimates, "median_follow_up_months") is not None
    rows: list[list[str]] = []
    for (endpoint, way), own in grouped(estimates, "row_label", "population").items():
        test = first(own, "logrank_chi2")
        said = f"log-rank p {p_value(test.p_value)}" if test else ""
        rows.append([", ".join(word for word in (endpoint, _way(way), said) if word)])
        for arm, of_arm in grouped(own, "arm").items():
            median = first(of_arm, "median_months")
            if median is None:
                continue
            cells = [arm, events_of(median), value_of(median)]
            at = {one.timepoint_months: one for one in of_arm if one.statistic == "survival"}
            cells += [rate_of(at[month]) if month in at else NOTHING for month in months]
            if has_follow_up:
                cells.append(_follow_up(first(of_arm, "median_follow_up_months")))
            rows.append(cells)
    columns = ["", "events / n", "median, months (95 % CI)"]
    columns += [f"{month:g} months, % (95 % CI)" for month in months]
    columns += ["follow-up, median months (range)"] if has_follow_up else []
    note = "Kaplan-Meier, log-log intervals; NE: not reached. Follow-up by reverse Kaplan-Meier."
    return Table(title, columns, rows, note)


def months_of(estimates: list, statistic: str) -> list[float]:
    """The months after the start at which a statistic is shown."""
    found = {one.timepoint_months for one in estimates if one.statistic == statistic}
    return sorted(month for month in found if month > 0)


def _way(population: str | None) -> str:
    return "" if population in (None, "all") else population


def _follow_up(one) -> str:
    middle = "not reached" if pd.isna(one.estimate) else rounded(one.estimate, 1)
    if pd.isna(one.range_low):
        return middle
    return f"{middle} ({rounded(one.range_low, 1)}–{rounded(one.range_high, 1)})"
