"""Wide tables of curves and ratios: views of the long estimates, nothing is computed here."""

from __future__ import annotations

import pandas as pd

from myelomart.report.grouping import first, grouped
from myelomart.report.numbers import NOTHING, p_value, ratio, rounded, with_limits
from myelomart.report.table import Table


def survival_table(estimates: list, title: str) -> Table:
    """A row per endpoint and group: events, median, rates at the months shown, follow-up, p."""
    months = _months(estimates, "survival")
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
            cells = [arm, _events(median), _value(median)]
            at = {one.timepoint_months: one for one in of_arm if one.statistic == "survival"}
            cells += [_rate(at[month]) if month in at else NOTHING for month in months]
            if has_follow_up:
                cells.append(_follow_up(first(of_arm, "median_follow_up_months")))
            rows.append(cells)
    columns = ["", "events / n", "median, months (95 % CI)"]
    columns += [f"{month:g} months, % (95 % CI)" for month in months]
    columns += ["follow-up, median months (range)"] if has_follow_up else []
    note = "Kaplan-Meier, log-log intervals; NE: not reached. Follow-up by reverse Kaplan-Meier."
    return Table(title, columns, rows, note)


def incidence_table(estimates: list, title: str) -> Table:
    """A row per endpoint and group: events, competing events, incidences at the months shown."""
    months = _months(estimates, "cumulative_incidence")
    rows: list[list[str]] = []
    for endpoint, own in grouped(estimates, "row_label").items():
        test = first(own, "gray_chi2")
        said = f"Gray's test p {p_value(test.p_value)}" if test else ""
        rows.append([", ".join(word for word in (endpoint, said) if word)])
        for arm, of_arm in grouped(own, "arm").items():
            events, others = first(of_arm, "events"), first(of_arm, "competing_events")
            if events is None:
                continue
            cells = [arm, rounded(events.denominator, 0), rounded(events.estimate, 0),
                     rounded(others.estimate, 0)]  # fmt: skip
            at = {
                one.timepoint_months: one
                for one in of_arm
                if one.statistic == "cumulative_incidence"
            }
            cells += [_rate(at[month]) if month in at else NOTHING for month in months]
            rows.append(cells)
    columns = ["", "n", "events", "competing events"]
    columns += [f"{month:g} months, % (95 % CI)" for month in months]
    return Table(title, columns, rows, "Aalen-Johansen: the competing event is no censoring.")


def exposure_table(estimates: list, title: str) -> Table:
    """The hazard ratio in three ways, then the curves behind them."""
    rows: list[list[str]] = []
    ratios = [one for one in estimates if one.statistic == "hazard_ratio"]
    for label, own in grouped(ratios, "row_label").items():
        rows.append([f"{label}: hazard ratio of exposed against not"])
        for one in own:
            mark = " †" if one.status == "immortal_time" else ""
            cells = [_events(one), ratio(one.estimate, one.ci_low, one.ci_high)]
            rows.append([one.population + mark, *cells, p_value(one.p_value)])
    medians = [one for one in estimates if one.statistic == "median_months"]
    for (label, way), own in grouped(medians, "row_label", "population").items():
        test = next(
            (e for e in estimates if e.statistic == "logrank_chi2" and e.population == way
             and e.row_label == label), None,
        )  # fmt: skip
        rows.append([f"{label}: median months, {way}"])
        for one in own:
            rows.append([one.arm, _events(one), _value(one), ""])
        if test is not None:
            rows.append(["log-rank test", "", "", p_value(test.p_value)])
    note = (
        "† who is exposed had to live until then: this comparison invents a benefit and is shown "
        "only because it is how such results are printed. The time-varying analysis counts a "
        "person before and after exposure apart."
    )
    return Table(title, ["", "events / n", "estimate (95 % CI)", "p"], rows, note)


def factor_table(estimates: list, title: str) -> Table:
    """A row per factor, per outcome and kind of ratio; alone and together with the others."""
    rows: list[list[str]] = []
    outcomes: dict = {}
    for one in estimates:
        kind, _, way = one.statistic.rpartition("_")
        outcomes.setdefault((one.arm, kind), {}).setdefault(one.row_label, {})[way] = one
    for (outcome, kind), factors in outcomes.items():
        rows.append([f"{outcome}: {kind.replace('_', ' ')}"])
        for label, ways in factors.items():
            one = ways.get("univariable") or ways["multivariable"]
            cells = [label, f"against {one.comparator}" if one.comparator else "", _events(one)]
            for way in ("univariable", "multivariable"):
                found = ways.get(way)
                if found is None:
                    cells += [NOTHING, NOTHING]
                else:
                    cells += [ratio(found.estimate, found.ci_low, found.ci_high),
                              p_value(found.p_value)]  # fmt: skip
            rows.append(cells)
    columns = ["", "reference", "with the event / n"]
    columns += ["alone (95 % CI)", "p", "together (95 % CI)", "p"]
    note = (
        "Alone: of those whose value is known. Together: one model of all factors, the unknown "
        "flagged as a level. For a number, per unit."
    )
    return Table(title, columns, rows, note)


def _months(estimates: list, statistic: str) -> list[float]:
    found = {one.timepoint_months for one in estimates if one.statistic == statistic}
    return sorted(month for month in found if month > 0)


def _way(population: str | None) -> str:
    return "" if population in (None, "all") else population


def _events(one) -> str:
    if one.status == "suppressed":
        return "suppressed"
    return f"{rounded(one.numerator, 0)} / {rounded(one.denominator, 0)}"


def _value(one) -> str:
    if one.status == "suppressed":
        return "suppressed"
    return with_limits(one.estimate, one.ci_low, one.ci_high)


def _rate(one) -> str:
    if one.status == "suppressed":
        return "suppressed"
    if pd.isna(one.estimate):
        return "follow-up ended"
    return with_limits(100 * one.estimate, 100 * one.ci_low, 100 * one.ci_high)


def _follow_up(one) -> str:
    middle = "not reached" if pd.isna(one.estimate) else rounded(one.estimate, 1)
    if pd.isna(one.range_low):
        return middle
    return f"{middle} ({rounded(one.range_low, 1)}–{rounded(one.range_high, 1)})"
