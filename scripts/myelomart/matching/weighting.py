"""Weighting by the propensity score, and effects with robust variance.

Inverse probability (Robins JM et al. Epidemiology 2000;11:550), overlap (Li F et al. J Am Stat
Assoc 2018;113:390) and entropy balancing (Hainmueller J. Polit Anal 2012;20:25). Weights are scaled
so that each arm's add up to its size. The variance of an effect comes from a sandwich with each row
its own cluster: as if the weights were known, which is conservative for the effect in everyone.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.stats import norm

from myelomart.columns import number_column
from myelomart.design import design_matrix
from myelomart.errors import StatisticsError
from myelomart.matching.balance import effective_sample_size, weighted_mean
from myelomart.matching.propensity import treatment_flags
from myelomart.results_shown import Shown
from myelomart.survival.cox import CoxFit, cox_regression

ESTIMANDS = ("ate", "att", "overlap")


@dataclass(frozen=True)
class Weighting(Shown):
    """Weights (n,), what population they stand for, and the sample each arm is worth."""

    weights: np.ndarray
    estimand: str
    effective_treated: float
    effective_control: float
    largest: float


def inverse_probability_weights(
    score: ArrayLike, treatment: ArrayLike, *, estimand: str = "ate", trim: float | None = None
) -> Weighting:
    """Weights from a propensity score (n,): "ate" everyone, "att" the treated, "overlap".

    ``trim`` (say 0.01) caps the weights of each arm at that quantile from the top.

    >>> inverse_probability_weights([0.5, 0.8, 0.5, 0.2], [1, 1, 0, 0]).weights.round(3).tolist()
    [1.231, 0.769, 1.231, 0.769]
    """
    if estimand not in ESTIMANDS:
        raise StatisticsError(f"estimand {estimand!r} is unknown: use {', '.join(ESTIMANDS)}")
    chance = number_column(score, "score")
    treated = treatment_flags(treatment, len(chance))
    if ((chance <= 0) | (chance >= 1)).any():
        raise StatisticsError(
            "column score: scores of 0 or 1 have no inverse: the arms do not overlap"
        )
    if estimand == "ate":
        weight = np.where(treated, 1 / chance, 1 / (1 - chance))
    elif estimand == "att":
        weight = np.where(treated, 1.0, chance / (1 - chance))
    else:
        weight = np.where(treated, 1 - chance, chance)
    if trim is not None:
        for arm in (treated, ~treated):
            weight[arm] = np.minimum(weight[arm], np.quantile(weight[arm], 1 - trim))
    return _weighting(weight, treated, estimand)


def entropy_weights(treatment: ArrayLike, covariates: pd.DataFrame) -> Weighting:
    """Control weights closest to equal that give the controls the means of the treated exactly.

    >>> frame = pd.DataFrame({"age": [70, 72, 60, 70, 80]})
    >>> weighting = entropy_weights([1, 1, 0, 0, 0], frame)
    >>> round(weighted_mean(frame["age"].to_numpy()[2:], weighting.weights[2:]), 6)
    71.0
    """
    treated = treatment_flags(treatment, len(covariates))
    matrix = design_matrix(covariates).matrix
    scale = matrix.std(0)
    gap = (matrix[~treated] - matrix[treated].mean(0)) / scale

    def dual(at):
        power = gap @ at
        top = power.max()
        part = np.exp(power - top)
        return top + np.log(part.sum()), gap.T @ part / part.sum()

    found = minimize(dual, np.zeros(gap.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-10})
    power = gap @ found.x
    weight = np.ones(len(treated))
    weight[~treated] = np.exp(power - power.max())
    left = np.abs(gap.T @ weight[~treated] / weight[~treated].sum()).max()
    if left > 1e-6:
        raise StatisticsError(
            f"no weights of the {int((~treated).sum())} controls reach the means of the treated: "
            "the arms do not overlap in some covariate"
        )
    return _weighting(weight, treated, "att")


def weighted_risk_difference(
    outcome: ArrayLike, treatment: ArrayLike, weights: ArrayLike, conf_level: float = 0.95
) -> dict[str, float]:
    """Difference of weighted proportions with robust variance: estimate, se, ci_low, ci_high, p.

    >>> weighted_risk_difference([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1])["estimate"]
    0.5
    """
    values = number_column(outcome, "outcome")
    treated = treatment_flags(treatment, len(values))
    weight = number_column(weights, "weights")
    means, variance = [], 0.0
    for arm in (treated, ~treated):
        centre = weighted_mean(values[arm], weight[arm])
        variance += float((weight[arm] ** 2 @ (values[arm] - centre) ** 2) / weight[arm].sum() ** 2)
        means.append(centre)
    estimate, se = means[0] - means[1], float(np.sqrt(variance))
    half = norm.ppf(0.5 + conf_level / 2) * se
    p = float(2 * norm.sf(abs(estimate) / se)) if se else float("nan")
    return {
        "estimate": estimate,
        "se": se,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "p": p,
    }


def weighted_hazard_ratio(
    time: ArrayLike, event: ArrayLike, treatment: ArrayLike, weights: ArrayLike, **options: object
) -> CoxFit:
    """Cox model of treatment alone with these weights and the robust variance.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> fit = weighted_hazard_ratio(time, event, [0] * 6 + [1] * 6, [1.0] * 12)
    >>> fit.hazard_ratio.round(3).tolist()
    [0.509]
    """
    arm = pd.DataFrame({"treatment": np.asarray(treatment, dtype=float)})
    return cox_regression(time, event, arm, weights=weights, robust=True, **options)


def _weighting(weight, treated, estimand) -> Weighting:
    """Scale the weights of each arm to its size, and sum them up."""
    weight = weight.astype(float)
    for arm in (treated, ~treated):
        weight[arm] *= arm.sum() / weight[arm].sum()
    return Weighting(
        weight,
        estimand,
        effective_sample_size(weight[treated]),
        effective_sample_size(weight[~treated]),
        float(weight.max()),
    )
