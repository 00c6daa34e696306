"""Logistic regression by maximum likelihood, as R's ``glm(family = binomial)``: odds ratios."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.design import design_matrix
from myelomart.errors import StatisticsError

MAX_ITERATIONS = 30
SHORT_STEP = 1e-9
FLAT = 1e-8  # of the likelihood: a rise below it is none (R's glm.control)
STEEPEST_EFFECT = 15.0  # log odds ratio per standard deviation that no data can support


@dataclass(frozen=True)
class LogisticFit:
    """Coefficients (p,) on the log odds, the intercept left out; their model-based variance."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    variance: np.ndarray  # (p, p)
    n: int
    events: int

    def table(self, conf_level: float = 0.95) -> pd.DataFrame:
        """One row per term: term, coef, se, odds_ratio, ci_low, ci_high, p (Wald)."""
        se = np.sqrt(np.diag(self.variance))
        half = norm.ppf(0.5 + conf_level / 2) * se
        return pd.DataFrame(
            {
                "term": self.names,
                "coef": self.coefficients,
                "se": se,
                "odds_ratio": np.exp(self.coefficients),
                "ci_low": np.exp(self.coefficients - half),
                "ci_high": np.exp(self.coefficients + half),
                "p": 2 * norm.sf(np.abs(self.coefficients / se)),
            }
        )


def logistic_regression(outcome: ArrayLike, covariates: pd.DataFrame) -> LogisticFit:
    """Fit ``outcome`` (n,) 0/1 on ``covariates`` (n, c).

    Raises ``StatisticsError`` when all or none have the outcome, on constant or collinear
    covariates, and when an odds ratio runs to infinity.

    >>> frame = pd.DataFrame({"age": [60, 71, 66, 58, 75, 69, 62, 64]})
    >>> fit = logistic_regression([1, 0, 1, 1, 0, 0, 0, 1], frame)
    >>> fit.table()["odds_ratio"].round(3).tolist()
    [0.678]
    """
    happened = np.asarray(outcome, dtype=float)
    if happened.min(initial=1) == happened.max(initial=0) or len(set(happened)) < 2:
        raise StatisticsError(f"all {len(happened)} rows have the same outcome: nothing to model")
    design = design_matrix(covariates)
    matrix, _, spread = standardized(design.matrix)
    beta, information = likelihood_maximum(
        np.column_stack([np.ones(len(happened)), matrix]), happened, ("intercept", *design.names)
    )
    variance = np.linalg.inv(information)[1:, 1:] / np.outer(spread, spread)
    return LogisticFit(
        design.names, beta[1:] / spread, variance, len(happened), int(happened.sum())
    )


def standardized(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns (n, p) less their mean, in standard deviations; the means and the deviations (p,).

    >>> standardized(np.array([[1.0], [3.0]]))[0].tolist()
    [[-1.0], [1.0]]
    """
    centre, spread = matrix.mean(0), matrix.std(0)
    return (matrix - centre) / spread, centre, spread


def likelihood_maximum(
    matrix: np.ndarray,
    happened: np.ndarray,
    names: tuple[str, ...],
    weights: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (p,) and information (p, p) of ``happened`` (n,) on a whole matrix (n, p).

    ``matrix`` has its own intercept, or indicators that make one; its columns are of one scale.
    ``weights`` (n,) multiply the likelihood of a row. ``start`` (p,), for a bootstrap, is
    where Newton's steps begin; then they end where the likelihood does not rise any more, as R's
    ``glm`` does, even if a level in which no row of the sample has the outcome has no maximum.

    >>> beta, _ = likelihood_maximum(np.ones((4, 1)), np.array([1.0, 0, 0, 0]), ("intercept",))
    >>> beta.round(3).tolist()
    [-1.099]
    """
    weight = np.ones(len(happened)) if weights is None else weights
    if start is None and np.linalg.matrix_rank(matrix[weight > 0]) < matrix.shape[1]:
        raise StatisticsError("one covariate is determined by the others: leave it out")
    beta = np.zeros(matrix.shape[1]) if start is None else start
    reached = -np.inf
    for _ in range(MAX_ITERATIONS):
        chance = 1 / (1 + np.exp(-matrix @ beta))
        information = (matrix * (weight * chance * (1 - chance))[:, None]).T @ matrix
        try:
            step = np.linalg.solve(information, matrix.T @ (weight * (happened - chance)))
        except np.linalg.LinAlgError:
            raise _runs_away(names, beta) from None
        beta = beta + step
        if not np.abs(beta).max(initial=0) <= STEEPEST_EFFECT:
            raise _runs_away(names, beta)
        if np.abs(step).max() < SHORT_STEP:
            return beta, information
        if start is not None:
            likelihood = weight @ np.log(np.where(happened > 0, chance, 1 - chance))
            if likelihood - reached < FLAT * (abs(likelihood) + 0.1):
                return beta, information
            reached = likelihood
    raise _runs_away(names, beta)


def _runs_away(names, beta) -> StatisticsError:
    steepest = names[int(np.nanargmax(np.abs(beta)))]
    return StatisticsError(
        f"column {steepest}: it tells those with the outcome from those without, so that its odds "
        "ratio runs to infinity: merge its categories or leave it out"
    )
