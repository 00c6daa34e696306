"""Optimal pair matching: the least total distance among all matchings of the most pairs.

The reference that greedy matching is measured against (Rosenbaum PR. J Am Stat Assoc 1989;84:1024),
by scipy's assignment solver. It needs the whole distance matrix, so it is for up to a few thousand
rows.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from myelomart.columns import number_column
from myelomart.errors import StatisticsError
from myelomart.matching.nearest import (
    Matches,
    check_choices,
    on_scale,
    pooled_sd,
    stratum_codes,
)
from myelomart.matching.propensity import treatment_flags

MOST_CELLS = 50_000_000  # 400 MB of distances


def match_optimal(
    score: ArrayLike,
    treatment: ArrayLike,
    *,
    caliper: float | None = 0.2,
    scale: str = "logit",
    exact: pd.DataFrame | ArrayLike | None = None,
) -> Matches:
    """As :func:`match_nearest` 1:1 without replacement, but with the least total distance.

    >>> matched = match_optimal([0.5, 0.6, 0.55, 0.4], [1, 1, 0, 0], caliper=None)
    >>> matched.treated.tolist(), matched.control.tolist()
    ([0, 1], [3, 2])
    """
    check_choices(scale, caliper)
    values = number_column(score, "score")
    treated = treatment_flags(treatment, len(values))
    values = on_scale(values, scale)
    limit = np.inf if caliper is None else caliper * pooled_sd(values, treated)
    rows, controls = np.flatnonzero(treated), np.flatnonzero(~treated)
    if len(rows) * len(controls) > MOST_CELLS:
        raise StatisticsError(
            f"{len(rows)} treated by {len(controls)} controls: optimal matching holds every "
            "distance, use nearest-neighbour matching for so many"
        )
    distance = np.abs(values[rows][:, None] - values[controls][None, :])
    stratum = stratum_codes(exact, len(values))
    allowed = (distance <= limit) & (stratum[rows][:, None] == stratum[controls][None, :])
    # a forbidden pair costs more than all allowed ones together, so the most pairs are made first
    forbidden = 1.0 + distance[allowed].max(initial=0.0) * (min(distance.shape) + 1)
    one, zero = linear_sum_assignment(np.where(allowed, distance, forbidden))
    kept = allowed[one, zero]
    one, zero = one[kept], zero[kept]
    return Matches(
        rows[one], controls[zero], distance[one, zero], caliper,
        None if caliper is None else float(limit), scale, "optimal", 1, False, None, len(values),
    )  # fmt: skip
