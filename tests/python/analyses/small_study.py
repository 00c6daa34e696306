"""Small studies made by hand: twelve persons, known by heart, for the analyses."""

import pandas as pd

from myelomart.study import Analysis, Covariate, Endpoint

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
    Endpoint("infection", "Infection", "Events", 1, None, True, None),
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
INFECTION = [(5, 1), (10, 1), (10, 1), (10, 2), (20, 0), (1, 1), (30, 1), (30, 0), (40, 2), (50, 0),
             (50, 0), (60, 0)]  # fmt: skip
INFECTED_BEFORE = {1, 6}  # persons whose infection before index leaves them out of this endpoint
LINES = [  # person, ordinal, from, to, group, engaging, response, evaluable
    (1, 1, 5, 100, "CAR T", True, "PR", True),
    (1, 2, 120, 200, "Venetoclax-based", False, None, False),
    (2, 1, 3, 60, "Bispecific", True, "VGPR", True),
    (3, 1, 8, 90, "Venetoclax-based", False, "SD", True),
    (4, 1, 2, 30, "Venetoclax-based", False, "PR", True),
    (4, 2, 40, 80, "Bispecific BCMA-directed", True, None, False),
]


def analysis(kind: str, **options) -> Analysis:
    return Analysis(
        f"the_{kind}", "OUT-1", f"The {kind}", kind, COHORT, None, "all", "none", None, None, None,
        None, **({"months_shown": "0;3;6;12"} | options),
    )  # fmt: skip
