"""Rows of persons from a package's Kaplan-Meier curves, which it prints at full precision.

Each step of the curve is events over persons at risk, and each step of Greenwood's sum, which the
log-log limits hold, tells the second (specification trinetx_arithmetic T3). A day without a step
is one on which persons left. How many left on which of several such days cannot be told; the rows
are therefore made twice, with all who may have left at the first of them and at the last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

Z = norm.ppf(0.975)
LEVEL = 1e-13  # a smaller fall of the curve is rounding
NEAR = 0.05  # how far persons at risk may be from a whole number
ALIKE = 1e-3  # how far curve and limit may tell other numbers at risk, relatively


@dataclass(frozen=True)
class Steps:
    """The days with events of one arm, and who left between them."""

    first: float  # the first day of the curve
    day: np.ndarray  # (K,) of events
    events: np.ndarray  # (K,)
    at_risk: np.ndarray  # (K,) just before them
    leaving_days: list[np.ndarray]  # (K + 1) days on which persons left, after each event
    left: np.ndarray  # (K + 1) how many left in all after each event

    @property
    def total(self) -> int:
        """The events of the arm."""
        return int(self.events.sum())

    def rows(self, late: bool) -> pd.DataFrame:
        """``time``, ``event`` and ``count``; ``late`` lets spare persons leave on the last day."""
        made = [(day, 1, events) for day, events in zip(self.day, self.events, strict=True)]
        starts = np.append(self.first, self.day)
        for start, days, left in zip(starts, self.leaving_days, self.left, strict=True):
            if not len(days):
                made.append((start, 0, left))  # on the day of the events, after them
                continue
            spare = left - len(days)
            made += [(day, 0, 1) for day in days]
            made.append((days[-1] if late else start, 0, spare))
        frame = pd.DataFrame(made, columns=["time", "event", "count"])
        return frame[frame["count"] > 0].reset_index(drop=True)


def steps_of(day: np.ndarray, survival: np.ndarray, low: np.ndarray, persons: int) -> Steps | None:
    """Events and persons at risk of one arm from its days (K,), curve and lower limit.

    None where the limits do not hold them: they come out as no whole numbers, or persons leave
    before they came.

    >>> from myelomart.survival import kaplan_meier
    >>> curve = kaplan_meier([2, 4, 5, 7, 9, 12, 20, 20], [1, 1, 0, 1, 0, 1, 0, 0])
    >>> steps = steps_of(curve.time, curve.survival, curve.ci_low, 8)
    >>> steps.events.tolist(), steps.at_risk.tolist(), steps.total
    ([1, 1, 1, 1], [8, 7, 5, 3], 4)
    """
    known = np.isfinite(survival)
    day, survival, low = (values[known] for values in (day, survival, low))
    if not len(day) or (np.diff(survival) > LEVEL).any():
        return None
    fall = 1 - survival / np.append(1.0, survival[:-1])
    is_step = fall > LEVEL
    with np.errstate(all="ignore"):
        spread = np.log(np.log(low) / np.log(survival)) / Z * np.log(survival)
    sums = np.where(np.isfinite(spread), spread**2, np.nan)
    days, shares, sums = day[is_step], fall[is_step], sums[is_step]
    steps = np.diff(np.append(0.0, sums))
    persons_then = np.empty(len(days))
    events = np.empty(len(days))
    left_over = float(persons)
    for one, (share, step) in enumerate(zip(shares, steps, strict=True)):
        with np.errstate(all="ignore"):
            guess = share / (step * (1 - share))
        if not np.isfinite(guess):
            guess = left_over  # the curve has come to 0
        guess = min(guess, left_over)
        events[one] = max(1.0, round(share * guess))
        persons_then[one] = round(events[one] / share)
        parts = abs(events[one] / share - persons_then[one])
        if parts > NEAR or abs(guess / persons_then[one] - 1) > ALIKE:
            return None
        left_over = persons_then[one] - events[one]
    before = np.append(persons, persons_then - events)
    after = np.append(persons_then, 0)
    left = before - after
    flat = day[1:][~is_step[1:]]  # the first day is printed whether or not anybody left
    bounds = np.append(np.append(0, days), np.inf)
    leaving = [flat[(flat > bounds[k]) & (flat < bounds[k + 1])] for k in range(len(bounds) - 1)]
    enough = all(count >= len(own) for count, own in zip(left, leaving, strict=True))
    if (left < 0).any() or not enough:
        return None
    return Steps(
        float(day[0]), days, events.astype(int), persons_then.astype(int), leaving, left.astype(int)
    )
