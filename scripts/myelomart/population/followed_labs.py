"""The laboratory tests that a study follows, with their values in the persons who are compared."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from myelomart.errors import NoData
from myelomart.population.comparison import Comparison
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData


def followed_labs(
    study: Study, analysis: Analysis, comparison: Comparison, data: StudyData
) -> Iterator[tuple[pd.DataFrame, dict]]:
    """Of each test: its rows in the order of the persons, and what its estimates have in common."""
    if not study.followed_labs:
        raise NoData("the study has no rows of `followed_labs`: they name the tests to follow")
    keys = ["cohort_id", "person_id"]
    persons = comparison.compared[[*keys, "treated", "pair"]]
    for lab in study.followed_labs:
        own = data.lab_changes[data.lab_changes["lab"] == lab.lab]
        common = {
            "population": analysis.population, "row_group": lab.label, "endpoint": lab.lab,
            "timepoint_months": lab.horizon_months, "time_anchor": "index",
        }  # fmt: skip
        yield persons.merge(own, on=keys, how="left"), common


def by_arm(study: Study, analysis: Analysis, rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """The label of each arm, the treated first, and which of the rows are of it."""
    arms = study.arms_of(analysis)
    yield arms["arm"], rows["treated"]
    yield arms["comparator"], ~rows["treated"]
