"""The E-value: how strong an unmeasured confounder must be to explain an estimate away.

VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268. It is the risk ratio the confounder would need
with both treatment and outcome, over and above the measured covariates.
"""

from dataclasses import dataclass

import numpy as np

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown

RARE = 0.15  # outcome share below which hazard and odds ratios stand for risk ratios
MEASURES = ("rr", "hr", "or")


@dataclass(frozen=True)
class EValue(Shown):
    """E-value of the estimate and of the limit nearer to no effect (1 when that crosses 1)."""

    estimate: float
    limit: float


def e_value(
    estimate: float, ci_low: float, ci_high: float, *, measure: str = "rr", rare: bool = True
) -> EValue:
    """E-value of a ratio; with ``rare`` False hazard and odds ratios are first turned into RRs.

    >>> result = e_value(0.8, 0.71, 0.91)
    >>> round(result.estimate, 2), round(result.limit, 2)
    (1.81, 1.43)
    """
    if measure not in MEASURES:
        raise StatisticsError(f"measure {measure!r} is unknown: use {', '.join(MEASURES)}")
    if not 0 < ci_low <= estimate <= ci_high:
        raise StatisticsError("the estimate lies between its limits, and all are above 0")
    ratios = [as_risk_ratio(value, measure, rare) for value in (estimate, ci_low, ci_high)]
    nearer = ratios[1] if ratios[0] >= 1 else ratios[2]
    crosses = ratios[1] <= 1 <= ratios[2]
    return EValue(_strength(ratios[0]), 1.0 if crosses else _strength(nearer))


def as_risk_ratio(value: float, measure: str, rare: bool) -> float:
    """A risk ratio of about the size of a hazard or odds ratio with a common outcome.

    >>> as_risk_ratio(4.0, "or", rare=False)
    2.0
    """
    if measure == "rr" or rare:
        return float(value)
    if measure == "or":
        return float(np.sqrt(value))
    return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))


def _strength(ratio: float) -> float:
    ratio = ratio if ratio >= 1 else 1 / ratio
    return float(ratio + np.sqrt(ratio * (ratio - 1)))
