"""How two arms differ in the change of a number: analysis of covariance on the value before.

Vickers AJ, Altman DG. BMJ 2001;323:1123. The difference of values after, at the same value before,
is that of the changes. Its variance is robust to unequal spread, or to pairs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from myelomart.design import design_matrix
from myelomart.errors import StatisticsError
from myelomart.estimates.ratios import Ratio

ROBUST, PAIRED = "ancova, robust", "ancova, robust to pairs"


def difference_of_changes(
    before: np.ndarray,
    after: np.ndarray,
    treated: np.ndarray,
    pair: np.ndarray | None = None,
    covariates: pd.DataFrame | None = None,
    conf_level: float = 0.95,
) -> Ratio:
    """The treated less the control at the same value before, in the unit of the values (n,).

    ``pair`` (n,) says who belongs together; ``covariates`` (n, c) are held equal too. The variance
    is the sandwich with (n − 1)/(n − p) · G/(G − 1), the limits Student's with G − 1 degrees, of G
    pairs or rows; as R's ``sandwich::vcovCL(lm(after ~ treated + before))``.
    Raises ``StatisticsError`` when an arm has fewer than two persons, or nothing varies.

    >>> before, after = np.array([3.0, 2, 4, 3, 2, 5]), np.array([2.0, 1, 2, 3, 2, 4])
    >>> round(difference_of_changes(before, after, np.array([1, 1, 1, 0, 0, 0], bool)).estimate, 3)
    -1.125
    """
    treated = np.asarray(treated, dtype=bool)
    if min(treated.sum(), (~treated).sum()) < 2:
        raise StatisticsError("a difference of changes needs two persons in each arm")
    columns = [np.ones(len(treated)), treated, before]
    if covariates is not None:
        columns += list(design_matrix(covariates).matrix.T)
    matrix = np.column_stack(columns).astype(float)
    n, p = matrix.shape
    if n <= p or np.linalg.matrix_rank(matrix) < p:
        raise StatisticsError("the values before do not vary, or a covariate tells the arms apart")
    bread = np.linalg.inv(matrix.T @ matrix)
    beta = bread @ matrix.T @ after
    scores = matrix * (after - matrix @ beta)[:, None]
    groups = np.arange(n) if pair is None else pd.factorize(pair)[0]
    summed = np.zeros((groups.max() + 1, p))
    np.add.at(summed, groups, scores)
    count = len(summed)
    factor = (n - 1) / (n - p) * count / (count - 1)
    se = float(np.sqrt(factor * (bread @ (summed.T @ summed) @ bread)[1, 1]))
    if not se > 0:
        raise StatisticsError("the values after do not vary")
    half = student.ppf(0.5 + conf_level / 2, count - 1) * se
    test = 2 * student.sf(abs(beta[1]) / se, count - 1)
    name = ROBUST if pair is None else PAIRED
    return Ratio(float(beta[1]), beta[1] - half, beta[1] + half, float(test), name)
