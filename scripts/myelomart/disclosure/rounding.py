"""Numbers in fewer digits: steps, significant digits, shares of a rounded size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from myelomart.disclosure.policies import Policy
from myelomart.tables import wilson_interval

NUMBERS = ["estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "range_low", "range_high",
           "p_value"]  # fmt: skip
OF_A_CURVE = ("remaining", "reached")  # kinds: the level of a curve
EFFECT_DIGITS = 2  # significant digits of a ratio and its limits
DIGITS, P_STEP = {"sample": 3, "effect": EFFECT_DIGITS}, 0.01
TIME_STEP = 0.1  # months of a median time, which is the time of one person
POINTS_STEP = 5.0  # percentage points
DIFFERENCE_STEP = 0.05  # of a standardized difference; a tenth is the usual limit


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


def shown_numbers(row: dict, policy: Policy) -> list[float]:
    """The numbers of a row as they are shown, in the order of ``NUMBERS``."""
    numbers = {name: float(row[name]) for name in NUMBERS}
    kind, p = row["kind"], numbers["p_value"]
    if kind == "share":
        numbers |= _share(row)
    elif change := _digits(row, policy):
        numbers = {name: change(value) for name, value in numbers.items()}
    if kind == "test":
        numbers["estimate"] = np.nan  # it says p once more, in more digits
    numbers["p_value"] = max(to_step(p, P_STEP), P_STEP) if p == p else p
    return list(numbers.values())


def _digits(row: dict, policy: Policy) -> Callable[[float], float] | None:
    """How the numbers of a row that is no count and no share are made shorter."""
    kind = row["kind"]
    if kind in OF_A_CURVE:
        return lambda value: share_of_size(value, row["size"], policy)
    if kind == "time_median" or (pd.notna(row["unit"]) and row["unit"] == "months"):
        return lambda value: to_step(value, TIME_STEP)
    if kind in DIGITS:
        return lambda value: significant(value, DIGITS[kind])
    if kind == "difference":
        is_standard = row["statistic"] == "standardized_difference"
        return lambda value: to_step(value, DIFFERENCE_STEP if is_standard else POINTS_STEP)
    return None


def _share(row: dict) -> dict[str, float]:
    """Percent and Wilson limits of the rounded counts; nothing where nobody is known."""
    names = ("estimate", "ci_low", "ci_high")
    if not row["denominator"] > 0:
        return dict.fromkeys(names, np.nan)
    count, known = int(row["numerator"]), int(row["denominator"])
    limits = wilson_interval(count, known)
    return dict(zip(names, (100 * share for share in (count / known, *limits)), strict=True))
