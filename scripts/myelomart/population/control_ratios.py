"""The hazard ratios of a study's negative controls, and the systematic error that they show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from myelomart.estimates.ratios import Ratio, ratio_of_arms
from myelomart.population.comparison import endpoint_rows
from myelomart.sensitivity import ErrorPosterior, error_posterior
from myelomart.sensitivity.negative_controls import FEWEST_CONTROLS
from myelomart.study import Endpoint, Study
from myelomart.study_data import StudyData

Z_95 = norm.ppf(0.975)


def controls_of(study: Study) -> list[Endpoint]:
    """The endpoints that no treatment of the study can cause."""
    return [one for one in study.endpoints if one.negative_control_reason]


def free_rows(persons: pd.DataFrame, data: StudyData, endpoint: Endpoint) -> pd.DataFrame:
    """``persons`` who did not have the endpoint before."""
    rows = endpoint_rows(persons, data, endpoint)
    return rows[~rows["had_prior_event"].astype(bool)]


def wald_ratio(rows: pd.DataFrame) -> Ratio | None:
    """Cox's ratio; None where an arm has no event: its likelihood is no parabola."""
    event, treated = (rows["event"] == 1).to_numpy(), rows["treated"].to_numpy(bool)
    time = rows["time_days"].to_numpy(float)
    return ratio_of_arms(time, event, treated, penalised=False)[0]


def log_and_error(found: Ratio | None) -> tuple[float, float]:
    """The logarithm of a ratio and its standard error; NaN without one."""
    if found is None:
        return np.nan, np.nan
    return np.log(found.estimate), np.log(found.ci_high / found.ci_low) / (2 * Z_95)


def systematic_error(study: Study, persons: pd.DataFrame, data: StudyData) -> ErrorPosterior | None:
    """The error of the controls among ``persons``; None where too few have a ratio."""
    found = [log_and_error(wald_ratio(free_rows(persons, data, one))) for one in controls_of(study)]
    known = np.array([one for one in found if np.isfinite(one[1])])
    return error_posterior(*known.T) if len(known) >= FEWEST_CONTROLS else None
