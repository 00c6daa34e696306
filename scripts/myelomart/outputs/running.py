"""Runs a study: reads its rows, makes each analysis, stops with a sentence when nobody is left."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from myelomart.errors import MyelomartError
from myelomart.outputs import attrition, baseline, hazard_ratios, survival_curves
from myelomart.outputs.comparison import StudyData
from myelomart.results import Results
from myelomart.study import Study, study_frame

MAKERS: dict[str, Callable] = {
    "attrition": attrition.make,
    "baseline": baseline.make,
    "hazard_ratios": hazard_ratios.make,
    "kaplan_meier": survival_curves.make,
}


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
    )


def run_study(study: Study, data: StudyData) -> Results:
    """All outputs of ``study``; the flow is always there, even when nobody reaches the end."""
    results = Results(study.study_id)
    results.warnings += list(data.warnings["warning"])
    for analysis in study.analyses:
        try:
            MAKERS[analysis.analysis_type](study, analysis, data, results)
        except MyelomartError as error:
            results.stopped = str(error)
            break
    return results
