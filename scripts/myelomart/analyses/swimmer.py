"""Lines of therapy after index as lanes: one lane a person, nobody named, months rounded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.by_arm import table_by_arm
from myelomart.errors import NoData
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.estimates.spread import median_of
from myelomart.figures.line_flow import line_flow
from myelomart.figures.swimmer import swimmer
from myelomart.population.levels import in_order, level_rows
from myelomart.population.lines import LEVELS, lines_of
from myelomart.population.members import followed, members
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

MOST_LANES = 80  # more are a carpet; those shown are spread evenly over the lengths


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add how many lines and months there are, and draw the lanes by length."""
    persons = members(study, analysis, data)
    endpoint = study.endpoints_of(analysis)[0]
    rows = followed(persons, data, endpoint)
    lines = lines_of(analysis, data)
    lines = lines[lines["person_id"].isin(rows["person_id"])]
    if not len(lines):
        raise NoData(f"none of {len(persons)} persons began a line of therapy after index")
    lanes = _lanes(rows, lines)
    counted = lines.groupby("person_id")["ordinal_after_index"].max()
    counted = counted.reindex(rows["person_id"], fill_value=0)
    common = {"population": "all", "arm": "All", "row_group": "Lines after index",
              "time_anchor": "index", "denominator": len(rows)}  # fmt: skip
    results.add(
        analysis.output_id, "median", row_label="Lines per person", unit="lines",
        **median_of(counted), **common,
    )  # fmt: skip
    results.add(
        analysis.output_id, "count", row_label="Lines in all", estimate=len(lines), unit="lines",
        **common,
    )  # fmt: skip
    results.add(
        analysis.output_id, "count", row_label="Persons shown", estimate=len(lanes),
        unit="persons", **common,
    )  # fmt: skip
    groups = in_order(lines["group"].unique(), level_rows(data, LEVELS))
    results.add_figure(
        f"{analysis.output_id}_swimmer",
        swimmer(lanes, groups, endpoint.label, f"{analysis.title}: {len(lanes)} of "
                f"{len(rows)} persons"),
    )  # fmt: skip
    results.add_figure(
        f"{analysis.output_id}_lines",
        line_flow(_regimens(lines), groups, f"{analysis.title}: from each to the next"),
    )


def _regimens(lines: pd.DataFrame) -> list[list[str]]:
    """The groups of each person's lines, in order; the persons' own order is not kept."""
    ordered = lines.sort_values(["person_id", "ordinal_after_index"])
    return sorted(list(own) for _, own in ordered.groupby("person_id")["group"])


def _lanes(rows: pd.DataFrame, lines: pd.DataFrame) -> list[dict]:
    """Length, ending and bars of each lane, longest first, in whole months.

    The order within equal lengths is that of the bars themselves: it tells nothing of the source's.
    """
    ordered = rows.sort_values(["time_days", "person_id"], ascending=[False, True])
    if len(ordered) > MOST_LANES:
        kept = np.unique(np.linspace(0, len(ordered) - 1, MOST_LANES).round().astype(int))
        ordered = ordered.iloc[kept]
    own = lines[lines["person_id"].isin(ordered["person_id"])].sort_values("start_day")
    start = (own["start_day"] // DAYS_PER_MONTH).astype(int)
    end = np.ceil(own["end_day"].fillna(own["start_day"]).astype(float) / DAYS_PER_MONTH)
    end = np.maximum(end.astype(int), start + 1)
    bars: dict = {person: [] for person in ordered["person_id"]}
    for person, first, last, group in zip(own["person_id"], start, end, own["group"], strict=True):
        bars[person].append((int(first), int(last), group))
    lanes = [
        {
            "months": int(np.ceil(row.time_days / DAYS_PER_MONTH)),
            "ended": bool(row.event == 1),
            "bars": bars[row.person_id],
        }
        for row in ordered.itertuples()
    ]
    for lane in lanes:
        edge = lane["months"]
        lane["bars"] = [(a, min(b, edge), group) for a, b, group in lane["bars"] if a < edge]
    return sorted(lanes, key=lambda lane: (-lane["months"], lane["bars"], lane["ended"]))


def says(words: Words) -> str:
    """The method in words."""
    return f"{words.of}: one lane per person, unnamed, in months rounded up"


ANALYSIS = AnalysisType("swimmer", make, table_by_arm, says)
