"""What a ratio with its interval tells of the events behind it.

The variance of a log hazard ratio is near 1 / a + 1 / b for a and b events (Schoenfeld 1981,
Biometrika 68:316), so that its inverse, with the sum of a and b, gives both back.
"""

from __future__ import annotations

import math

import pandas as pd

from myelomart.disclosure.policies import Policy
from myelomart.disclosure.rounding import EFFECT_DIGITS, significant

AN_ARM = ["study_id", "population", "endpoint", "timepoint_months"]
NORMAL = 1.959964  # the 97.5th percentile
ROOM = 1.1  # two digits of a limit, and the approximation, leave the events to a tenth


def arms_with_few_events(frame: pd.DataFrame, is_hidden: pd.Series) -> set[tuple]:
    """Endpoints of which an arm has events that are hidden, in any analysis of a study."""
    events = frame[(frame["statistic"] == "events") & is_hidden]
    return set(events[AN_ARM].astype(str).itertuples(index=False, name=None))


def tells_few_events(row: dict, few_events: set[tuple], policy: Policy) -> bool:
    """Whether a ratio rests on few events of an arm: said, or as its interval tells."""
    if tuple(str(row[name]) for name in AN_ARM) in few_events:
        return True
    low, high, total = row["ci_low"], row["ci_high"], row["numerator"]
    printed = (*(significant(limit, EFFECT_DIGITS) for limit in (low, high)), policy.round(total))
    told = (fewer_events(*given) for given in ((low, high, total), printed))
    return any(least is not None and least < ROOM * policy.hides_below for least in told)


def fewer_events(low: float, high: float, total: float) -> float | None:
    """Events of the arm that has fewer, as limits and the sum of both arms tell; None without.

    Without a sum the inverse variance itself, which is below the smaller of the two.
    """
    if not (low > 0 and low < high < math.inf):
        return None
    inverse = (2 * NORMAL / (math.log(high) - math.log(low))) ** 2
    if not total > 0:
        return inverse
    return total / 2 - math.sqrt(max(0.0, total**2 / 4 - inverse * total))
