"""Best response as stacked bars: of those whose response could be assessed."""

from __future__ import annotations

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.by_arm import table_by_arm
from myelomart.errors import NoData
from myelomart.estimates.proportions import add_percent
from myelomart.figures.bars import stacked_bars
from myelomart.population.levels import in_order, level_rows
from myelomart.population.members import EVERYONE, arms_of, labels_of, members
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add each response, and response or better, per group, with those not assessed counted."""
    persons = members(study, analysis, data)
    one = study.covariate(analysis.outcome_covariate_id)
    columns = {EVERYONE: persons}
    if analysis.group_covariate_id:
        columns |= arms_of(study, analysis, persons, results)
    known_levels = level_rows(data, "response")
    levels = in_order(labels_of(one, persons).dropna().unique(), known_levels)
    common = {"row_group": one.label, "endpoint": one.covariate_id, "time_anchor": "index"}
    bars = []
    for arm, rows in columns.items():
        own = labels_of(one, rows)
        known = own.dropna()
        shared = common | {"population": "all", "arm": arm, "n_missing": len(own) - len(known)}
        for level in levels:
            add_percent(
                results, analysis.output_id, int((known == level).sum()), len(known),
                row_label=level, **shared,
            )  # fmt: skip
        better = []
        for level in known_levels.loc[known_levels["is_response"].astype(bool), "level"]:
            better.append(level)
            if len(better) > 1:
                add_percent(
                    results, analysis.output_id, int(known.isin(better).sum()), len(known),
                    row_label=f"{level} or better", **shared,
                )  # fmt: skip
        for label, count in (("assessed", len(known)), ("not assessed", len(own) - len(known))):
            results.add(
                analysis.output_id, "count", estimate=count, row_label=label, numerator=count,
                denominator=len(own), population="all", arm=arm, **common,
            )  # fmt: skip
        if len(known):
            counts = [int((known == level).sum()) for level in levels]
            bars.append((f"{arm} (n = {len(known)})", counts))
    if not bars:
        raise NoData(f"«{one.label}» could be assessed in none of {len(persons)} persons")
    results.add_figure(
        f"{analysis.output_id}_responses", stacked_bars(bars, levels, analysis.title)
    )


def says(words: Words) -> str:
    """The method in words."""
    said = f"{words.of}: {words.to} among those assessed, with Wilson intervals"
    return f"{said}; by {words.by}" if words.by else said


ANALYSIS = AnalysisType("response_bars", make, table_by_arm, says)
