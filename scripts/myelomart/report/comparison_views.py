"""Wide tables of two arms: views of the long estimates, nothing is computed here."""

from __future__ import annotations

import pandas as pd

from myelomart.report.numbers import count_of, p_value, ratio, rounded
from myelomart.report.table import Table


def baseline_table(estimates: pd.DataFrame, title: str) -> Table:
    """One row per covariate or level; per population both arms and their difference."""
    populations = list(dict.fromkeys(estimates["population"]))
    arms = list(dict.fromkeys(estimates["arm"].dropna()))
    columns = [
        "",
        *(f"{arm}, {population}" for population in populations for arm in [*arms, "SMD"]),
    ]
    indexed = estimates.set_index(["population", "row_group", "row_label", "arm", "statistic"])
    rows: list[list[str]] = []
    for group, of_group in estimates.groupby("row_group", sort=False):
        rows.append([group])
        for label in dict.fromkeys(of_group["row_label"]):
            cells = [label]
            for population in populations:
                for arm in arms:
                    cells.append(_baseline_cell(indexed, (population, group, label, arm)))
                key = (population, group, label, arms[0], "standardized_difference")
                cells.append(rounded(indexed["estimate"].get(key, float("nan")), 2))
            rows.append(cells)
    return Table(title, columns, rows, "n / known (%), or mean (SD); SMD: standardized difference.")


def _baseline_cell(indexed: pd.DataFrame, key: tuple) -> str:
    if (*key, "mean") in indexed.index:
        mean, sd = indexed.loc[(*key, "mean")], indexed.loc[(*key, "sd")]
        unknown = f", {rounded(mean['n_missing'], 0)} unknown" if mean["n_missing"] > 0 else ""
        return f"{rounded(mean['estimate'], 1)} ({rounded(sd['estimate'], 1)}){unknown}"
    if (*key, "percent") in indexed.index:
        share = indexed.loc[(*key, "percent")]
        return count_of(share["numerator"], share["denominator"])
    return rounded(indexed["estimate"].get((*key, "count"), float("nan")), 0)


def hazard_ratio_table(estimates: pd.DataFrame, published: pd.DataFrame, title: str) -> Table:
    """One row per endpoint: sizes, events, our ratio, its tests, and what was printed."""
    arms = list(dict.fromkeys(estimates.loc[estimates["statistic"] == "n", "arm"]))
    printed = published[published["statistic"] == "hazard_ratio"].drop_duplicates("endpoint")
    printed = printed.set_index("endpoint")
    columns = ["", *(f"{arm}: events / n (removed for a history)" for arm in arms)]
    columns += [
        "HR (95 % CI)",
        "p (Wald)",
        "p (log-rank)",
        "p (proportional)",
        "CI, pairs respected",
    ]
    if len(printed):
        columns += ["Printed HR (95 % CI)", "Printed p", "Issues"]
    rows: list[list[str]] = []
    for group, of_group in estimates.groupby("row_group", sort=False):
        rows.append([group])
        for endpoint, own in of_group.groupby("endpoint", sort=False):
            rows.append(_ratio_row(own, arms) + _printed_cells(printed, endpoint))
    note = (
        "† not interpretable: one arm was tested more than twice as often. "
        "‡ no event in one arm: Firth's penalised estimate. "
        "Removed: persons with the outcome before."
    )
    return Table(title, columns, rows, note)


def _ratio_row(own: pd.DataFrame, arms: list[str]) -> list[str]:
    def of(statistic: str, arm: str | None = None) -> pd.Series:
        wanted = own["statistic"] == statistic
        if arm is not None:
            wanted &= own["arm"] == arm
        found = own[wanted]
        return found.iloc[0] if len(found) else pd.Series(dtype=object)

    hr = of("hazard_ratio")
    marks = {"not_interpretable": " †", "firth": " ‡"}
    status = hr.get("status")
    cells = [own["row_label"].iloc[0] + ("" if pd.isna(status) else marks.get(status, ""))]
    for arm in arms:
        events, n = of("events", arm)["estimate"], of("n", arm)["estimate"]
        removed = of("removed_for_prior_outcome", arm)["estimate"]
        cells.append(f"{rounded(events, 0)} / {rounded(n, 0)} ({rounded(removed, 0)})")
    robust = of("hazard_ratio_pair_robust")
    cells += [
        ratio(hr["estimate"], hr["ci_low"], hr["ci_high"]),
        p_value(hr["p_value"]),
        p_value(of("logrank_chi2").get("p_value")),
        p_value(of("proportionality_chi2").get("p_value")),
        f"{rounded(robust['ci_low'], 2)}–{rounded(robust['ci_high'], 2)}" if len(robust) else "–",
    ]
    return cells


def _printed_cells(printed: pd.DataFrame, endpoint: str) -> list[str]:
    if not len(printed):
        return []
    if endpoint not in printed.index:
        return ["no number printed", "–", "–"]
    row = printed.loc[endpoint]
    if pd.isna(row["estimate"]):
        return ["no number printed", "–", _issues(row)]
    operator = "" if row["p_operator"] == "=" or pd.isna(row["p_operator"]) else row["p_operator"]
    p = "–" if pd.isna(row["p_value"]) else f"{operator}{row['p_value']:g}"
    return [ratio(row["estimate"], row["ci_low"], row["ci_high"]), p, _issues(row)]


def _issues(row: pd.Series) -> str:
    return "–" if pd.isna(row["issue_id"]) else str(row["issue_id"]).replace(";", ", ")
