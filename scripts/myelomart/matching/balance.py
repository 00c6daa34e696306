"""Are the arms alike? Standardized differences, variance ratios, Kolmogorov-Smirnov, sample size.

Austin PC. Stat Med 2009;28:3083. The denominator of every standardized difference is the pooled
standard deviation before matching, √((s₁² + s₀²) / 2), so that a difference does not shrink or grow
because matching changed the spread. Treated minus control.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.columns import number_column
from myelomart.design import design_matrix
from myelomart.errors import StatisticsError
from myelomart.matching.propensity import treatment_flags
from myelomart.tables.standardized_differences import (
    ROUNDING,
    mean_difference,
    over_spread,
    proportion_difference,
    spread_of,
)

__all__ = [
    "balance_table",
    "effective_sample_size",
    "kolmogorov_smirnov",
    "mean_difference",
    "proportion_difference",
    "standardized_difference",
    "weighted_mean",
    "weighted_variance",
]


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean.

    >>> weighted_mean(np.array([1.0, 4.0]), np.array([2.0, 1.0]))
    2.0
    """
    return float(weights @ values / weights.sum())


def weighted_variance(values: np.ndarray, weights: np.ndarray) -> float:
    """Unbiased weighted variance; with equal weights the sample variance.

    >>> weighted_variance(np.array([1.0, 3.0, 5.0]), np.ones(3))
    4.0
    """
    total, squares = weights.sum(), weights @ weights
    centre = weights @ values / total
    return float(weights @ (values - centre) ** 2 / (total - squares / total))


def standardized_difference(
    values: ArrayLike,
    treatment: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    binary: bool = False,
) -> float:
    """Treated minus control mean of ``values`` (n,) over the unweighted pooled standard deviation.

    ``weights`` (n,) applies to the means. ``binary`` takes p(1-p) for the variance of a 0/1
    column, as tables of proportions do. Where neither arm varies it is 0 for one value in both and
    infinite for two.

    >>> standardized_difference([3, 5, 1, 3], [1, 1, 0, 0])
    1.414213562373095
    """
    numbers = number_column(values, "values")
    treated = treatment_flags(treatment, len(numbers))
    weight = np.ones(len(numbers)) if weights is None else np.asarray(weights, float)
    degrees = 0 if binary else 1
    variance = (
        spread_of(numbers[treated], degrees) ** 2 + spread_of(numbers[~treated], degrees) ** 2
    )
    difference = weighted_mean(numbers[treated], weight[treated]) - weighted_mean(
        numbers[~treated], weight[~treated]
    )
    if not variance and abs(difference) <= ROUNDING * np.abs(numbers).max():
        return 0.0
    return over_spread(difference, variance / 2)


def kolmogorov_smirnov(
    values: ArrayLike, treatment: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Largest gap between the (weighted) distribution functions of the two arms.

    >>> kolmogorov_smirnov([1, 2, 2, 3], [1, 1, 0, 0])
    0.5
    """
    numbers = number_column(values, "values")
    treated = treatment_flags(treatment, len(numbers))
    weight = np.ones(len(numbers)) if weights is None else np.asarray(weights, float)
    levels, index = np.unique(numbers, return_inverse=True)
    gap = np.zeros(len(levels))
    for arm, sign in ((treated, 1), (~treated, -1)):
        gap += sign * np.bincount(index[arm], weight[arm], len(levels)) / weight[arm].sum()
    return float(np.abs(np.cumsum(gap)).max())


def effective_sample_size(weights: ArrayLike) -> float:
    """Kish's (Σw)² / Σw²: the unweighted sample of equal precision.

    >>> effective_sample_size([1, 1, 2])
    2.6666666666666665
    """
    weight = np.asarray(weights, float)
    return float(weight.sum() ** 2 / (weight @ weight)) if len(weight) else 0.0


def balance_table(
    covariates: pd.DataFrame, treatment: ArrayLike, weights: ArrayLike | None = None
) -> pd.DataFrame:
    """One row per covariate and category: means, SMD, variance ratio and KS, before and after.

    ``weights`` (n,) come from :attr:`Matches.weights` or a weighting; 0 leaves a row out. A column
    that does not vary, or a level that nobody has, has a standardized difference of 0.

    >>> frame = pd.DataFrame({"age": [60, 70, 60, 80], "sex": list("fmfm")})
    >>> balance_table(frame, [1, 1, 0, 0])[["covariate", "smd_before"]].round(3).values.tolist()
    [['age', -0.447], ['sex[m]', 0.0]]
    """
    design = design_matrix(covariates, allow_constant=True)
    treated = treatment_flags(treatment, len(design.matrix))
    before = np.ones(len(treated))
    after = before if weights is None else np.asarray(weights, float)
    if not (after[treated].any() and after[~treated].any()):
        raise StatisticsError("no treated or no control row has any weight: nothing to compare")
    rows = []
    for name, column in zip(design.names, design.matrix.T, strict=True):
        row = {"covariate": name}
        for moment, weight in (("before", before), ("after", after)):
            row |= {
                f"mean_treated_{moment}": weighted_mean(column[treated], weight[treated]),
                f"mean_control_{moment}": weighted_mean(column[~treated], weight[~treated]),
                f"smd_{moment}": standardized_difference(column, treated, weights=weight),
                f"variance_ratio_{moment}": _variance_ratio(column, treated, weight),
                f"ks_{moment}": kolmogorov_smirnov(column, treated, weight),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _variance_ratio(column, treated, weight) -> float:
    """Treated over control variance; NaN when the controls do not vary."""
    used = weight > 0
    one, zero = used & treated, used & ~treated
    if one.sum() < 2 or zero.sum() < 2 or not spread_of(column[zero]):
        return float("nan")
    below = weighted_variance(column[zero], weight[zero])
    return weighted_variance(column[one], weight[one]) / below if below > 0 else float("nan")
