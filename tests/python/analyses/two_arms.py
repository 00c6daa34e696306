"""Twelve persons in two arms, whose right answers can be had by hand.

Matched on sex alone, so that a score is the share of treated of that sex: 4 of 7 men, 2 of 5 women.
Nobody is within the caliper of the other sex, and equal scores go by row: the pairs are 1-7, 2-8,
3-9, 5-10 and 6-11; person 4 and person 12 stay alone.

    treated   1 man    2 man    3 man    4 man (alone)   5 woman   6 woman
    control   7 man    8 man    9 man                    10 woman  11 woman  12 woman (alone)
"""

import pandas as pd

from myelomart.study import Analysis, Cohort, Covariate, Endpoint, Study
from myelomart.study_data import StudyData

PERSONS = range(1, 13)
COHORTS = ["one"] * 6 + ["zero"] * 6
COVARIATES = (
    Covariate("sex", "Male", "Patients", "binary", True),
    Covariate(
        "thalidomide", "Thalidomide", "Patients", "binary", True
    ),  # of nobody: it is left out
    Covariate("age", "Age, years", "Patients", "number", False),
    Covariate("stage", "Stage", "Disease", "category", False),
)
VALUES = {
    "sex": [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0],
    "thalidomide": [0] * 12,
    "age": [50, None, 60, 100, 40, 50, 60, 60, 70, 50, 60, 60],
    "stage": ["I", "I", "II", "II", None, "I", "I", "II", "II", None, None, "II"],
}
SITES = [1, 1, 2, 2, 3, 3, 1, 1, 1, 2, 2, 2]
ENDPOINTS = (
    Endpoint("fever", "Fever", "Events", 1, 365, True, None),
    Endpoint("pneumonia", "Pneumonia", "Events", 1, 365, True, None),
    Endpoint("relapse", "Relapse", "Events", 1, 365, True, None),
    Endpoint("low_igg", "Low IgG", "Laboratory", 1, 365, True, "igg_test"),
)
PRIOR = True
FOLLOWED = {  # days and ending (1 event, 2 competing death) of persons 1 to 12, PRIOR where before
    "fever": [
        (10, 1), (20, 0), (20, 0), (10, 1), (20, 0), (20, 0),
        (3, 1, PRIOR), (10, 1), (5, 2), (20, 0), (20, 0), (10, 1),
    ],
    "pneumonia": [
        (2, 1, PRIOR), (4, 1, PRIOR), (9, 0, PRIOR), (30, 0), (7, 1), (30, 0),
        (30, 0), (30, 0), (7, 2), (30, 0), (30, 0), (30, 0),
    ],
    "relapse": [(50, 0)] * 8 + [(40, 2)] + [(50, 0)] * 3,
}  # fmt: skip
FOLLOWED["low_igg"] = FOLLOWED["fever"]
TESTED = {1: 3, 2: 1, 3: 2, 4: 1, 5: 4, 6: 2, 7: 0, 8: 2, 9: 0, 10: 0, 11: 0}  # nothing of 12
STRATUM = {1: True, 2: True, 5: True, 7: True, 8: True, 10: True, 9: None}  # the others are outside


def study() -> Study:
    cohorts = tuple(
        Cohort(name, arm, words, "index", 1, 0, None, None)
        for name, arm, words in (("one", "treated", "CAR-T"), ("zero", "comparator", "Others"))
    )
    return Study(
        "twelve",
        "Twelve",
        "?",
        "By hand",
        "None",
        cohorts,
        (),
        COVARIATES,
        ENDPOINTS,
        (),
        rule_set="default",
    )


def analysis(kind: str, **options) -> Analysis:
    usual = {
        "population": "matched", "adjustment": "none", "caliper": 0.2,
        "caliper_scale": "probability", "match_order": "smallest", "seed": 1,
    }  # fmt: skip
    return Analysis(f"the_{kind}", "OUT-2", f"The {kind}", kind, "one", "zero", **(usual | options))


def data() -> StudyData:
    who = pd.DataFrame({"cohort_id": COHORTS, "person_id": PERSONS})
    covariates = [
        who.assign(
            covariate_id=one.covariate_id,
            value_text=VALUES[one.covariate_id] if one.value_kind == "category" else None,
            value_number=None if one.value_kind == "category" else VALUES[one.covariate_id],
        )
        for one in COVARIATES
    ]
    endpoints = [
        who.assign(
            endpoint=name,
            time_days=[row[0] for row in rows],
            event=[row[1] for row in rows],
            had_prior_event=[PRIOR in row[2:] for row in rows],
        )
        for name, rows in FOLLOWED.items()
    ]
    tested = who[who["person_id"].isin(TESTED)]
    inside = [STRATUM.get(person, False) for person in PERSONS]
    return StudyData(
        population=who.assign(study_id="twelve", site_id=SITES),
        covariates=pd.concat(covariates, ignore_index=True),
        endpoints=pd.concat(endpoints, ignore_index=True),
        testing=tested.assign(
            endpoint="low_igg", tested_days=tested["person_id"].map(TESTED), followed_days=100
        ),
        strata=who.assign(
            stratum_id="early", label="Early", is_in_stratum=pd.array(inside, dtype="boolean")
        ),
        warnings=pd.DataFrame({"warning": []}),
    )
