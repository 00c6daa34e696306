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

from myelomart.disclosure.counts import Sum

Cell = tuple[int, str]
Interval = tuple[float, float]


def tightened(known: dict[Cell, Interval], ties: list[Sum]) -> dict[Cell, Interval]:
    """The intervals that each sum leaves by itself, until none gets narrower."""
    known = dict(known)
    by_cell: dict[Cell, set[int]] = {}
    for k, one in enumerate(ties):
        for cell in (one.whole, *one.parts):
            by_cell.setdefault(cell, set()).add(k)
    waiting = set(range(len(ties)))
    while waiting:
        one = ties[waiting.pop()]
        for cell, interval in _of_one(one, known):
            old = known[cell]
            new = max(old[0], interval[0]), min(old[1], interval[1])
            if new != old and new[0] <= new[1]:
                known[cell] = new
                waiting |= by_cell[cell]
    return known


def _of_one(one: Sum, known: dict[Cell, Interval]) -> Iterable[tuple[Cell, Interval]]:
    low = sum(known[part][0] for part in one.parts)
    high = sum(known[part][1] for part in one.parts)
    yield one.whole, (low, high)
    whole = known[one.whole]
    for part in one.parts:
        rest_low, rest_high = low - known[part][0], high - known[part][1]
        yield part, (whole[0] - rest_high, whole[1] - rest_low)


def components(ties: list[Sum]) -> dict[Cell, list[int]]:
    """Cell to the sums that it is tied to, directly or through others: one list per component."""
    by_cell: dict[Cell, list[int]] = {}
    for k, one in enumerate(ties):
        for cell in {one.whole, *one.parts}:
            by_cell.setdefault(cell, []).append(k)
    of: dict[Cell, list[int]] = {}
    for start in by_cell:
        if start in of:
            continue
        seen, waiting, own = {start}, [start], set()
        while waiting:
            for k in set(by_cell[waiting.pop()]) - own:
                own.add(k)
                fresh = {ties[k].whole, *ties[k].parts} - seen
                seen |= fresh
                waiting += fresh
        of |= dict.fromkeys(seen, sorted(own))
    return of


def extremes(cell: Cell, known: dict[Cell, Interval], ties: list[Sum]) -> Iterator[dict[Cell, int]]:
    """A choice of all counts in which ``cell`` is least, then one in which it is most.

    Nothing where no whole numbers fit: what was taken for a sum is none.
    """
    cells = list({cell: None} | {c: None for one in ties for c in (one.whole, *one.parts)})
    place = {name: k for k, name in enumerate(cells)}
    values, rows, columns = [], [], []
    for k, one in enumerate(ties):
        for name, sign in [(one.whole, -1.0), *((part, 1.0) for part in one.parts)]:
            values.append(sign)
            rows.append(k)
            columns.append(place[name])
    limits = [known[name] for name in cells]
    bounds = Bounds([low for low, _ in limits], [high for _, high in limits])
    tied = LinearConstraint(csr_array((values, (rows, columns)), (len(ties), len(cells))), 0, 0)
    for sign in (1.0, -1.0):
        goal = np.zeros(len(cells))
        goal[0] = sign
        answer = milp(goal, constraints=tied, bounds=bounds, integrality=np.ones(len(cells)))
        if answer.x is None:
            return
        yield dict(zip(cells, np.rint(answer.x).astype(int).tolist(), strict=True))


def possible(cell: Cell, known: dict[Cell, Interval], ties: list[Sum]) -> Interval:
    """The least and the most that ``cell`` may be, given every sum of ``ties``."""
    found = [one[cell] for one in extremes(cell, known, ties)]
    return (found[0], found[1]) if len(found) == 2 else known[cell]


def narrow(
    cells: Iterable[Cell], known: dict[Cell, Interval], ties: list[Sum], least_width: int
) -> dict[Cell, Interval]:
    """Those of ``cells`` that can be told to less than ``least_width``, with what they may be.

    A choice of counts that is found for one cell is a possible value of every other beside it: most
    cells are seen to be wide before they are asked about.
    """
    known = tightened(known, ties)
    tied_to = components(ties)
    seen: dict[Cell, Interval] = {}
    found = {}
    for cell in cells:
        low, high = known[cell]
        if high - low >= least_width and cell in tied_to:
            low, high = _asked(cell, known, [ties[k] for k in tied_to[cell]], seen, least_width)
        if high - low < least_width:
            found[cell] = low, high
    return found


def _asked(cell, known, ties, seen: dict[Cell, Interval], least_width: int) -> Interval:
    low, high = seen.get(cell, (np.inf, -np.inf))
    if high - low >= least_width:
        return low, high
    answers = 0
    for one in extremes(cell, known, ties):
        answers += 1
        for other, value in one.items():
            least, most = seen.get(other, (value, value))
            seen[other] = min(least, value), max(most, value)
        if seen[cell][1] - seen[cell][0] >= least_width:
            return seen[cell]
    return seen[cell] if answers == 2 else known[cell]
