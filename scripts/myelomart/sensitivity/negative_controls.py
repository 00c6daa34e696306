"""Empirical calibration by negative controls: outcomes that treatment cannot cause.

Schuemie MJ et al. Stat Med 2014;33:209 and PNAS 2018;115:2571. Estimates for negative controls
scatter around no effect by systematic error; a normal distribution is fitted to that error by
maximum likelihood, and estimates of interest are judged against it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.stats import norm

from myelomart.columns import number_column, refuse_rows
from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown

FEWEST_CONTROLS = 5


@dataclass(frozen=True)
class SystematicError(Shown):
    """Mean and standard deviation of the error on the log scale, from ``controls`` outcomes."""

    mean: float
    sd: float
    controls: int


def checked_controls(
    log_estimates: ArrayLike, standard_errors: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log ratios (k,) of negative controls and their standard errors (k,); refuses too few.

    >>> len(checked_controls([0.1, 0.2, -0.1, 0.3, 0.15], [0.1] * 5))
    2
    """
    effect = number_column(log_estimates, "log_estimates")
    se = number_column(standard_errors, "standard_errors")
    refuse_rows(se <= 0, "standard_errors", "are not above 0", "drop controls without an estimate")
    if len(effect) < FEWEST_CONTROLS:
        raise StatisticsError(
            f"{len(effect)} negative controls: calibration needs {FEWEST_CONTROLS} or more"
        )
    return effect, se


def fit_systematic_error(log_estimates: ArrayLike, standard_errors: ArrayLike) -> SystematicError:
    """Fit the error to log ratios (k,) of negative controls with standard errors (k,).

    >>> error = fit_systematic_error([0.1, 0.2, -0.1, 0.3, 0.15], [0.1] * 5)
    >>> round(error.mean, 3), error.controls
    (0.13, 5)
    """
    effect, se = checked_controls(log_estimates, standard_errors)

    def loss(at):
        return -norm.logpdf(effect, at[0], np.sqrt(se**2 + at[1] ** 2)).sum()

    starts = (np.std(effect), 0.01)
    found = min(
        (
            minimize(loss, [effect.mean(), start], method="Nelder-Mead", options=_PRECISE)
            for start in starts
        ),
        key=lambda result: result.fun,
    )
    return SystematicError(float(found.x[0]), abs(float(found.x[1])), len(effect))


_PRECISE = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000}


def calibrated_p(log_estimate: float, standard_error: float, error: SystematicError) -> float:
    """Two-sided p of no effect, given the systematic error.

    >>> round(calibrated_p(0.5, 0.2, SystematicError(0.1, 0.1, 10)), 3)
    0.074
    """
    spread = np.hypot(standard_error, error.sd)
    return float(2 * norm.sf(abs(log_estimate - error.mean) / spread))


def calibrated_estimate(
    log_estimate: float, standard_error: float, error: SystematicError, conf_level: float = 0.95
) -> tuple[float, float, float]:
    """Ratio and limits without the systematic error, assuming it does not grow with effect.

    >>> error = SystematicError(0.1, 0.1, 10)
    >>> [round(value, 3) for value in calibrated_estimate(0.5, 0.2, error)]
    [1.492, 0.962, 2.312]
    """
    centre = log_estimate - error.mean
    half = norm.ppf(0.5 + conf_level / 2) * np.hypot(standard_error, error.sd)
    return tuple(float(np.exp(centre + shift)) for shift in (0.0, -half, half))


def calibration_table(estimates: pd.DataFrame, error: SystematicError) -> pd.DataFrame:
    """Columns log_estimate and se in; hr, limits and p before and after calibration out.

    >>> estimates = pd.DataFrame({"log_estimate": [0.5], "se": [0.2]})
    >>> table = calibration_table(estimates, SystematicError(0.1, 0.1, 10))
    >>> table["calibrated_p"].round(3).tolist()
    [0.074]
    """
    rows = []
    for row in estimates.itertuples(index=False):
        ratio, low, high = calibrated_estimate(row.log_estimate, row.se, error)
        rows.append(
            {
                **row._asdict(),
                "p": float(2 * norm.sf(abs(row.log_estimate / row.se))),
                "calibrated_estimate": ratio,
                "calibrated_low": low,
                "calibrated_high": high,
                "calibrated_p": calibrated_p(row.log_estimate, row.se, error),
            }
        )
    return pd.DataFrame(rows)
