"""Rows of estimates put together as tables print them, in the order in which they were made."""

from __future__ import annotations


def grouped(rows: list, *names: str) -> dict:
    """Rows by the value of one attribute, or by the tuple of several; missing values are a key."""
    found: dict = {}
    for row in rows:
        values = tuple(getattr(row, name) for name in names)
        found.setdefault(values if len(names) > 1 else values[0], []).append(row)
    return found


def distinct(rows: list, name: str) -> list:
    """The values of an attribute, each once, missing ones left out."""
    return [value for value in grouped(rows, name) if value is not None]


def first(rows: list, statistic: str):
    """The first row of a statistic, or None."""
    return next((row for row in rows if row.statistic == statistic), None)
