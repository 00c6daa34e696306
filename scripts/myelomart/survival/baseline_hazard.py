"""Cumulative baseline hazard and survival curves adjusted to given covariates, after a Cox fit.

As R's ``survfit(coxph)``: the hazard follows the ties of the fit (Efron or Breslow), and the
standard error of the cumulative hazard adds that of the coefficients (Tsiatis AA. Ann Stat 1981;
9:93). One curve per stratum.
"""

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.survival.cox import CoxFit
from myelomart.survival.kaplan_meier import confidence_limits


def adjusted_curves(
    fit: CoxFit, covariates: dict[str, float] | None = None, *, conf_type: str = "log-log"
) -> pd.DataFrame:
    """Expected survival at one set of values: stratum, time, cumulative_hazard, se, survival.

    ``covariates`` maps each term of ``fit.names`` to a value; None takes the means of the data.
    ``se`` is that of the cumulative hazard, by the model-based variance.

    >>> from myelomart.survival import cox_regression
    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> fit = cox_regression(time, event, frame)
    >>> adjusted_curves(fit, {"arm": 1})["survival"].head(2).round(3).tolist()
    [0.945, 0.887]
    """
    means = fit.sets.means
    values = means
    if covariates is not None:
        unknown = [name for name in fit.names if name not in covariates]
        if unknown:
            raise StatisticsError(f"no value given for {', '.join(unknown)}: name every term")
        values = np.array([float(covariates[name]) for name in fit.names])
    sets, sums = fit.sets, fit.sums
    # risks were shifted within each stratum: undo the shift to get hazards at the means
    raw = sets.matrix[sets.stratum_starts] @ fit.coefficients
    shift = (raw - sums.eta[sets.stratum_starts])[_stratum_positions(sets)]
    relative = np.exp((values - means) @ fit.coefficients - shift)
    per_square = sums.hazard / sums.denominator
    hazard = np.add.reduceat(sums.hazard, sets.tie_starts) * relative
    spread = np.add.reduceat(per_square, sets.tie_starts) * relative**2
    mean = (
        sums.risk_total[sets.event_cell]
        - sets.tie_fraction[:, None] * (sums.death_total[sets.event_cell])
    )
    mean = np.add.reduceat(per_square[:, None] * mean, sets.tie_starts, axis=0)
    drift = mean - np.add.reduceat(sums.hazard, sets.tie_starts)[:, None] * (values - means)
    drift = drift * relative[:, None]
    pieces = []
    edges = np.append(sets.cell_starts, sets.cells)
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        path = np.cumsum(drift[first:last], axis=0)
        variance = np.cumsum(spread[first:last])
        variance = variance + np.einsum("tp,pq,tq->t", path, fit.variance, path)
        cumulative = np.cumsum(hazard[first:last])
        survival, se = np.exp(-cumulative), np.sqrt(variance)
        low, high = confidence_limits(survival, se, conf_type, fit.conf_level)
        pieces.append(
            pd.DataFrame(
                {
                    "stratum": sets.cell_stratum[first:last],
                    "time": sets.cell_time[first:last],
                    "cumulative_hazard": cumulative,
                    "se": se,
                    "survival": survival,
                    "ci_low": low,
                    "ci_high": high,
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def baseline_hazard(fit: CoxFit) -> pd.DataFrame:
    """Cumulative hazard with every covariate at zero: stratum, time, cumulative_hazard.

    >>> from myelomart.survival import cox_regression
    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> fit = cox_regression(time, event, frame)
    >>> baseline_hazard(fit)["cumulative_hazard"].head(2).round(3).tolist()
    [0.11, 0.235]
    """
    zero = dict.fromkeys(fit.names, 0.0)
    return adjusted_curves(fit, zero)[["stratum", "time", "cumulative_hazard"]]


def _stratum_positions(sets) -> np.ndarray:
    """Position of each cell's stratum among those with events (m,)."""
    return np.unique(sets.cell_stratum, return_inverse=True)[1]
