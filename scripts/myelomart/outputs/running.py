"""Runs a study: reads its rows, makes each analysis, says what those lack that cannot be made."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from myelomart.errors import MyelomartError
from myelomart.outputs import (
    attrition,
    baseline,
    cohort_table,
    cumulative_incidence,
    distribution,
    ever_treated,
    evidence_summary,
    hazard_ratios,
    line_table,
    prognostic_factors,
    response_bars,
    robustness,
    site_sets,
    subgroups,
    survival,
    survival_curves,
    swimmer,
    transitions,
)
from myelomart.outputs.comparison import StudyData
from myelomart.results import Results
from myelomart.study import Analysis, Study, study_frame

MAKERS: dict[str, Callable] = {
    "attrition": attrition.make,
    "baseline": baseline.make,
    "cohort_table": cohort_table.make,
    "cumulative_incidence": cumulative_incidence.make,
    "distribution": distribution.make,
    "ever_treated": ever_treated.make,
    "evidence_summary": evidence_summary.make,
    "hazard_ratios": hazard_ratios.make,
    "kaplan_meier": survival_curves.make,
    "line_table": line_table.make,
    "prognostic_factors": prognostic_factors.make,
    "response_bars": response_bars.make,
    "robustness": robustness.make,
    "site_sets": site_sets.make,
    "subgroups": subgroups.make,
    "survival": survival.make,
    "swimmer": swimmer.make,
    "transitions": transitions.make,
}
FLOW = "attrition"


def read_data(connection: duckdb.DuckDBPyConnection, study: Study) -> StudyData:
    """The study's rows of the `studies` schema, in a fixed order."""
    one = study.study_id
    return StudyData(
        population=study_frame(connection, "study_population", one, "cohort_id, person_id"),
        covariates=study_frame(
            connection, "study_covariates", one, "cohort_id, person_id, covariate_id"
        ),
        endpoints=study_frame(connection, "study_endpoints", one, "cohort_id, person_id, endpoint"),
        attrition=study_frame(connection, "study_attrition", one, "cohort_id, step"),
        testing=study_frame(connection, "study_testing", one, "cohort_id, person_id, endpoint"),
        published=study_frame(connection, "study_published", one, "row_id"),
        warnings=study_frame(connection, "study_warnings", one, "warning"),
        lines=study_frame(
            connection, "study_lines", one, "cohort_id, person_id, ordinal_after_index"
        ),
        strata=study_frame(connection, "study_strata", one, "stratum_id, cohort_id, person_id"),
        levels=study_frame(connection, "study_levels", None, "level_kind, sort_order, level"),
    )


def run_study(study: Study, data: StudyData) -> Results:
    """All outputs of ``study``; one that lacks its data says what is missing, the others go on.

    A study of which only the flow could be made has stopped, for the reason given first.
    """
    results = Results(study.study_id)
    results.warnings += list(data.warnings["warning"])
    for analysis in study.analyses:
        results.analysis_id = analysis.analysis_id
        try:
            MAKERS[analysis.analysis_type](study, analysis, data, results)
        except MyelomartError as error:
            _leave_out(analysis, error, results)
    results.analysis_id = None
    results.warnings = list(dict.fromkeys(results.warnings))
    made = [one for one in study.analyses if one.analysis_type != FLOW]
    if made and all(one.analysis_id in results.missing for one in made):
        results.stopped = results.missing[made[0].analysis_id]
    return results


def _leave_out(analysis: Analysis, error: MyelomartError, results: Results) -> None:
    """Drop what an analysis had made before it could not go on, and say what was missing."""
    said = str(error).rstrip(".") + "."
    results.missing[analysis.analysis_id] = said[0].upper() + said[1:]
    results.estimates = [
        one for one in results.estimates if one["analysis_id"] != analysis.analysis_id
    ]
    for name in results.own_figures(analysis.analysis_id):
        del results.figures[name], results.figure_of[name]
    results.add(analysis.output_id, "not_produced", row_label=analysis.title, status="no_data")
