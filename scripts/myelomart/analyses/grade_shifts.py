"""Grades of laboratory tests before index and at their worst after it, in two arms.

Which tests, and on which days, are rows of the study (`followed_labs`); grades are CTCAE's.
"""

from __future__ import annotations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word
from myelomart.display.grouping import grouped
from myelomart.display.numbers import rounded
from myelomart.display.table import INDENT, Table
from myelomart.errors import NoData
from myelomart.population.comparison import compare
from myelomart.population.followed_labs import by_arm, followed_labs
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

GRADES = range(5)


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add how many went from each grade to each, per graded test and arm."""
    is_any = False
    comparison = compare(study, analysis, data)
    for rows, common in followed_labs(study, analysis, comparison, data):
        if rows[["grade_before", "worst_grade_after"]].isna().all(axis=None):
            continue  # a test without grades
        is_any = True
        for arm, is_own in by_arm(study, analysis, rows):
            _shifts(results, analysis, rows[is_own], common | {"arm": arm})
    if not is_any:
        raise NoData("none of the tests that the study follows has a grade in these persons")


def _shifts(results: Results, analysis, rows: pd.DataFrame, common: dict) -> None:
    """How many went from each grade to each; those of whom one grade is not known apart."""
    known = rows[["grade_before", "worst_grade_after"]].dropna().astype(int)
    for before in GRADES:
        own = known.loc[known["grade_before"] == before, "worst_grade_after"]
        for after in GRADES:
            results.add(
                analysis.output_id, "shift", row_label=_step(before, after), unit="persons",
                estimate=int((own == after).sum()), numerator=int((own == after).sum()),
                denominator=len(own), n_missing=len(rows) - len(known), **common,
            )  # fmt: skip


def _step(before: int, after: int) -> str:
    """As a label; a bare number in it would be taken for a count, and rounded."""
    return f"G{before} → G{after}"


def table(estimates: list, title: str) -> Table:
    """A row per test, arm and grade before; the columns are grades after."""
    rows: list[list[str]] = []
    for lab, of_lab in grouped(estimates, "row_group").items():
        rows.append([lab])
        for arm, own in grouped(of_lab, "arm").items():
            cells = grouped(own, "row_label")
            unknown = hidden_word(own[0]) or rounded(own[0].n_missing, 0)
            rows.append([arm, *[""] * len(GRADES), "", unknown])
            for before in GRADES:
                of_row = [cells[_step(before, after)][0] for after in GRADES]
                word = hidden_word(of_row[0])
                if of_row[0].denominator == 0 and not word:
                    continue  # nobody began with this grade
                shown = [hidden_word(one) or rounded(one.estimate, 0) for one in of_row]
                total = word or rounded(of_row[0].denominator, 0)
                rows.append([f"{INDENT}grade {before} before", *shown, total, ""])
    columns = ["", *(f"grade {grade} after" for grade in GRADES), "of", "not known"]
    note = (
        "After is the worst CTCAE grade of the window after index, before is the grade of the last "
        "tested day of the baseline. Not known: not tested at one of the times, or only a missing "
        "limit could tell. Who is tested more often has more chances of a worse grade."
    )
    return Table(title, columns, rows, note)


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: CTCAE grade before index against the worst after it, of the tests that the "
        "study follows; of those whose grades are known at both times"
    )


ANALYSIS = AnalysisType("grade_shifts", make, table, says)
