"""Wide tables of one cohort: views of the long estimates, nothing is computed here."""

from __future__ import annotations

import pandas as pd

from myelomart.report.grouping import distinct, grouped
from myelomart.report.numbers import NOTHING, count_of, rounded, tested
from myelomart.report.table import Table

DIGITS = 1


def cohort_table(estimates: list, title: str) -> Table:
    """A row per characteristic or level, a column per group, p where groups are compared."""
    arms = distinct(estimates, "arm")
    has_p = any(one.p_test for one in estimates)
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            of_arm = grouped(own, "arm")
            cells = [label] + [cell(of_arm.get(arm, [])) for arm in arms]
            rows.append(cells + ([_tested(own)] if has_p else []))
    columns = ["", *(_head(estimates, arm) for arm in arms), *(["p (test)"] if has_p else [])]
    return Table(title, columns, rows, _note(estimates))


def by_arm(estimates: list, title: str) -> Table:
    """A row per label, a column per arm, p where groups are compared."""
    arms = distinct(estimates, "arm")
    has_p = any(one.p_test for one in estimates)
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            of_arm = grouped(own, "arm")
            cells = [label, *(cell(of_arm.get(arm, [])) for arm in arms)]
            rows.append(cells + ([_tested(own)] if has_p else []))
    return Table(title, ["", *arms, *(["p (test)"] if has_p else [])], rows, _note(estimates))


def line_table(estimates: list, title: str) -> Table:
    """A row per treatment group; used, response and deep response, for the first line and all."""
    arms = distinct(estimates, "arm")
    parts = {
        "percent_patients": "patients",
        "percent_used": "used",
        "percent_response": "PR or better",
        "percent_deep_response": "VGPR or better",
    }
    main = [one for one in estimates if one.statistic in parts]
    columns = [
        (arm, statistic)
        for arm in arms for statistic in parts
        if any(one.arm == arm and one.statistic == statistic for one in main)
    ]  # fmt: skip
    rows: list[list[str]] = []
    for group, of_group in grouped(main, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            at = grouped(own, "arm", "statistic")
            rows.append([label, *(cell(at.get(column, [])) for column in columns)])
    others = [one for one in estimates if one.statistic not in parts]
    for group, of_group in grouped(others, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            rows.append([label, cell(own), *[""] * (len(columns) - 1)])
    note = (
        "n / N (%) [95 % CI, Wilson]. Patients: with such a line, of all. Used: of all lines. "
        "Responses: of the lines whose depth could be assessed."
    )
    heads = ["", *(f"{arm}: {parts[statistic]}" for arm, statistic in columns)]
    return Table(title, heads, rows, note)


def flow_table(estimates: list, title: str) -> Table:
    """A row per step of each cohort's flow: before, left, of these unknown, after."""
    rows: list[list[str]] = []
    for arm, of_arm in grouped(estimates, "arm").items():
        rows.append([arm])
        after = [one for one in of_arm if one.statistic == "persons_after"]
        left = [one for one in of_arm if one.statistic == "persons_excluded"]
        for one, gone in zip(after, left, strict=True):
            cells = [one.denominator, gone.estimate, gone.n_missing, one.estimate]
            rows.append([one.row_label, *(rounded(value, 0) for value in cells)])
        for one in of_arm:
            if one.statistic == "persons_known":
                rows.append([f"of these, {one.row_label}", NOTHING, NOTHING, NOTHING, cell([one])])
    columns = ["", "came to this step", "left here", "of these: not recorded", "stayed"]
    return Table(title, columns, rows)


def transition_table(estimates: list, title: str) -> Table:
    """States before in rows, after in columns, counts with row percents; the tests below."""
    pairs = [one for one in estimates if one.statistic == "percent"]
    ends = distinct(pairs, "row_label")
    rows: list[list[str]] = []
    for start, own in grouped(pairs, "arm").items():
        at = {one.row_label: one for one in own}
        cells = [cell([at[end]]) if end in at else NOTHING for end in ends]
        rows.append([f"{start} (n = {rounded(own[0].denominator, 0)})", *cells])
    tests = [one for one in estimates if one.row_group == "Tests"]
    if tests:
        rows.append(["Tests"])
    for one in tests:
        p = tested(one.p_value, one.p_test)
        said = "not estimable" if pd.isna(one.p_value) else f"p {p if p[0] == '<' else f'= {p}'}"
        cells = [one.row_label, said, f"{rounded(one.denominator, 0)} known at both times"]
        rows.append(cells + [""] * (len(ends) + 1 - len(cells)))
    columns = ["from", *(f"to {end.split(': ', 1)[-1]}" for end in ends)]
    columns += [""] * (3 - len(columns))
    note = (
        "Count / persons in the state before (row %) [95 % CI, Wilson]. Fisher: does the first "
        "state tell the second? McNemar: do more gain than lose it?"
    )
    return Table(title, columns, rows, note)


def cell(own: list) -> str:
    """What a table prints of the estimates of one row and column."""
    if not own:
        return NOTHING
    if all(one.status == "suppressed" for one in own):
        return "suppressed"
    of = {one.statistic: one for one in own}
    if "mean" in of:
        return _mean(of["mean"], of.get("sd"))
    if "median" in of:
        return _median(of["median"])
    percent = next((one for one in own if one.unit == "%"), None)
    if percent is not None:
        return _percent(percent)
    one = own[0]
    if pd.notna(one.numerator) and pd.notna(one.denominator) and one.denominator:
        return f"{rounded(one.numerator, 0)} / {rounded(one.denominator, 0)}"
    return rounded(one.estimate, 0)


def _percent(one) -> str:
    if not one.denominator:
        return "none known"
    shown = count_of(one.numerator, one.denominator)
    if pd.isna(one.ci_low):
        return shown
    return f"{shown} [{rounded(one.ci_low, 0)}–{rounded(one.ci_high, 0)}]"


def _mean(mean, sd) -> str:
    if pd.isna(mean.estimate):
        return "none known"
    spread = rounded(sd.estimate, DIGITS) if sd is not None else NOTHING
    return f"{rounded(mean.estimate, DIGITS)} ({spread}){_unknown(mean)}"


def _median(one) -> str:
    if pd.isna(one.estimate):
        return "none known"
    spread = f"IQR {rounded(one.iqr_low, DIGITS)}–{rounded(one.iqr_high, DIGITS)}"
    if pd.notna(one.range_low):
        spread += f"; {rounded(one.range_low, DIGITS)}–{rounded(one.range_high, DIGITS)}"
    return f"{rounded(one.estimate, DIGITS)} ({spread}){_unknown(one)}"


def _unknown(one) -> str:
    return f", {rounded(one.n_missing, 0)} unknown" if one.n_missing > 0 else ""


def _tested(own: list) -> str:
    one = next((one for one in own if one.p_test), None)
    if one is None:
        return ""
    return NOTHING if pd.isna(one.p_value) else tested(one.p_value, one.p_test)


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
