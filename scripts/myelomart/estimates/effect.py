"""A number with its interval."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """An estimate with its limits; NaN where one is not known."""

    estimate: float
    ci_low: float
    ci_high: float
