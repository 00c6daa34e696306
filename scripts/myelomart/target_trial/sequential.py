"""Sequential trials: whoever is still untreated begins another trial at each eligible time.

Hernan MA et al. Epidemiology 2008;19:766; Danaei G et al. Stat Methods Med Res 2013;22:70; Keogh RH
et al. Stat Med 2023;42:2191. The trials are pooled; a person is in several of them, so that
variances are robust by person and a bootstrap draws persons.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError


def stacked_trials(
    time: ArrayLike, event: ArrayLike, treated_at: ArrayLike, starts: Sequence[float]
) -> pd.DataFrame:
    """One row per person and trial: unit, origin, time, event, treated_at, counted from its start.

    ``unit`` is the 0-based input row. A person is eligible at a start if still followed beyond it
    and not treated before it; who is treated on that very day begins the trial by it.

    >>> rows = stacked_trials([9, 9, 2], [1, 0, 1], [3, np.nan, np.nan], starts=[0, 3])
    >>> rows[["unit", "origin", "time", "treated_at"]].values.tolist()[3:]
    [[0.0, 3.0, 6.0, 0.0], [1.0, 3.0, 6.0, nan]]
    """
    times, events = np.asarray(time, float), np.asarray(event)
    begun = np.asarray(treated_at, float)
    if not len(starts) or not np.all(np.isfinite(starts)) or min(starts) < 0:
        raise StatisticsError("the trials need starts: one time or more, none before 0")
    parts = []
    for start in sorted(set(starts)):
        unit = np.flatnonzero((times > start) & ~(begun < start))
        parts.append(
            pd.DataFrame(
                {
                    "unit": unit,
                    "origin": float(start),
                    "time": times[unit] - start,
                    "event": events[unit],
                    "treated_at": begun[unit] - start,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
