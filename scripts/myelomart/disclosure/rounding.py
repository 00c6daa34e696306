"""Numbers in fewer digits: steps, significant digits, shares of a rounded size."""

from __future__ import annotations

import numpy as np

from myelomart.disclosure.policies import Policy

EFFECT_DIGITS = 2  # significant digits of a ratio and its limits


def to_step(value: float, step: float) -> float:
    """``value`` to the nearest multiple of ``step``, halves upwards."""
    return value if value != value else float(round(np.floor(value / step + 0.5) * step, 10))


def significant(value: float, digits: int) -> float:
    """``value`` in as many significant digits."""
    if value != value or not value:
        return value
    return float(f"{value:.{digits}g}")


def share_of_size(value: float, size: float, policy: Policy) -> float:
    """A share of a curve, in steps of as many persons as counts are rounded to."""
    if value != value or not size > 0:
        return value
    return min(1.0, to_step(value, policy.rounds_to / policy.round(size)))
