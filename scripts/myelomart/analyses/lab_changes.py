"""Laboratory values and grades before and after index in two arms, and how their changes differ.

Which tests, and on which days, are rows of the study (`followed_labs`).
"""

from __future__ import annotations

import pandas as pd

from myelomart.analyses.effects import difference_of
from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word
from myelomart.display.grouping import grouped
from myelomart.display.numbers import NOTHING, count_of, p_value, rounded, tested, with_limits
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.change import difference_of_changes
from myelomart.estimates.proportions import add_percent
from myelomart.estimates.spread import mean_of, median_of
from myelomart.population.comparison import Comparison, compare
from myelomart.population.followed_labs import by_arm, followed_labs
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData
from myelomart.tables import compare_categories, miettinen_nurminen

BEFORE, AFTER, CHANGE = "Before, median", "Last after, median", "Mean change"
VALUES = {BEFORE: "value_before", AFTER: "last_value_after"}
WORSE = {"Worse by a grade or more": "is_worse", "Severe after, not before": "became_severe"}


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add medians before and after, mean changes, who got worse, and how the arms differ."""
    comparison = compare(study, analysis, data)
    arms = study.arms_of(analysis)
    for rows, common in followed_labs(study, analysis, comparison, data):
        change = rows["last_value_after"] - rows["value_before"]
        for arm, is_own in by_arm(study, analysis, rows):
            for label, column in VALUES.items():
                _add(results, analysis, "median", label, arm, rows.loc[is_own, column], common)
            _add(results, analysis, "mean_change", CHANGE, arm, change[is_own], common)
        _difference(results, analysis, rows, comparison, common | arms)
        for label, column in WORSE.items():
            if rows[column].notna().any():
                _worse(study, results, analysis, rows, column, common | {"row_label": label})


def _add(results: Results, analysis, statistic, label, arm, values: pd.Series, common) -> None:
    known = values.dropna()
    told = median_of(known) if statistic == "median" else mean_of(known)
    results.add(
        analysis.output_id, statistic, row_label=label, arm=arm, denominator=len(known),
        n_missing=len(values) - len(known), status=None if len(known) else "no_data",
        **told, **common,
    )  # fmt: skip


def _difference(results, analysis, rows, comparison: Comparison, common) -> None:
    """Treated less control at the same value before, of those who have both values."""
    known = rows[["value_before", "last_value_after"]].notna().all(axis=1)
    own = rows[known]
    pair = own["pair"].to_numpy() if analysis.population == "matched" else None
    held = None
    if analysis.adjustment == "covariates":
        held = comparison.covariates.loc[comparison.compared.index][known.to_numpy()]
    common |= {"row_label": CHANGE, "denominator": len(own), "n_missing": int((~known).sum())}
    try:
        found = difference_of_changes(
            own["value_before"].to_numpy(), own["last_value_after"].to_numpy(),
            own["treated"].to_numpy(bool), pair, held,
        )  # fmt: skip
    except StatisticsError:
        status = "not_estimable" if len(own) else "no_data"
        results.add(analysis.output_id, "difference_in_change", status=status, **common)
        return
    results.add(analysis.output_id, "difference_in_change", **found.values(), **common)


def _worse(study: Study, results: Results, analysis, rows: pd.DataFrame, column, common) -> None:
    """The share that got worse in each arm, and the difference of the shares."""
    counts = []
    for arm, is_own in by_arm(study, analysis, rows):
        values = rows.loc[is_own, column]
        known = values.dropna().astype(bool)
        counts += [int(known.sum()), len(known)]
        missing = len(values) - len(known)
        add_percent(results, analysis.output_id, *counts[-2:], arm=arm, n_missing=missing, **common)
    events, size, events_other, size_other = counts
    if not (size and size_other):
        return
    known = rows.dropna(subset=[column])
    test = compare_categories(known[column].astype(bool), known["treated"])
    low, high = miettinen_nurminen(*counts)
    results.add(
        analysis.output_id, "risk_difference", estimate=events / size - events_other / size_other,
        ci_low=low, ci_high=high, p_value=test.p, p_test=test.test, denominator=size + size_other,
        **common, **study.arms_of(analysis),
    )  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """A block per test: before, after and change in each arm, and the difference of the changes."""
    arm = next((one.arm for one in estimates if one.arm), "")
    other = next((one.comparator for one in estimates if one.comparator), "")
    rows: list[list[str]] = []
    for lab, of_lab in grouped(estimates, "row_group").items():
        rows.append([lab])
        digits = _digits(of_lab)
        for label, own in grouped(of_lab, "row_label").items():
            of_arm = grouped([one for one in own if not one.comparator], "arm")
            gap = next((one for one in own if one.comparator), None)
            cells = [_value(of_arm.get(name, []), digits) for name in (arm, other)]
            rows.append([label, *cells, *_gap(gap, digits)])
    columns = ["", arm, other, "difference (95 % CI)", "p"]
    note = (
        "Median (quartiles) and mean (95 % CI) of those with a value, whose number follows. Before "
        "is the last tested day of the baseline, after the last of the window; the change is of "
        "those who have both. The difference is that of the changes at the same value before "
        "(analysis of covariance), in those who were tested; who died or was not tested after "
        "is not in it. Worse and severe: the worst CTCAE grade of the window against that of the "
        "baseline, n of those whose grades are known (Miettinen and Nurminen's limits)."
    )
    return Table(title, columns, rows, note)


def _digits(own: list) -> int:
    """So many decimals that a typical value has three figures."""
    typical = max((abs(one.estimate) for one in own if one.statistic == "median"), default=0)
    return 0 if typical >= 100 else 1 if typical >= 10 else 2


def _value(own: list, digits: int) -> str:
    one = own[0] if own else None
    if one is None or one.status == "no_data":
        return NOTHING
    if hidden_word(one):
        return hidden_word(one)
    if one.statistic == "percent":
        return count_of(one.numerator, one.denominator)
    if one.statistic == "median":
        low, high = rounded(one.iqr_low, digits), rounded(one.iqr_high, digits)
        said = f"{rounded(one.estimate, digits)} ({low}–{high})"
    else:
        said = with_limits(one.estimate, one.ci_low, one.ci_high, digits).replace("-", "−")
    return f"{said}, n = {rounded(one.denominator, 0)}"


def _gap(one, digits: int) -> list[str]:
    if one is None:
        return ["", ""]
    if hidden_word(one) or one.status:
        return [hidden_word(one) or NOTHING, NOTHING]
    if one.statistic == "risk_difference":
        said = f"{difference_of(one, 100, 1)} % points"
        return [said, tested(one.p_value, one.p_test)]
    return [difference_of(one, 1, digits), p_value(one.p_value)]


def says(words: Words) -> str:
    """The method in words."""
    robust = "to pairs" if words.row.population == "matched" else "to unequal spread"
    return (
        f"{words.of}: medians of the tests that the study follows, before and after index, the "
        "mean change in each arm, and the difference of the changes by analysis of covariance on "
        f"the value before, its variance robust {robust}; the share whose CTCAE grade got worse or "
        "became severe; of those tested at both times"
    )


ANALYSIS = AnalysisType("lab_changes", make, table, says)
