"""Tipping point: which unmeasured binary confounder would turn the conclusion.

Lin DY, Psaty BM, Kronmal RA. Biometrics 1998;54:948: a confounder with ratio ``strength`` on the
outcome, present in p1 of the treated and p0 of the controls, multiplies the ratio by
(1 + (strength - 1) p1) / (1 + (strength - 1) p0).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError


def bias_factor(strength: float, prevalence_treated: float, prevalence_control: float) -> float:
    """Observed over true ratio.

    >>> round(bias_factor(2.0, 0.4, 0.2), 4)
    1.1667
    """
    if strength <= 0 or not (0 <= prevalence_treated <= 1 and 0 <= prevalence_control <= 1):
        raise StatisticsError("a strength is above 0 and a prevalence between 0 and 1")
    return (1 + (strength - 1) * prevalence_treated) / (1 + (strength - 1) * prevalence_control)


def adjusted_ratio(
    estimate: float,
    ci_low: float,
    ci_high: float,
    strength: float,
    prevalence_treated: float,
    prevalence_control: float,
) -> tuple[float, float, float]:
    """The estimate and its limits without that confounder.

    >>> [round(value, 3) for value in adjusted_ratio(0.6, 0.4, 0.9, 2.0, 0.4, 0.2)]
    [0.514, 0.343, 0.771]
    """
    factor = bias_factor(strength, prevalence_treated, prevalence_control)
    return tuple(value / factor for value in (estimate, ci_low, ci_high))


def tipping_strength(limit: float, prevalence_treated: float, prevalence_control: float) -> float:
    """Strength at which a confidence ``limit`` reaches 1; NaN when none does.

    >>> round(tipping_strength(1.2, 0.6, 0.2), 3)
    1.556
    """
    # limit = (1 + (s - 1) p1) / (1 + (s - 1) p0), solved for s
    divisor = prevalence_treated - limit * prevalence_control
    if divisor == 0:
        return float("nan")
    strength = 1 + (limit - 1) / divisor
    return float(strength) if strength > 0 else float("nan")


def tipping_table(
    estimate: float, ci_low: float, ci_high: float, *, prevalences: ArrayLike | None = None
) -> pd.DataFrame:
    """Strength that brings estimate and limit to 1, over a grid of prevalences in the two arms.

    Columns: prevalence_treated, prevalence_control, tips_estimate, tips_limit; a strength below 1
    is a protective confounder. NaN where no strength suffices.

    >>> tipping_table(0.6, 0.4, 0.9, prevalences=[0.2, 0.6])["tips_limit"].round(3).tolist()
    [1.294, 0.762]
    """
    if not 0 < ci_low <= estimate <= ci_high:
        raise StatisticsError("the estimate lies between its limits, and all are above 0")
    grid = np.round(np.arange(0.1, 1.0, 0.2), 2) if prevalences is None else np.asarray(prevalences)
    limit = ci_high if estimate < 1 else ci_low
    crosses = ci_low <= 1 <= ci_high
    return pd.DataFrame(
        [
            {
                "prevalence_treated": treated,
                "prevalence_control": control,
                "tips_estimate": tipping_strength(estimate, treated, control),
                "tips_limit": 1.0 if crosses else tipping_strength(limit, treated, control),
            }
            for treated in grid
            for control in grid
            if treated != control
        ]
    )
