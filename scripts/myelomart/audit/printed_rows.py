"""Printed numbers as rows: what was printed, with how many decimals, and how to read it.

How exactly a number is known follows from how it was printed: 16.4 stands for 16.35 to 16.45.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from myelomart.errors import StatisticsError

REQUIRED = ("row_id", "statistic", "estimate")
NUMBERS = (
    "estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "range_low", "range_high", "p_value",
    "numerator", "denominator", "timepoint_months",
)  # fmt: skip
WORDS = (
    "row_id", "study_id", "table_figure", "cited_study", "population", "arm_or_group",
    "comparator", "endpoint", "category", "statistic", "estimate_status", "unit", "p_operator",
    "comparison_id", "repeat_of",
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A printed number and half a unit of its last decimal."""

    value: float
    half: float
    decimals: int

    @property
    def low(self) -> float:
        """The smallest number that prints so, half up."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """The largest number that prints so."""
        return self.value + self.half


@dataclass(frozen=True)
class Printed:
    """One printed estimate; words are empty and numbers None where nothing is printed."""

    words: dict[str, str] = field(repr=False)
    numbers: dict[str, Number | None] = field(repr=False)

    def __getattr__(self, name: str):
        if name in self.words:
            return self.words[name]
        if name in self.numbers:
            return self.numbers[name]
        raise AttributeError(name)

    @property
    def group(self) -> str:
        """Whose number it is: the arm, or everybody."""
        return self.arm_or_group or "everybody"

    @property
    def called(self) -> str:
        """The endpoint with its level, in words."""
        parts = [self.endpoint.replace("_", " "), self.category]
        return ", ".join(part for part in parts if part)

    @property
    def count(self) -> int | None:
        """The numerator, or the estimate of a count."""
        if self.numerator is not None:
            return int(self.numerator.value)
        if self.statistic == "count" and self.estimate is not None:
            return int(self.estimate.value)
        return None

    @property
    def size(self) -> int | None:
        """The denominator."""
        return None if self.denominator is None else int(self.denominator.value)


def read_printed(path: Path) -> list[Printed]:
    """The rows of a CSV; refuses a file without row ids, and numbers that are none."""
    if not path.is_file():
        raise StatisticsError(f"file {path}: it does not exist")
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, OSError, UnicodeDecodeError) as cause:
        raise StatisticsError(f"file {path}: it cannot be read as a table ({cause})") from None
    return printed_rows(frame, str(path))


def printed_rows(frame: pd.DataFrame, name: str = "the table") -> list[Printed]:
    """A frame of text cells as printed rows; columns that are absent are empty."""
    absent = [column for column in REQUIRED if column not in frame]
    if absent:
        raise StatisticsError(
            f"file {name}: it has no column {', '.join(absent)}; docs/audit.md lists the columns"
        )
    twice = frame["row_id"][frame["row_id"].duplicated()]
    if len(twice):
        raise StatisticsError(f"file {name}, column row_id: {twice.iloc[0]} stands twice")
    return [_printed(record, name) for record in frame.to_dict("records")]


def _printed(record: dict, name: str) -> Printed:
    words = {column: str(record.get(column, "") or "").strip() for column in WORDS}
    numbers = {}
    for column in NUMBERS:
        text = str(record.get(column, "") or "").strip()
        try:
            numbers[column] = number(text)
        except ValueError:
            raise StatisticsError(
                f"file {name}, row {words['row_id']}, column {column}: «{text}» is not a number; "
                "leave the cell empty where none is printed"
            ) from None
    return Printed(words, numbers)


def number(text: str) -> Number | None:
    """A printed number; None when the cell is empty."""
    if not text:
        return None
    value = float(text)
    digits = re.fullmatch(r"[-+]?\d*\.?(\d*)(?:[eE]([-+]?\d+))?", text)
    decimals = len(digits[1]) - int(digits[2] or 0) if digits else 0
    return Number(value, 0.5 * 10**-decimals, decimals)


def half_up(value: float, decimals: int) -> float:
    """``value`` rounded to ``decimals``, halves upwards."""
    factor = 10**decimals
    return int(value * factor + 0.5 + 1e-9) / factor
