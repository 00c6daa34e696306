"""Is the hazard ratio constant? The score test of R's ``cox.zph`` (survival 3).

Grambsch P, Therneau T. Biometrika 1994;81:515, in the exact score form of Therneau (2018): each
covariate times g(t) is added to the model and tested at zero, with the full information matrix.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, rankdata

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.cox import CoxFit, Test
from myelomart.survival.inputs import risk_table
from myelomart.survival.partial_likelihood import information, score

TRANSFORMS = ("km", "rank", "identity")


@dataclass(frozen=True)
class Proportionality(Shown):
    """One row per original covariate (term, chi2, df, p), and the test of all at once."""

    transform: str
    terms: pd.DataFrame
    overall: Test


def proportionality_test(fit: CoxFit, transform: str = "km") -> Proportionality:
    """Test proportional hazards of a fitted model; a category of k levels has k - 1 df.

    >>> from myelomart.survival import cox_regression
    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> round(proportionality_test(cox_regression(time, event, frame)).overall.p, 2)
    0.69
    """
    if transform not in TRANSFORMS:
        raise StatisticsError(f"transform {transform!r} is unknown: use {', '.join(TRANSFORMS)}")
    sets, sums = fit.sets, fit.sums
    weight = _time_weight(fit, transform)
    if len(np.unique(weight)) < 2:
        raise StatisticsError(
            f"proportionality test: the {fit.events} events all have one value of the {transform} "
            "transform of time"
        )
    gradient = score(sets, sums, weight)
    plain, cross, square = (information(sets, sums, power) for power in (None, weight, weight**2))
    # the score of the time-varying part, given that the constant part is at its maximum
    adjusted = square - cross @ np.linalg.solve(plain, cross)
    p = len(gradient)
    rows = []
    for term, columns in fit.design.columns.items():
        part = np.ix_(columns, columns)
        chosen = square[part] - cross[columns] @ np.linalg.solve(plain, cross[:, columns])
        statistic = gradient[columns] @ np.linalg.solve(chosen, gradient[columns])
        rows.append((term, statistic, len(columns), chi2.sf(statistic, len(columns))))
    overall = Test.of(gradient @ np.linalg.solve(adjusted, gradient), p)
    return Proportionality(
        transform, pd.DataFrame(rows, columns=["term", "chi2", "df", "p"]), overall
    )


def _time_weight(fit: CoxFit, transform: str) -> np.ndarray:
    """g(t) at each event time, centred at its mean over the events (m,)."""
    times, events, entries = (fit.data[key] for key in ("times", "events", "entries"))
    if transform == "km":
        table = risk_table(times, events, entries)
        survival = np.cumprod(1 - table.n_event / np.maximum(table.n_risk, 1))
        values = 1 - np.concatenate([[1.0], survival[:-1]])[table.index]
    else:
        values = rankdata(times) if transform == "rank" else times
    values = values - values[events].mean()
    weight = np.empty(fit.sets.cells)
    weight[fit.sets.event_cell] = values[fit.sets.order[fit.sets.event_rows]]
    return weight
