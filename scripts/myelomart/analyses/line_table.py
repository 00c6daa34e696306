"""Treatments after index and how they were answered: the first line, and all lines.

Responses are of the lines whose depth could be assessed; the others count as used.
"""

from __future__ import annotations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import cell
from myelomart.display.grouping import distinct, grouped
from myelomart.display.printed import ours
from myelomart.display.table import INDENT, Table
from myelomart.errors import NoData
from myelomart.estimates.proportions import add_percent
from myelomart.population.levels import in_order, level_rows
from myelomart.population.lines import LEVELS, lines_of
from myelomart.population.members import members
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

ENGAGING = "T-cell-engaging (CAR-T or bispecific)"
OF_THESE = "of these"
ALL_GROUPS = "All treatment groups"
ASSESSED = "Lines that could be assessed"
ARMS = ("First line", "All lines")
USES = {"regimen_used": "percent_used", "orr": "percent_response",
        "vgpr_or_better": "percent_deep_response"}  # fmt: skip
PATIENTS = "received_"  # so begin the printed endpoints that count patients, not lines


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add lines used, responses and deep responses per group, for the first line and for all."""
    persons = members(study, analysis, data)
    lines = lines_of(analysis, data)
    if not len(lines):
        raise NoData(f"none of {len(persons)} persons began a line of therapy after index")
    responses = level_rows(data, "response")
    answered = {
        "response": set(responses.loc[responses["is_response"].astype(bool), "level"]),
        "deep_response": set(responses.loc[responses["is_deep_response"].astype(bool), "level"]),
    }
    table_rows = _table_rows(lines, level_rows(data, LEVELS))
    for arm, own in zip(ARMS, (lines[lines["ordinal_after_index"] == 1], lines), strict=True):
        for row_group, label, is_in in table_rows:
            part = own[is_in.reindex(own.index)]
            common = {"population": "all", "row_group": row_group, "row_label": label, "arm": arm,
                      "time_anchor": "index"}  # fmt: skip
            add_percent(results, analysis.output_id, len(part), len(own), "percent_used", **common)
            known = part[part["is_evaluable"].astype(bool)]
            for statistic, levels in answered.items():
                add_percent(
                    results, analysis.output_id, int(known["best_response"].isin(levels).sum()),
                    len(known), f"percent_{statistic}",
                    n_missing=len(part) - len(known), **common,
                )  # fmt: skip
            if own is lines:  # of first lines each is a patient
                add_percent(
                    results, analysis.output_id, part["person_id"].nunique(), len(persons),
                    "percent_patients", **common,
                )  # fmt: skip
        assessed = int(own["is_evaluable"].sum())
        results.add(
            analysis.output_id, "count", row_group=ASSESSED, row_label=ASSESSED, arm=arm,
            population="all", time_anchor="index", estimate=assessed, numerator=assessed,
            denominator=len(own), unit="lines",
        )  # fmt: skip
    _three_grains(analysis, lines, answered["response"], results)


def _table_rows(lines: pd.DataFrame, known: pd.DataFrame) -> list[tuple[str, str, pd.Series]]:
    """Block, label and the lines of each row: every group, used or not, its parts below it."""
    part_of = known.set_index("level")["part_of"]
    found = []
    for group in in_order({*known["level"], *lines["group"]}, known):
        whole = part_of.get(group)
        is_part = isinstance(whole, str) and whole != ""
        inside = {group, *part_of.index[part_of == group]}
        label = f"{OF_THESE}: {group}" if is_part else group
        found.append(("Treatment groups", label, lines["group"].isin(inside)))
    found.append(("Across groups", ENGAGING, lines["is_t_cell_engaging"].astype(bool)))
    found.append(("Across groups", ALL_GROUPS, pd.Series(True, index=lines.index)))
    return found


def _three_grains(analysis, lines: pd.DataFrame, response: set, results) -> None:
    """T-cell-engaging therapy by patient, by line, and by line that could be assessed."""
    own = lines[lines["is_t_cell_engaging"].astype(bool)]
    known = own[own["is_evaluable"].astype(bool)]
    best = known[known["best_response"].isin(response)]["person_id"].nunique()
    common = {"population": "all", "row_group": "T-cell-engaging therapy, three counts",
              "arm": ARMS[1], "time_anchor": "index"}  # fmt: skip
    add_percent(results, analysis.output_id, best, known["person_id"].nunique(),
                row_label="Patients with a response to any such line, of those assessed",
                **common)  # fmt: skip
    results.add(analysis.output_id, "count", row_label="Such lines", estimate=len(own),
                unit="lines", **common)  # fmt: skip
    results.add(analysis.output_id, "count", row_label="Such lines that could be assessed",
                estimate=len(known), unit="lines", **common)  # fmt: skip


def table(estimates: list, title: str) -> Table:
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
            shown = INDENT + label.removeprefix(f"{OF_THESE}: ") if OF_THESE in label else label
            rows.append([shown, *(cell(at.get(column, [])) for column in columns)])
    others = [one for one in estimates if one.statistic not in parts]
    for group, of_group in grouped(others, "row_group").items():
        rows.append([group])
        for (label, arm), own in grouped(of_group, "row_label", "arm").items():
            name = arm if label == group else label
            rows.append([name, cell(own), *[""] * (len(columns) - 1)])
    note = (
        "n / N (%) [95 % CI, Wilson]. Patients: those with such a line, of all. Used: such "
        "lines, of all lines. "
        "Responses: of the lines whose response could be assessed. The groups are "
        "mutually exclusive: a line counts under the first group that applies, in the "
        "order of the rows of therapy_groups (seeds/clinical_rules), so that a transplant "
        "within a line of CAR-T counts as CAR-T."
    )
    heads = ["", *(f"{arm}: {parts[statistic]}" for arm, statistic in columns)]
    return Table(title, heads, rows, note)


def as_counted(one, rows: list) -> str:
    """Our value of a printed one, which counts lines or, where it says so, patients."""
    if str(one.endpoint).startswith(PATIENTS):
        return ours(one, rows, ("percent_patients",))
    return ours(one, rows, (USES.get(one.endpoint, "percent_used"), "count"))


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: lines of therapy after index by treatment group; responses in the lines that "
        "could be assessed, with Wilson intervals"
    )


ANALYSIS = AnalysisType("line_table", make, table, says, ours=as_counted)
