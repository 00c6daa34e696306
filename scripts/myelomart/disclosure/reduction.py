"""The same question in fewer counts: what can be settled about sums before a programme is solved.

Counts that are equal become one, those that can be one number only become a number, and a sum goes
whose one free count takes whatever the others leave. None of this changes what a count may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from myelomart.disclosure.counts import Cell, Sum

Interval = tuple[float, float]


@dataclass(frozen=True)
class Equation:
    """The counts of ``terms``, each times its whole number, add up to ``total``."""

    terms: dict[Cell, int]
    total: float


@dataclass(frozen=True)
class Reduced:
    """Groups of equations that share no count, intervals, and which count stands for a cell."""

    groups: list[list[Equation]]
    known: dict[Cell, Interval]
    stands_for: dict[Cell, Cell]

    def of(self, cell: Cell) -> Cell:
        """The count that is equal to ``cell`` and stands in the equations."""
        return self.stands_for.get(cell, cell)


def reduced(known: dict[Cell, Interval], ties: list[Sum], asked: Collection[Cell]) -> Reduced:
    """What ``ties`` and the intervals of ``known`` say of the ``asked`` cells, in fewer counts."""
    ties = around(asked, ties, known)
    known, stands_for = _merged(known, ties)
    sums = {}
    for one in ties:
        whole, *parts = (stands_for.get(cell, cell) for cell in one.cells)
        if parts != [whole]:
            sums[whole, tuple(sorted(parts))] = Sum(whole, tuple(parts))
    known = tightened(known, [*sums.values()])
    equations = [_equation(one, known) for one in sums.values()]
    kept = {stands_for.get(cell, cell) for cell in asked}
    equations = _without_free([one for one in equations if one.terms], known, kept)
    return Reduced(_groups(equations), known, stands_for)


def around(cells: Iterable[Cell], ties: list[Sum], known: dict[Cell, Interval]) -> list[Sum]:
    """Those of ``ties`` that can say anything of ``cells``: a count that is one number passes none.

    >>> ties = [Sum((0, "x"), ((1, "x"), (2, "x"))), Sum((2, "x"), ((3, "x"), (4, "x")))]
    >>> known = {(k, "x"): (2.0, 2.0) if k == 2 else (0.0, 9.0) for k in range(5)}
    >>> [one.whole for one in around([(1, "x")], ties, known)]
    [(0, 'x')]
    """
    places: dict[Cell, list[int]] = {}
    for k, one in enumerate(ties):
        for cell in one.cells:
            low, high = known[cell]
            if low != high:
                places.setdefault(cell, []).append(k)
    seen: set[int] = set()
    reached = {*cells}
    waiting = [*reached]
    while waiting:
        for k in places.get(waiting.pop(), ()):
            if k not in seen:
                seen.add(k)
                fresh = {cell for cell in ties[k].cells if cell in places} - reached
                reached |= fresh
                waiting += fresh
    return [ties[k] for k in sorted(seen)]


def _merged(
    known: dict[Cell, Interval], ties: list[Sum]
) -> tuple[dict[Cell, Interval], dict[Cell, Cell]]:
    """Intervals in which equal counts share what is known of each, and the first of each."""
    known, parent = dict(known), {}

    def first(cell: Cell) -> Cell:
        while cell in parent:
            cell = parent[cell]
        return cell

    for one in ties:
        if len(one.parts) != 1:
            continue
        here, there = first(one.whole), first(one.parts[0])
        both = [max(known[here][0], known[there][0]), min(known[here][1], known[there][1])]
        if here != there and both[0] <= both[1]:  # else they are not equal after all
            parent[there], known[here] = here, (both[0], both[1])
    stands_for = {cell: first(cell) for cell in parent}
    return known | {cell: known[at] for cell, at in stands_for.items()}, stands_for


def tightened(known: dict[Cell, Interval], ties: list[Sum]) -> dict[Cell, Interval]:
    """The intervals that each sum leaves by itself, until none gets narrower."""
    known = dict(known)
    by_cell: dict[Cell, set[int]] = {}
    for k, one in enumerate(ties):
        for cell in one.cells:
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


def _equation(one: Sum, known: dict[Cell, Interval]) -> Equation:
    """A sum as an equation of the counts that are not one number yet."""
    terms = Counter({one.whole: -1})
    terms.update(one.parts)
    fixed = {cell for cell in terms if known[cell][0] == known[cell][1]}
    total = -sum(terms[cell] * known[cell][0] for cell in fixed)
    return Equation({c: k for c, k in terms.items() if k and c not in fixed}, total)


def _without_free(
    equations: list[Equation], known: dict[Cell, Interval], kept: set[Cell]
) -> list[Equation]:
    """Leave out equations that a count which nobody asks about, and no other has, always fits."""
    left = dict(enumerate(equations))
    places: dict[Cell, set[int]] = {}
    for k, one in left.items():
        for cell in one.terms:
            places.setdefault(cell, set()).add(k)
    waiting = set(left)
    while waiting:
        k = waiting.pop()
        one = left.get(k)
        if one is None or not any(
            places[cell] == {k} and cell not in kept and _fits_always(cell, one, known)
            for cell in one.terms
        ):
            continue
        del left[k]
        for cell in one.terms:
            places[cell].discard(k)
            waiting |= places[cell]
    return [*left.values()]


def _fits_always(cell: Cell, one: Equation, known: dict[Cell, Interval]) -> bool:
    """Whether ``cell`` can take what the other counts leave of the equation, whatever they are."""
    sign = one.terms[cell]
    if abs(sign) != 1:
        return False
    others = [(k, *known[name]) for name, k in one.terms.items() if name != cell]
    low = sum(k * (low if k > 0 else high) for k, low, high in others)
    high = sum(k * (high if k > 0 else low) for k, low, high in others)
    ends = sorted(sign * (one.total - end) for end in (low, high))
    return known[cell][0] <= ends[0] and ends[1] <= known[cell][1]


def _groups(equations: list[Equation]) -> list[list[Equation]]:
    """Equations that share a count, directly or through others, together."""
    places: dict[Cell, list[int]] = {}
    for k, one in enumerate(equations):
        for cell in one.terms:
            places.setdefault(cell, []).append(k)
    seen: set[int] = set()
    found = []
    for start in range(len(equations)):
        if start in seen:
            continue
        own, waiting = [], [start]
        seen.add(start)
        while waiting:
            k = waiting.pop()
            own.append(equations[k])
            fresh = {j for cell in equations[k].terms for j in places[cell]} - seen
            seen |= fresh
            waiting += fresh
        found.append(own)
    return found
