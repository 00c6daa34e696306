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
    centre, spread = design.matrix.mean(0), design.matrix.std(0)
    matrix = np.column_stack([np.ones(len(happened)), (design.matrix - centre) / spread])
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise StatisticsError("one covariate is determined by the others: leave it out")
    beta = np.zeros(matrix.shape[1])
    for _ in range(MAX_ITERATIONS):
        chance = 1 / (1 + np.exp(-matrix @ beta))
        information = (matrix * (chance * (1 - chance))[:, None]).T @ matrix
        try:
            step = np.linalg.solve(information, matrix.T @ (happened - chance))
        except np.linalg.LinAlgError:
            raise _runs_away(design.names, beta) from None
        beta = beta + step
        if np.abs(beta[1:]).max(initial=0) > STEEPEST_EFFECT:
            raise _runs_away(design.names, beta)
        if np.abs(step).max() < SHORT_STEP:
            break
    else:
        raise _runs_away(design.names, beta)
    variance = np.linalg.inv(information)[1:, 1:] / np.outer(spread, spread)
    return LogisticFit(
        design.names, beta[1:] / spread, variance, len(happened), int(happened.sum())
    )


def _runs_away(names, beta) -> StatisticsError:
    steepest = names[int(np.argmax(np.abs(beta[1:])))]
    return StatisticsError(
        f"column {steepest}: it tells those with the outcome from those without, so that its odds "
        "ratio runs to infinity: merge its categories or leave it out"
    )
