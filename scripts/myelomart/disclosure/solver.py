"""What a reader of a release can work out about a hidden count.

The reader knows an interval for each count (hidden: anything up to its whole; shown: what rounds
to it) and the sums between them. The least and the most that a hidden count may be, over whole
numbers, are two small integer programmes (HiGHS, Huangfu 2018, through scipy).
"""

from __future__ import annotations

from collections.abc import Iterable

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


def component(cell: Cell, ties: list[Sum], by_cell: dict[Cell, list[int]]) -> list[int]:
    """The sums that a cell is tied to, directly or through others."""
    seen, cells, waiting = set(), {cell}, [cell]
    while waiting:
        for k in by_cell.get(waiting.pop(), []):
            if k not in seen:
                seen.add(k)
                fresh = {ties[k].whole, *ties[k].parts} - cells
                cells |= fresh
                waiting += fresh
    return sorted(seen)


def possible(cell: Cell, known: dict[Cell, Interval], ties: list[Sum]) -> Interval:
    """The least and the most that ``cell`` may be, given every sum of ``ties``."""
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
    found = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(cells))
        goal[0] = sign
        answer = milp(goal, constraints=tied, bounds=bounds, integrality=np.ones(len(cells)))
        if answer.x is None:  # no whole numbers fit: what was taken for a sum is none
            return known[cell]
        found.append(round(answer.x[0]))
    return found[0], found[1]
