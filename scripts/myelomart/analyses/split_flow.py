"""All members of a cohort, and the parts that one covariate makes of them, as boxes of a flow.

The table is that of the cohort; the boxes hold the groups that the analysis names.
"""

from __future__ import annotations

import pandas as pd

from myelomart.analyses import cohort_table
from myelomart.analysis_type import AnalysisType, Words
from myelomart.figures.flow import split_chart
from myelomart.population.comparison import UNKNOWN
from myelomart.population.members import EVERYONE, labels_of, members
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add the rows of the cohort's table, and a chart per category among its covariates."""
    cohort_table.make(study, analysis, data, results)
    persons = members(study, analysis, data)
    groups = pd.Series(EVERYONE, index=persons.index)
    if analysis.group_covariate_id:
        named = labels_of(study.covariate(analysis.group_covariate_id), persons)
        groups = named.astype(object).fillna(UNKNOWN)
    label = study.cohort(analysis.treated_cohort_id).label
    for one in study.covariates_of(analysis):
        if one.value_kind != "category":
            continue
        levels = labels_of(one, persons).astype(object).fillna(UNKNOWN)
        order = sorted(levels.unique(), key=lambda level: (level == UNKNOWN, level))
        parts = [
            (level[:1].upper() + level[1:], _counts(groups[levels == level])) for level in order
        ]
        results.add_figure(
            f"{analysis.output_id}_{one.covariate_id}",
            split_chart((label, _counts(groups)), parts, f"{analysis.title}: {one.label}"),
        )


def _counts(groups: pd.Series) -> dict[str, int]:
    return {name: int(count) for name, count in groups.value_counts().sort_index().items()}


def says(words: Words) -> str:
    """The method in words."""
    return cohort_table.ANALYSIS.says(words)


ANALYSIS = AnalysisType(
    "split_flow", make, cohort_table.ANALYSIS.table, says, ours=cohort_table.ANALYSIS.ours
)
