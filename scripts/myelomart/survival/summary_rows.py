"""The options of `myelomart survival`, and the columns they name as checked arrays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import equal_to, flags, label, matches, numbers, sorted_codes
from myelomart.survival.inputs import time_grid


@dataclass(frozen=True)
class SurvivalOptions:
    """Columns and choices; see `myelomart survival --help`."""

    time: str
    event: str
    event_value: str | None = None
    entry: str | None = None
    group: str | None = None
    strata: str | None = None
    covariates: tuple[str, ...] = ()
    ties: str = "efron"
    penalty: str | None = None
    cluster: str | None = None
    weights: str | None = None
    conf_type: str = "log-log"
    rho: float = 0
    tau: float | None = None
    at: tuple[float, ...] = ()
    competing: str | None = None
    zph: str = "km"
    adjusted: tuple[str, ...] = ()
    person: str | None = None
    exposure_start: str | None = None
    landmarks: tuple[float, ...] = ()
    cure: str | None = None
    knots: int | None = None

    def columns(self) -> list[str]:
        """Every column the analysis reads."""
        single = (self.time, self.event, self.entry, self.group, self.strata, self.cluster)
        return [name for name in (*single, self.weights, self.person, *self.covariates) if name]


@dataclass(frozen=True)
class Rows:
    """The columns as arrays (n,), None when not asked for."""

    time: np.ndarray
    event: np.ndarray
    code: np.ndarray | None
    entry: np.ndarray | None
    group: np.ndarray | None
    labels: list[str]
    strata: np.ndarray | None
    cluster: np.ndarray | None
    weights: np.ndarray | None

    @classmethod
    def of(cls, frame: pd.DataFrame, options: SurvivalOptions, notes: list[str]) -> "Rows":
        """The frame's columns, checked; times that differ by rounding alone are made one."""
        time = numbers(frame, options.time, refuse_negative=True)
        entry = numbers(frame, options.entry) if options.entry else None
        if entry is not None and (entry >= time).any():
            bad = entry >= time
            raise StatisticsError(
                f"column {options.entry}: {int(bad.sum())} of {len(frame)} rows enter at or after "
                f"their own {options.time} (first in row {bad.idxmax() + 1}): mend or drop them"
            )
        code = cause_codes(frame, options, notes) if options.competing else None
        event = (
            (code == 1)
            if code is not None
            else flags(frame, options.event, options.event_value) == 1
        )
        if not event.any():
            raise StatisticsError(
                f"column {options.event}: none of {len(frame)} rows has an event, all are censored"
            )
        weights = numbers(frame, options.weights) if options.weights else None
        if weights is not None and (weights <= 0).any():
            bad = weights <= 0
            raise StatisticsError(
                f"column {options.weights}: {int(bad.sum())} of {len(frame)} rows are zero or "
                f"negative (first in row {bad.idxmax() + 1}): drop rows without weight"
            )
        group, labels = group_codes(frame, options.group) if options.group else (None, ["all"])
        entries = None if entry is None else entry.to_numpy()
        grid, index, entry_index = time_grid(time.to_numpy(), entries)
        return cls(
            grid[index], np.asarray(event), None if code is None else np.asarray(code),
            None if entries is None else grid[entry_index], group, labels,
            _plain(frame, options.strata), _plain(frame, options.cluster),
            None if weights is None else weights.to_numpy(),
        )  # fmt: skip

    def groups(self) -> list[tuple[str, np.ndarray]]:
        """Label and row mask of each group."""
        if self.group is None:
            return [("all", np.ones(len(self.time), bool))]
        return [(name, self.group == code) for code, name in enumerate(self.labels)]

    def within(self, name: str, chosen: np.ndarray) -> np.ndarray | None:
        """The chosen rows of a column; None where it was not asked for."""
        values = getattr(self, name)
        return None if values is None else values[chosen]


def _plain(frame, name):
    return frame[name].to_numpy() if name else None


def cause_codes(frame: pd.DataFrame, options: SurvivalOptions, notes: list[str]) -> np.ndarray:
    """0 censored, 1 the event of interest, 2 the competing one; other values are refused.

    >>> frame = pd.DataFrame({"status": [0, 1, 2]})
    >>> cause_codes(frame, SurvivalOptions("months", "status", competing="2"), []).tolist()
    [0, 1, 2]
    """
    column = frame[options.event]
    interest = matches(frame, options.event, options.event_value or "1")
    rival, censored = equal_to(column, options.competing), equal_to(column, "0")
    if (interest & rival).any():
        raise StatisticsError("--competing and --event-value name the same value: they must differ")
    other = ~(interest | rival | censored)
    if other.any() and not rival.any():
        matches(frame, options.event, options.competing)  # a value misspelt: says what there is
    if other.any():
        row = other.idxmax()
        raise StatisticsError(
            f"column {options.event}: {int(other.sum())} of {len(frame)} rows are neither 0 "
            f"(censored), the event, nor the competing event (first in row {row + 1}: "
            f"{column[row]})"
        )
    if not rival.any():
        notes.append(
            f"none of {len(frame)} rows has the competing event {options.competing}: its incidence "
            "is 0 throughout"
        )
    return interest.to_numpy() + 2 * rival.to_numpy()


def group_codes(frame: pd.DataFrame, name: str) -> tuple[np.ndarray, list[str]]:
    """Codes (n,) in sorted order of the labels; one group, or one of a single row, is refused.

    >>> codes, labels = group_codes(pd.DataFrame({"arm": list("bbaa")}), "arm")
    >>> codes.tolist(), labels
    ([1, 1, 0, 0], ['a', 'b'])
    """
    codes, values = sorted_codes(frame[name])
    counts = np.bincount(codes)
    if len(values) < 2:
        raise StatisticsError(
            f"column {name}: all {len(frame)} rows are in one group ({label(values[0])}): "
            "a comparison needs two or more"
        )
    if counts.min() < 2:
        raise StatisticsError(
            f"column {name}: the group {label(values[int(counts.argmin())])} has 1 row of "
            f"{len(frame)}: merge it with another or drop it"
        )
    return codes, [label(value) for value in values]
