"""Small studies made by hand: twelve persons, known by heart, for the makers of outputs."""

import pandas as pd
import pytest

from myelomart.outputs.comparison import StudyData
from myelomart.results import Results
from myelomart.study import Analysis, Cohort, Covariate, Endpoint, Study

COHORT = "relapsed"
COVARIATES = (
    Covariate("age", "Age, years", "Patients", "number", False),
    Covariate("high_risk", "High risk", "Disease", "binary", False),
    Covariate("stage", "ISS stage", "Disease", "category", False),
    Covariate("emd_before", "EMD before", "EMD", "binary", False),
    Covariate("emd_after", "EMD after", "EMD", "binary", False),
    Covariate("best_response", "Best response", "Response", "category", False),
    Covariate("cells", "Naive cells, %", "Cells", "number", False),
)
ENDPOINTS = (
    Endpoint("os", "Overall survival", "Survival", 1, None, False, None),
    Endpoint("relapse", "Relapse", "Survival", 1, None, False, None),
    Endpoint("transplant", "Transplant", "Treatment", 1, None, False, None),
)
VALUES = pd.DataFrame(
    {
        "age": [60, 50, 66, 54, 70, 52, 58, 64, 56, 68, 62, None],
        "high_risk": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, None],
        "stage": ["I", "I", "II", "II", "II", "III", "III", "III", "III", "I", "II", None],
        "emd_before": [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "emd_after": [1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, None],
        "best_response": ["CR", "CR", "sCR", "VGPR", *["PR"] * 3, "SD", "SD", "PD", None, None],
        "cells": [None] * 12,
    }
)  # fmt: skip
# months of a twelfth of a year; 1 event, 2 competing event
OS = [(30, 1), (60, 1), (90, 1), (120, 0), (150, 1), (180, 0), (210, 1), (240, 0), (365, 0),
      (400, 1), (500, 0), (600, 0)]  # fmt: skip
RELAPSE = [(20, 1), (40, 2), (60, 1), (80, 0), (100, 1), (120, 2), (140, 0), (160, 1), (200, 0),
           (220, 0), (300, 2), (400, 0)]  # fmt: skip
TRANSPLANT = [(30, 0), (50, 1), (90, 0), (60, 1), (150, 0), (180, 0), (100, 1), (240, 0), (365, 0),
              (70, 1), (500, 0), (600, 0)]  # fmt: skip
LINES = [  # person, ordinal, from, to, group, engaging, response, evaluable
    (1, 1, 5, 100, "CAR T", True, "PR", True),
    (1, 2, 120, 200, "Venetoclax-based", False, None, False),
    (2, 1, 3, 60, "Bispecific", True, "VGPR", True),
    (3, 1, 8, 90, "Venetoclax-based", False, "SD", True),
    (4, 1, 2, 30, "Venetoclax-based", False, "PR", True),
    (4, 2, 40, 80, "Bispecific", True, None, False),
]


def analysis(kind: str, **options) -> Analysis:
    return Analysis(
        f"the_{kind}", "OUT-1", f"The {kind}", kind, COHORT, None, "all", "none", None, None, None,
        None, **({"months_shown": "0;3;6;12"} | options),
    )  # fmt: skip


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
            "event": event, "had_prior_event": False,
        }
        for name, rows in (("os", OS), ("relapse", RELAPSE), ("transplant", TRANSPLANT))
        for person, (days, event) in zip(persons, rows, strict=True)
    ]  # fmt: skip
    names = ("person_id", "ordinal_after_index", "start_day", "end_day", "therapy_group_salvage",
             "is_t_cell_engaging", "best_response", "is_evaluable")  # fmt: skip
    levels = [
        ("response", "sCR", -6, True, True), ("response", "CR", -5, True, True),
        ("response", "VGPR", -4, True, True), ("response", "PR", -3, True, False),
        ("response", "SD", -1, False, False), ("response", "PD", 0, False, False),
        ("salvage", "CAR T", 2, None, None), ("salvage", "Bispecific", 4, None, None),
        ("salvage", "Venetoclax-based", 11, None, None),
    ]  # fmt: skip
    level_names = ["level_kind", "level", "sort_order", "is_response", "is_deep_response"]
    published = ["result_origin", "statistic", "endpoint"]
    return StudyData(
        population, pd.DataFrame(covariates).convert_dtypes(convert_string=False),
        pd.DataFrame(endpoints), pd.DataFrame(), pd.DataFrame(), pd.DataFrame(columns=published),
        pd.DataFrame({"warning": []}),
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
