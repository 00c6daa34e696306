"""The small study of small_study.py as fixtures, for the analyses."""

import pandas as pd
import pytest
from small_study import (
    COHORT,
    COVARIATES,
    ENDPOINTS,
    INFECTED_BEFORE,
    INFECTION,
    LINES,
    OS,
    RELAPSE,
    TRANSPLANT,
    VALUES,
    analysis,
)

from myelomart.results import Results
from myelomart.study import Cohort, Study
from myelomart.study_data import StudyData


@pytest.fixture
def study() -> Study:
    cohort = Cohort(COHORT, "single", "Relapsed", "progression", 1, 0, None, None)
    return Study(
        "made_up", "Made up", "What?", "By hand", "None", (cohort,), (), COVARIATES, ENDPOINTS, ()
    )


@pytest.fixture
def data() -> StudyData:
    persons = range(1, 13)
    population = pd.DataFrame({"study_id": "made_up", "cohort_id": COHORT, "person_id": persons})
    covariates = [
        {
            "cohort_id": COHORT, "person_id": person, "covariate_id": one.covariate_id,
            "value_text": value if one.value_kind == "category" else None,
            "value_number": None if one.value_kind == "category" else value,
        }
        for one in COVARIATES
        for person, value in zip(persons, VALUES[one.covariate_id], strict=True)
    ]  # fmt: skip
    endpoints = [
        {
            "cohort_id": COHORT, "person_id": person, "endpoint": name, "time_days": days,
            "event": event,
            "had_prior_event": name == "infection" and person in INFECTED_BEFORE,
        }
        for name, rows in (("os", OS), ("relapse", RELAPSE), ("transplant", TRANSPLANT),
                           ("infection", INFECTION))
        for person, (days, event) in zip(persons, rows, strict=True)
    ]  # fmt: skip
    names = ("person_id", "ordinal_after_index", "start_day", "end_day", "therapy_group_salvage",
             "is_t_cell_engaging", "best_response", "is_evaluable")  # fmt: skip
    levels = [
        ("response", "sCR", -6, None, True, True), ("response", "CR", -5, None, True, True),
        ("response", "VGPR", -4, None, True, True), ("response", "PR", -3, None, True, False),
        ("response", "SD", -1, None, False, False), ("response", "PD", 0, None, False, False),
        ("salvage", "Auto-SCT", 2, None, None, None),
        ("salvage", "Bispecific", 4, None, None, None),
        ("salvage", "Bispecific BCMA-directed", 5, "Bispecific", None, None),
        ("salvage", "CAR T", 7, None, None, None),
        ("salvage", "Venetoclax-based", 11, None, None, None),
    ]  # fmt: skip
    level_names = ["level_kind", "level", "sort_order", "part_of", "is_response",
                   "is_deep_response"]  # fmt: skip
    published = ["result_origin", "statistic", "endpoint"]
    return StudyData(
        population=population,
        covariates=pd.DataFrame(covariates).convert_dtypes(convert_string=False),
        endpoints=pd.DataFrame(endpoints), published=pd.DataFrame(columns=published),
        lines=pd.DataFrame(LINES, columns=names).assign(cohort_id=COHORT),
        levels=pd.DataFrame(levels, columns=level_names),
    )  # fmt: skip


@pytest.fixture
def make(study, data):
    """Make one analysis of the study; returns its results."""

    def made(module, kind: str, **options) -> Results:
        results = Results("made_up")
        one = analysis(kind, **options)
        results.analysis_id = one.analysis_id
        module.make(study, one, data, results)
        return results

    return made
