"""What treatment does in matched or weighted rows: hazard ratio and risk difference.

The variance is robust: with pairs its clusters are the matched sets, with weights the rows.
"""

import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError
from myelomart.matching.nearest import Matches
from myelomart.survival.cox import CoxFit, cox_regression


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
    rows = pd.DataFrame({"time": time, "event": event, "treatment": treatment})
    rows = rows.iloc[members["row"].to_numpy()].astype(float).reset_index(drop=True)
    shared = None if (members["weight"] == 1).all() else members["weight"]
    return cox_regression(
        rows["time"], rows["event"], rows[["treatment"]],
        cluster=members["match_set"], weights=shared,
    )  # fmt: skip
