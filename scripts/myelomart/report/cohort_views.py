"""Wide tables of one cohort: views of the long estimates, nothing is computed here."""

from __future__ import annotations

import pandas as pd

from myelomart.report.numbers import NOTHING, count_of, p_value, rounded
from myelomart.report.table import Table

DIGITS = 1


def cohort_table(estimates: pd.DataFrame, title: str) -> Table:
    """A row per characteristic or level, a column per group, p where groups are compared."""
    arms = _unique(estimates, "arm")
    has_p = estimates["p_test"].notna().any()
    rows: list[list[str]] = []
    for group, of_group in estimates.groupby("row_group", sort=False):
        rows.append([group])
        for label, own in of_group.groupby("row_label", sort=False):
            cells = [label] + [cell(own[own["arm"] == arm]) for arm in arms]
            rows.append(cells + ([_tested(own)] if has_p else []))
    columns = ["", *(_head(estimates, arm) for arm in arms), *(["p (test)"] if has_p else [])]
    return Table(title, columns, rows, _note(estimates))


def by_arm(estimates: pd.DataFrame, title: str, note: str = "") -> Table:
    """A row per label, a column per arm."""
    arms = _unique(estimates, "arm")
    rows: list[list[str]] = []
    for group, of_group in estimates.groupby("row_group", sort=False):
        rows.append([group])
        for label, own in of_group.groupby("row_label", sort=False):
            rows.append([label, *(cell(own[own["arm"] == arm]) for arm in arms)])
    return Table(title, ["", *arms], rows, note or _note(estimates))


def line_table(estimates: pd.DataFrame, title: str) -> Table:
    """A row per treatment group; used, response and deep response, for the first line and all."""
    arms = _unique(estimates, "arm")
    parts = {
        "percent_used": "used",
        "percent_response": "PR or better",
        "percent_deep_response": "VGPR or better",
    }
    main = estimates[estimates["statistic"].isin(parts)]
    rows: list[list[str]] = []
    for group, of_group in main.groupby("row_group", sort=False):
        rows.append([group])
        for label, own in of_group.groupby("row_label", sort=False):
            cells = [label]
            for arm in arms:
                for statistic in parts:
                    of_arm = own[(own["arm"] == arm) & (own["statistic"] == statistic)]
                    cells.append(cell(of_arm))
            rows.append(cells)
    others = estimates[~estimates["statistic"].isin(parts)]
    for group, of_group in others.groupby("row_group", sort=False):
        rows.append([group])
        for label, own in of_group.groupby("row_label", sort=False):
            rows.append([label, cell(own), *[""] * (len(arms) * len(parts) - 1)])
    columns = ["", *(f"{arm}: {word}" for arm in arms for word in parts.values())]
    note = (
        "n / N (%) [95 % CI, Wilson]. Used: of all lines. Responses: of the lines whose depth could "
        "be assessed."
    )
    return Table(title, columns, rows, note)


def flow_table(estimates: pd.DataFrame, title: str) -> Table:
    """A row per step of each cohort's flow: before, left, of these unknown, after."""
    rows: list[list[str]] = []
    for arm, of_arm in estimates.groupby("arm", sort=False):
        rows.append([arm])
        after = of_arm[of_arm["statistic"] == "persons_after"]
        left = of_arm[of_arm["statistic"] == "persons_excluded"]
        for one, gone in zip(after.itertuples(), left.itertuples(), strict=True):
            rows.append(
                [
                    one.row_label,
                    rounded(one.denominator, 0),
                    rounded(gone.estimate, 0),
                    rounded(gone.n_missing, 0),
                    rounded(one.estimate, 0),
                ]  # fmt: skip
            )
    columns = ["", "came to this step", "left here", "of these: not recorded", "stayed"]
    return Table(title, columns, rows)


def transition_table(estimates: pd.DataFrame, title: str) -> Table:
    """States before in rows, after in columns, counts with row percents; the tests below."""
    pairs = estimates[estimates["statistic"] == "percent"]
    starts = _unique(pairs, "arm")
    ends = _unique(pairs, "row_label")
    rows: list[list[str]] = []
    for start in starts:
        own = pairs[pairs["arm"] == start].set_index("row_label")
        size = rounded(own["denominator"].iloc[0], 0)
        cells = [count_of(own.loc[end, "numerator"], own.loc[end, "denominator"]) for end in ends]
        rows.append([f"{start} (n = {size})", *cells])
    tests = estimates[estimates["row_group"] == "Tests"]
    if len(tests):
        rows.append(["Tests"])
        for one in tests.itertuples():
            said = f"p = {p_value(one.p_value)}" if pd.notna(one.p_value) else "not estimable"
            test = one.p_test if pd.notna(one.p_test) else ""
            known = f"{rounded(one.denominator, 0)} known at both times"
            cells = [one.row_label, f"{said} ({test})", known]
            rows.append(cells + [""] * (len(ends) + 1 - len(cells)))
    columns = ["from", *(f"to {end.split(': ', 1)[-1]}" for end in ends)]
    columns += [""] * (3 - len(columns))
    return Table(
        title, columns, rows,
        "Count / persons in the state before (row %). Fisher: does the first state tell the second? "
        "McNemar: do more gain than lose it?",
    )  # fmt: skip


def cell(own: pd.DataFrame) -> str:
    """What a table prints of the estimates of one row and column."""
    if not len(own):
        return NOTHING
    of = {one.statistic: one for one in own.itertuples()}
    if "mean" in of:
        return _mean(of["mean"], of.get("sd"))
    if "median" in of:
        return _median(of["median"])
    percent = next((one for name, one in of.items() if name.startswith("percent")), None)
    if percent is not None:
        return _percent(percent)
    first = next(iter(of.values()))
    if pd.notna(first.numerator) and pd.notna(first.denominator) and first.denominator:
        return f"{rounded(first.numerator, 0)} / {rounded(first.denominator, 0)}"
    return rounded(first.estimate, 0)


def _percent(one) -> str:
    if one.status == "suppressed":
        return "suppressed"
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
    quartiles = f"{rounded(one.iqr_low, DIGITS)}–{rounded(one.iqr_high, DIGITS)}"
    span = f"{rounded(one.range_low, DIGITS)}–{rounded(one.range_high, DIGITS)}"
    return f"{rounded(one.estimate, DIGITS)} (IQR {quartiles}; {span}){_unknown(one)}"


def _unknown(one) -> str:
    return f", {rounded(one.n_missing, 0)} unknown" if one.n_missing > 0 else ""


def _tested(own: pd.DataFrame) -> str:
    tested = own[own["p_test"].notna()]
    if not len(tested):
        return ""
    first = tested.iloc[0]
    return (
        NOTHING if pd.isna(first["p_value"]) else f"{p_value(first['p_value'])} ({first['p_test']})"
    )


def _head(estimates: pd.DataFrame, arm: str) -> str:
    size = estimates[(estimates["row_group"] == "Size") & (estimates["arm"] == arm)]
    return f"{arm} (n = {rounded(size['estimate'].iloc[0], 0)})" if len(size) else arm


def _note(estimates: pd.DataFrame) -> str:
    words = []
    statistics = set(estimates["statistic"])
    if any(one.startswith("percent") for one in statistics):
        words.append("n / known (%) [95 % CI, Wilson]")
    if "median" in statistics:
        words.append("median (quartiles; range)")
    if "mean" in statistics:
        words.append("mean (standard deviation)")
    return "; ".join(words) + ("." if words else "")


def _unique(estimates: pd.DataFrame, column: str) -> list[str]:
    return list(dict.fromkeys(estimates[column].dropna()))
