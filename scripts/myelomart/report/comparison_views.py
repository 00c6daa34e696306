"""Wide tables of two arms: views of the long estimates, nothing is computed here."""

from __future__ import annotations

import pandas as pd

from myelomart.report.grouping import distinct, first, grouped
from myelomart.report.numbers import NOTHING, count_of, p_value, ratio, rounded
from myelomart.report.table import Table


def baseline_table(estimates: list, title: str) -> Table:
    """One row per covariate or level; per population both arms and their difference."""
    populations, arms = distinct(estimates, "population"), distinct(estimates, "arm")
    columns = ["", *(f"{arm}, {when}" for when in populations for arm in [*arms, "SMD"])]
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            at = grouped(own, "population", "arm")
            cells = [label]
            for population in populations:
                cells += [_baseline_cell(at.get((population, arm), [])) for arm in arms]
                smd = first(at.get((population, arms[0]), []), "standardized_difference")
                cells.append(NOTHING if smd is None else rounded(smd.estimate, 2))
            rows.append(cells)
    return Table(title, columns, rows, "n / known (%), or mean (SD); SMD: standardized difference.")


def _baseline_cell(own: list) -> str:
    if any(one.status == "suppressed" for one in own):
        return "suppressed"
    of = {one.statistic: one for one in own}
    if "mean" in of:
        mean, sd = of["mean"], of["sd"]
        unknown = f", {rounded(mean.n_missing, 0)} unknown" if mean.n_missing > 0 else ""
        return f"{rounded(mean.estimate, 1)} ({rounded(sd.estimate, 1)}){unknown}"
    if "percent" in of:
        return count_of(of["percent"].numerator, of["percent"].denominator)
    return rounded(of["count"].estimate, 0) if "count" in of else NOTHING


def hazard_ratio_table(estimates: list, published: pd.DataFrame, title: str) -> Table:
    """One row per endpoint: sizes, events, our ratio, its tests, and what was printed."""
    arms = distinct([one for one in estimates if one.statistic == "n"], "arm")
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
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for endpoint, own in grouped(of_group, "endpoint").items():
            rows.append(_ratio_row(own, arms) + _printed_cells(printed, endpoint))
    note = (
        "† not interpretable: one arm was tested more than twice as much. "
        "‡ no event in one arm: Firth's penalised estimate. "
        "Removed: persons with the outcome before."
    )
    return Table(title, columns, rows, note)


def _ratio_row(own: list, arms: list[str]) -> list[str]:
    at = grouped(own, "statistic", "arm")
    hr = first(own, "hazard_ratio")
    marks = {"not_interpretable": " †", "firth": " ‡"}
    cells = [own[0].row_label + marks.get(hr.status, "")]
    for arm in arms:
        events, n, removed = (
            at[(statistic, arm)][0] for statistic in ("events", "n", "removed_for_prior_outcome")
        )
        hidden = any(one.status == "suppressed" for one in (events, n, removed))
        counts = [rounded(one.estimate, 0) for one in (events, n, removed)]
        cells.append("suppressed" if hidden else f"{counts[0]} / {counts[1]} ({counts[2]})")
    if hr.status == "suppressed":
        return [*cells, "suppressed", *[NOTHING] * 4]
    robust = first(own, "hazard_ratio_pair_robust")
    cells += [
        ratio(hr.estimate, hr.ci_low, hr.ci_high),
        p_value(hr.p_value),
        _p(first(own, "logrank_chi2")),
        _p(first(own, "proportionality_chi2")),
        f"{rounded(robust.ci_low, 2)}–{rounded(robust.ci_high, 2)}" if robust else NOTHING,
    ]
    return cells


def _p(test) -> str:
    return NOTHING if test is None else p_value(test.p_value)


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
