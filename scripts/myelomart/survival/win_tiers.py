"""The tiers of a hierarchy: who of two persons fared better, by time to an event, number or count.

A tier compares persons by their row numbers, 0-based; it gives 1 where the one wins, -1 where the
one loses and 0 where they are alike or it cannot be told. Nothing is compared beyond the time for
which both were followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from myelomart.columns import number_column, refuse_rows, same_length
from myelomart.errors import StatisticsError
from myelomart.survival.inputs import event_flags, event_times


class Tier(Protocol):
    """One thing by which two persons are compared."""

    name: str

    def __len__(self) -> int:
        """How many persons it knows."""

    def compared(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """1, -1 or 0 for each couple of row numbers, of the shape that the two broadcast to."""


@dataclass(frozen=True)
class TimeTier:
    """Who had an unwanted event first: ``time`` (n,), ``event`` (n,) true where it happened."""

    name: str
    time: np.ndarray
    event: np.ndarray

    @classmethod
    def of(cls, name: str, time: ArrayLike, event: ArrayLike) -> TimeTier:
        """Checked columns; a competing event is the end of follow-up: give it as no event."""
        times, _ = event_times(time)
        return cls(name, times, event_flags(event, times).astype(bool))

    def __len__(self) -> int:
        return len(self.time)

    def compared(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """The one whose event is known to come later, or not to have come by then, wins.

        >>> tier = TimeTier.of("death", [5, 9, 5], [1, 0, 0])
        >>> tier.compared(np.array([0, 1, 2, 1]), np.array([1, 0, 0, 2])).tolist()
        [-1, 1, 1, 0]
        """
        return self._beats(one, other).astype(np.int8) - self._beats(other, one)

    def _beats(self, one, other) -> np.ndarray:
        later = self.time[one] > self.time[other]
        # on one day an event comes before the end of follow-up
        same = (self.time[one] == self.time[other]) & ~self.event[one]
        return self.event[other] & (later | same)


@dataclass(frozen=True)
class NumberTier:
    """Who has the better number: ``value`` (n,), NaN where unknown, which decides nothing."""

    name: str
    value: np.ndarray
    more_is_better: bool

    @classmethod
    def of(cls, name: str, value: ArrayLike, more_is_better: bool) -> NumberTier:
        """A checked column; numbers may be missing."""
        values = np.asarray(value, float)
        if np.isinf(values).any():
            raise StatisticsError(f"column {name}: {int(np.isinf(values).sum())} rows are infinite")
        return cls(name, values, more_is_better)

    def __len__(self) -> int:
        return len(self.value)

    def compared(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """The sign of the better number.

        >>> tier = NumberTier.of("days in hospital", [3, 0, np.nan], more_is_better=False)
        >>> tier.compared(np.array([0, 1, 0]), np.array([1, 0, 2])).tolist()
        [-1, 1, 0]
        """
        gap = self.value[one] - self.value[other]
        sign = np.sign(np.where(np.isnan(gap), 0.0, gap)).astype(np.int8)
        return sign if self.more_is_better else -sign


@dataclass(frozen=True)
class CountTier:
    """Who had fewer of what repeats, up to the day to which both were followed."""

    name: str
    end: np.ndarray  # (n,) last day of each person
    person: np.ndarray  # (k,) row number of the person of each occurrence, sorted
    time: np.ndarray  # (k,) its day, sorted within the person
    running: np.ndarray  # (k + 1,) sum of the amounts before each occurrence

    @classmethod
    def of(
        cls, name: str, end: ArrayLike, person: ArrayLike, time: ArrayLike,
        amount: ArrayLike | None = None,
    ) -> CountTier:  # fmt: skip
        """``end`` (n,) by person; ``person`` (k,) row numbers, ``time`` and ``amount`` (k,).

        Without ``amount`` each occurrence counts one.
        """
        ends = number_column(end, "end")
        who = np.asarray(person, int)
        times = np.asarray(time, float)
        amounts = np.ones(len(who)) if amount is None else np.asarray(amount, float)
        same_length(times, who, "time")
        same_length(amounts, who, "amount")
        if len(who):
            outside = (who < 0) | (who >= len(ends))
            refuse_rows(outside, "person", "name nobody", "number persons from 0")
            refuse_rows(~(amounts >= 0), "amount", "are missing or negative", "mend them")
        order = np.lexsort((times, who))
        running = np.concatenate([[0.0], np.cumsum(amounts[order])])
        return cls(name, ends, who[order], times[order], running)

    def __len__(self) -> int:
        return len(self.end)

    def compared(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """The one with the smaller sum by the earlier of the two ends wins.

        >>> tier = CountTier.of("stays", [10, 4], person=[0, 0, 1], time=[2, 8, 3])
        >>> tier.compared(np.array([0]), np.array([1])).tolist()  # one each by day 4
        [0]
        """
        shared = np.minimum(self.end[one], self.end[other])
        gap = self._sum(other, shared) - self._sum(one, shared)
        return np.sign(np.where(np.abs(gap) < 1e-9, 0.0, gap)).astype(np.int8)

    def _sum(self, person, until) -> np.ndarray:
        """The amounts of a person up to a time."""
        if not len(self.time):
            return np.zeros(np.broadcast(person, until).shape)
        days = np.unique(self.time)
        place = np.searchsorted(days, until, side="right")  # of days that lie by then
        key = self.person * (len(days) + 1) + np.searchsorted(days, self.time)
        first = np.searchsorted(key, person * (len(days) + 1))
        last = np.searchsorted(key, person * (len(days) + 1) + place)
        return self.running[last] - self.running[first]
