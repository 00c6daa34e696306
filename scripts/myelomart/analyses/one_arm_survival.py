"""Survival of one cohort, whole or by group: medians, rates, follow-up, log-rank."""

from __future__ import annotations

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.curve_words import figure_name, figure_title, frame_of
from myelomart.display.survival_table import survival_table
from myelomart.estimates.curves import add_logrank, add_survival
from myelomart.figures.survival_plot import survival_panel, tested_words
from myelomart.population.members import arms_of, followed, members, warn_of_no_event
from myelomart.population.published_curves import in_words, published_curves
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add a curve per group, medians, rates at the months shown and follow-up, per endpoint."""
    persons = members(study, analysis, data)
    arms = arms_of(study, analysis, persons, results)
    for endpoint in study.endpoints_of(analysis):
        rows = followed(persons, data, endpoint)
        warn_of_no_event(rows, endpoint, analysis.output_id, results)
        drawn = {}
        for label, arm in arms.items():
            own = rows[rows.index.isin(arm.index)]
            if not len(own):
                results.warnings.append(
                    f"{analysis.output_id}: nobody in «{label}» is followed for {endpoint.label}."
                )
                continue
            drawn[label] = add_survival(analysis, endpoint, label, own, results)
        for label, printed in published_curves(analysis, endpoint).items():
            drawn[label] = add_survival(analysis, endpoint, label, printed, results)
        p = add_logrank(analysis, endpoint, rows, arms, results)
        frame = frame_of(study, analysis, endpoint, data, tested_words("Log-rank", p))
        results.add_panel(
            figure_name(study, analysis, endpoint),
            survival_panel(drawn, frame, analysis.months), figure_title(study, analysis, endpoint),
        )  # fmt: skip


def says(words: Words) -> str:
    """The method in words."""
    said = (
        f"{words.of}: Kaplan-Meier estimate with log-log intervals; follow-up by the reverse "
        f"Kaplan-Meier method{in_words(words.row)}{words.left_out}"
    )
    return f"{said}; compared by {words.by}: log-rank test" if words.by else said


ANALYSIS = AnalysisType("survival", make, survival_table, says, is_gallery=True)
