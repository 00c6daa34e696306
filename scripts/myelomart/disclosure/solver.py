"""What a reader of a release can work out about a hidden count.

The reader knows an interval for each count (hidden: anything up to its whole; shown: what rounds
to it) and the sums between them. The least and the most that a hidden count may be, over whole
numbers, are two small integer programmes (HiGHS, Huangfu 2018, through scipy).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from myelomart.disclosure.counts import Cell, Sum
from myelomart.disclosure.reduction import Equation, Interval, reduced


class Programme:
    """Whole numbers that fit a group of equations."""

    def __init__(self, group: list[Equation], known: dict[Cell, Interval]) -> None:
        self.cells = [*dict.fromkeys(cell for one in group for cell in one.terms)]
        self.place = {cell: k for k, cell in enumerate(self.cells)}
        rows = [k for k, one in enumerate(group) for _ in one.terms]
        columns = [self.place[cell] for one in group for cell in one.terms]
        values = [value for one in group for value in one.terms.values()]
        table = csr_array((values, (rows, columns)), (len(group), len(self.cells)), dtype=float)
        totals = [one.total for one in group]
        self._tied = LinearConstraint(table, totals, totals)
        low, high = zip(*(known[cell] for cell in self.cells), strict=True)
        self._bounds = Bounds(low, high)

    def extremes(self, wanted: np.ndarray) -> Iterator[np.ndarray]:
        """A choice in which the counts at ``wanted`` add up to the least, then one to the most.

        In the order of ``cells``; nothing where no whole numbers fit.
        """
        goal = np.zeros(len(self.cells))
        goal[wanted] = 1.0
        for sign in (1.0, -1.0):
            answer = milp(
                sign * goal, constraints=self._tied, bounds=self._bounds,
                integrality=np.ones(len(goal)),
            )  # fmt: skip
            if answer.x is None:
                return
            yield np.rint(answer.x)


def possible(cell: Cell, known: dict[Cell, Interval], ties: list[Sum]) -> Interval:
    """The least and the most that ``cell`` may be, given every sum of ``ties``."""
    given = reduced(known, ties, [cell])
    own = given.of(cell)
    for group in given.groups:
        programme = Programme(group, given.known)
        if own in programme.place:
            return _told(programme, [own], np.inf).get(own, given.known[own])
    return given.known[own]


def narrow(
    cells: Iterable[Cell], known: dict[Cell, Interval], ties: list[Sum], least_width: float,
    true: dict[str, dict[int, float]] | None = None,
) -> dict[Cell, Interval]:  # fmt: skip
    """Those of ``cells`` that can be told to less than ``least_width``, with what they may be.

    ``true`` are counts (name, row) that fit all of ``ties``, where they are known.
    """
    cells = [*cells]
    given = reduced(known, ties, cells)
    found = {cell: given.known[given.of(cell)] for cell in cells}
    asked = {given.of(cell) for cell in cells if _width(found[cell]) >= least_width}
    told: dict[Cell, Interval] = {}
    for group in given.groups:
        own = asked & {cell for one in group for cell in one.terms}
        if own:
            programme = Programme(group, given.known)
            first = None if true is None else [true[name][at] for at, name in programme.cells]
            told |= _told(programme, sorted(own), least_width, first)
    found |= {cell: told[given.of(cell)] for cell in cells if given.of(cell) in told}
    return {cell: one for cell, one in found.items() if _width(one) < least_width}


def _told(
    programme: Programme, asked: list[Cell], least_width: float, first: list[float] | None = None
) -> dict[Cell, Interval]:
    """What each of ``asked`` may be, as far as it takes to see that it is wide enough.

    A choice of counts that is found for one is a possible value of every other: most are seen to be
    wide before they are asked about. Nothing where no whole numbers fit: a sum was none.
    """
    count = len(programme.cells)
    low = np.full(count, np.inf) if first is None else np.array(first, float)
    high = np.full(count, -np.inf) if first is None else np.array(first, float)
    at = np.array([programme.place[cell] for cell in asked])
    for own in (at, *at[:, None]):
        choices = programme.extremes(own)
        while not (is_wide := (high[own] - low[own] >= least_width).all()):
            choice = next(choices, None)
            if choice is None:
                break
            np.minimum(low, choice, out=low)
            np.maximum(high, choice, out=high)
        if not is_wide and np.isinf(low).any():
            return {}
    return dict(zip(asked, zip(low[at].tolist(), high[at].tolist(), strict=True), strict=True))


def _width(one: Interval) -> float:
    return one[1] - one[0]
