"""Wide tables of curves and ratios: views of the long estimates, nothing is computed here."""

from __future__ import annotations

import pandas as pd

from myelomart.report.numbers import NOTHING, p_value, ratio, rounded, with_limits
from myelomart.report.table import Table


def survival_table(estimates: pd.DataFrame, title: str) -> Table:
    """A row per endpoint and group: events, median, rates at the months shown, follow-up, p."""
    months = sorted(
        estimates.loc[estimates["statistic"] == "survival", "timepoint_months"].unique()
    )
    months = [month for month in months if month > 0]
    has_follow_up = (estimates["statistic"] == "median_follow_up_months").any()
    rows: list[list[str]] = []
    for (endpoint, way), own in _by_endpoint(estimates):
        p = _first(own, "logrank_chi2")
        said = f"log-rank p {p_value(p['p_value'])}" if p is not None else ""
        rows.append([", ".join(part for part in (endpoint, way, said) if part)])
        for arm, of_arm in own[own["arm"].notna()].groupby("arm", sort=False):
            median = _first(of_arm, "median_months")
            if median is None:
                continue
            events = f"{rounded(median['numerator'], 0)} / {rounded(median['denominator'], 0)}"
            cells = [
                arm,
                events,
                with_limits(median["estimate"], median["ci_low"], median["ci_high"]),
            ]
            for month in months:
                at = of_arm[
                    (of_arm["statistic"] == "survival") & (of_arm["timepoint_months"] == month)
                ]
                cells.append(_rate(at.iloc[0]) if len(at) else NOTHING)
            if has_follow_up:
                follow = _first(of_arm, "median_follow_up_months")
                cells.append(NOTHING if follow is None else _follow_up(follow))
            rows.append(cells)
    columns = ["", "events / n", "median, months (95 % CI)"]
    columns += [f"at {month:g} months, % (95 % CI)" for month in months]
    columns += ["follow-up, median months (range)"] if has_follow_up else []
    return Table(
        title, columns, rows,
        "Kaplan-Meier, log-log intervals; NE: not reached. Follow-up by reverse Kaplan-Meier.",
    )  # fmt: skip


def incidence_table(estimates: pd.DataFrame, title: str) -> Table:
    """A row per endpoint and group: events, competing events, incidences at the months shown."""
    own = estimates[estimates["statistic"] == "cumulative_incidence"]
    months = [month for month in sorted(own["timepoint_months"].dropna().unique()) if month > 0]
    rows: list[list[str]] = []
    for (endpoint, _), part in _by_endpoint(estimates):
        p = _first(part, "gray_chi2")
        said = f"Gray's test p {p_value(p['p_value'])}" if p is not None else ""
        rows.append([", ".join(word for word in (endpoint, said) if word)])
        for arm, of_arm in part[part["arm"].notna()].groupby("arm", sort=False):
            events, others = _first(of_arm, "events"), _first(of_arm, "competing_events")
            cells = [arm, rounded(events["denominator"], 0), rounded(events["estimate"], 0)]
            cells.append(rounded(others["estimate"], 0) if others is not None else NOTHING)
            for month in months:
                at = of_arm[
                    (of_arm["statistic"] == "cumulative_incidence")
                    & (of_arm["timepoint_months"] == month)
                ]
                cells.append(_rate(at.iloc[0]) if len(at) else NOTHING)
            rows.append(cells)
    columns = ["", "n", "events", "competing events"]
    columns += [f"at {month:g} months, % (95 % CI)" for month in months]
    return Table(title, columns, rows, "Aalen-Johansen: the competing event is no censoring.")


def exposure_table(estimates: pd.DataFrame, title: str) -> Table:
    """The hazard ratio in three ways, then the curves behind them."""
    rows: list[list[str]] = []
    ratios = estimates[estimates["statistic"] == "hazard_ratio"]
    for label, own in ratios.groupby("row_label", sort=False):
        rows.append([f"{label}: hazard ratio of exposed against not"])
        for one in own.itertuples():
            mark = " †" if one.status == "immortal_time" else ""
            rows.append(
                [
                    one.population + mark,
                    f"{rounded(one.numerator, 0)} / {rounded(one.denominator, 0)}",
                    ratio(one.estimate, one.ci_low, one.ci_high),
                    p_value(one.p_value),
                ]  # fmt: skip
            )
    medians = estimates[estimates["statistic"] == "median_months"]
    for (label, way), own in medians.groupby(["row_label", "population"], sort=False):
        rows.append([f"{label}: median months, {way}"])
        for one in own.itertuples():
            rows.append(
                [
                    one.arm,
                    f"{rounded(one.numerator, 0)} / {rounded(one.denominator, 0)}",
                    with_limits(one.estimate, one.ci_low, one.ci_high),
                    "",
                ]  # fmt: skip
            )
    return Table(
        title, ["", "events / n", "estimate (95 % CI)", "p"], rows,
        "† who is exposed had to live until then: this comparison invents a benefit and is shown only "
        "because it is how such results are printed. A row of the time-varying analysis counts "
        "persons before and after exposure apart.",
    )  # fmt: skip


def factor_table(estimates: pd.DataFrame, title: str) -> Table:
    """A row per factor, per outcome and kind of ratio; alone and together with the others."""
    rows: list[list[str]] = []
    kinds = estimates["statistic"].str.replace("_univariable|_multivariable", "", regex=True)
    for (outcome, kind), own in estimates.groupby(["arm", kinds], sort=False):
        rows.append([f"{outcome}: {kind.replace('_', ' ')}"])
        for label, of_label in own.groupby("row_label", sort=False):
            cells = [label]
            alone = of_label[of_label["statistic"].str.endswith("_univariable")]
            together = of_label[of_label["statistic"].str.endswith("_multivariable")]
            shown = alone if len(alone) else together
            first = shown.iloc[0]
            cells.append("" if pd.isna(first["comparator"]) else f"against {first['comparator']}")
            cells.append(f"{rounded(first['numerator'], 0)} / {rounded(first['denominator'], 0)}")
            for part in (alone, together):
                if len(part):
                    one = part.iloc[0]
                    cells += [ratio(one["estimate"], one["ci_low"], one["ci_high"]),
                              p_value(one["p_value"])]  # fmt: skip
                else:
                    cells += [NOTHING, NOTHING]
            rows.append(cells)
    columns = [
        "",
        "reference",
        "with the event / n",
        "alone (95 % CI)",
        "p",
        "together (95 % CI)",
        "p",
    ]
    return Table(
        title, columns, rows,
        "Alone: of those whose value is known. Together: one model of all factors, the unknown "
        "flagged as a level. For a number, per unit.",
    )  # fmt: skip


def _by_endpoint(estimates: pd.DataFrame):
    ways = estimates["population"].where(estimates["population"] != "all", "")
    return estimates.groupby(["row_label", ways.fillna("")], sort=False)


def _first(own: pd.DataFrame, statistic: str) -> pd.Series | None:
    found = own[own["statistic"] == statistic]
    return found.iloc[0] if len(found) else None


def _rate(one: pd.Series) -> str:
    if pd.isna(one["estimate"]):
        return "follow-up ended"
    low, high = 100 * one["ci_low"], 100 * one["ci_high"]
    return with_limits(100 * one["estimate"], low, high)


def _follow_up(one: pd.Series) -> str:
    middle = "not reached" if pd.isna(one["estimate"]) else rounded(one["estimate"], 1)
    return f"{middle} ({rounded(one['range_low'], 1)}–{rounded(one['range_high'], 1)})"
