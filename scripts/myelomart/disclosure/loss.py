"""What is lost where a count is hidden, so that the least is hidden to give another its room.

Counts that are equal are hidden together: as long as one of them is shown, it tells of all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection

import pandas as pd

from myelomart.disclosure.counts import Cell, Sum
from myelomart.disclosure.curves import AN_ENDPOINT, LEVELS
from myelomart.disclosure.policies import kinds
from myelomart.disclosure.rounding import NUMBERS

SIZES = ("n", "events")  # statistics: levels, medians and ratios of the arm go where one is hidden
GO_WITH_SIZES = ("time_median", "effect")  # kinds, beside the levels of curves


class Loss:
    """Numbers that go with each count, and which counts are equal to it."""

    def __init__(self, frame: pd.DataFrame, ties: list[Sum], true: dict, fixed: set[Cell]) -> None:
        """``fixed`` are public already: they, and what is equal to one, cannot be hidden."""
        self._true = true
        self._equal = _equal(ties)
        self._kept = {cell for one in fixed for cell in self._equal.get(one, [one])}
        columns = [*NUMBERS, "numerator", "denominator", "n_missing"]
        self._numbers = frame[columns].notna().sum(axis=1).to_dict()
        whose = frame[AN_ENDPOINT].astype("string").fillna("")
        whose = dict(zip(frame.index, whose.itertuples(index=False, name=None), strict=True))
        kind = frame["statistic"].map(kinds())
        goes = frame["statistic"].isin(LEVELS) | kind.isin(GO_WITH_SIZES)
        with_it: Counter = Counter()
        for index in frame.index[goes]:
            with_it[whose[index]] += self._numbers[index]
        for index in frame.index[frame["statistic"].isin(SIZES)]:
            self._numbers[index] += with_it[whose[index]]

    def may_be_hidden(self, hidden: set[Cell]) -> Callable[[Cell], bool]:
        """Whether a count is shown, above 0 and not public already."""

        def is_free(cell: Cell) -> bool:
            index, name = cell
            shown = name != "c" and cell not in hidden and cell not in self._kept
            return shown and self._true[name][index] > 0

        return is_free

    def cheapest(self, near: Collection[Cell], hidden: set[Cell]) -> list[Cell]:
        """Of counts ``near`` another that of which least goes, with all that are equal to it."""

        def lost(cells: list[Cell]) -> int:
            return sum(
                1 if name == "u" or (index, "x") in hidden or (index, "n") in hidden
                else self._numbers[index]
                for index, name in cells
            )  # fmt: skip

        free = self.may_be_hidden(hidden)
        together = {one: [cell for cell in self._equal.get(one, [one]) if free(cell)]
                    for one in near}  # fmt: skip
        if not together:
            return []
        best = min(together, key=lambda one: (
            lost(together[one]), self._true[one[1]][one[0]], one
        ))  # fmt: skip
        return together[best]


def _equal(ties: list[Sum]) -> dict[Cell, list[Cell]]:
    """Counts that are equal to each, itself among them."""
    parent: dict[Cell, Cell] = {}

    def first(cell: Cell) -> Cell:
        while parent.get(cell, cell) != cell:
            cell = parent[cell]
        return cell

    for one in ties:
        if len(one.parts) == 1:
            here, there = first(one.whole), first(one.parts[0])
            parent[here] = parent.setdefault(there, there)
            parent.setdefault(here, there)
    groups = defaultdict(list)
    for cell in parent:
        groups[first(cell)].append(cell)
    return {cell: own for own in groups.values() for cell in own}
