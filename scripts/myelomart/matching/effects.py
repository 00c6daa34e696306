"""What treatment does in matched or weighted rows: hazard ratio and risk difference.

The variance is robust: with pairs its clusters are the matched sets, with weights the rows. Where
a control serves in several sets, sets and persons are clusters that cross.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError
from myelomart.matching.nearest import Matches
from myelomart.survival.cox import CoxFit, cox_regression, crossed_clusters


def matched_hazard_ratio(
    time: ArrayLike, event: ArrayLike, treatment: ArrayLike, matched: Matches
) -> CoxFit:
    """Cox model of treatment alone in the matched rows of (n,), clustered by matched set.

    A control that serves in several sets has a row in each; several controls of a set share a
    weight of 1.

    >>> from myelomart.matching import match_nearest
    >>> score = [0.5, 0.52, 0.4, 0.42, 0.6, 0.61, 0.3, 0.33]
    >>> treated, time = [1, 0] * 4, [9, 4, 7, 5, 3, 2, 8, 6]
    >>> matched = match_nearest(score, treated, caliper=None)
    >>> fit = matched_hazard_ratio(time, [1] * 8, treated, matched)
    >>> fit.n, fit.robust_se is not None
    (8, True)
    """
    if not len(matched.treated):
        raise StatisticsError("nobody was matched: there is no hazard ratio")
    members = matched.members
    rows = members["row"].to_numpy()
    made_of = (np.asarray(one, float)[rows] for one in (time, event, treatment))
    return robust_hazard_ratio(
        *made_of, members["match_set"].to_numpy(), members["weight"].to_numpy(), rows
    )


def robust_hazard_ratio(
    time: np.ndarray, event: np.ndarray, treated: np.ndarray, clusters: np.ndarray,
    weights: np.ndarray, persons: np.ndarray,
) -> CoxFit:  # fmt: skip
    """Cox model of treatment alone in rows (m,), robust to clusters, and to persons in several.

    >>> time, event, sets = np.array([9.0, 4, 7, 5, 3, 4]), np.ones(6), np.array([0, 0, 1, 1, 2, 2])
    >>> fit = robust_hazard_ratio(
    ...     time, event, np.array([1, 0] * 3), sets, np.ones(6), np.array([0, 1, 2, 3, 4, 1])
    ... )
    >>> fit.hazard_ratio.round(3).tolist(), fit.robust_se.round(3).tolist()
    ([0.299], [1.184])
    """
    fit = cox_regression(
        time, event, pd.DataFrame({"treatment": np.asarray(treated, float)}),
        cluster=clusters, weights=None if (weights == 1).all() else weights,
    )  # fmt: skip
    if len(np.unique(persons)) == len(persons):
        return fit
    return crossed_clusters(fit, clusters, persons)
