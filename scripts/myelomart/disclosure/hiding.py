"""Which counts of a release are hidden: the small ones, and others until no small one can be told.

Counts that are shown are rounded, so that most sums tell nothing; where they still do, the
smallest count beside the hidden one is hidden too, and the solver looks again.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from myelomart.disclosure.counts import (
    Cell,
    Neighbours,
    Sum,
    counts_of,
    groups_elsewhere,
    holds,
    sums,
)
from myelomart.disclosure.former import Held
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.ratios import arms_with_few_events, tells_few_events
from myelomart.disclosure.reduction import around, tightened
from myelomart.disclosure.solver import Interval, narrow

COUNTS = ("x", "c", "n", "u")
MOST_ROUNDS = 50
NOT_TO_ONE = 3  # how far apart the ends must be of what is known of a count to be small
UNBOUNDED = 10**6  # persons; more than any count of a release


def hidden_cells(
    frame: pd.DataFrame, policy: Policy, held: Held | None = None, more: frozenset = frozenset(),
    ties: list[Sum] | None = None,
) -> set[Cell]:  # fmt: skip
    """The counts of ``frame`` (estimates with their true numbers) that a release must not show.

    ``more`` are to be hidden whatever the sums say; ``ties`` are the `true_sums` of the frame.
    """
    held = held or Held()
    counts = counts_of(frame)
    true = {name: counts[name].to_dict() for name in COUNTS}
    ties = true_sums(frame) if ties is None else ties
    hidden = (_small(frame, counts, policy) - held.shown.keys()) | held.hidden | more
    hidden |= _of_hidden_sizes(hidden, true, held)
    fixed = {(index, name) for index in held.out for name in COUNTS}
    ours = counts["is_ours"].to_dict()
    small = [
        (index, name) for name in COUNTS for index, value in true[name].items()
        if ours[index] and policy.is_small(value) and (index, name) not in held.shown
    ]  # fmt: skip
    elsewhere = [one for one in groups_elsewhere(frame, counts) if holds(one, true)]
    neighbours, few, all_small = Neighbours([*ties, *elsewhere]), small, small
    for _ in range(MOST_ROUNDS):
        known = intervals(counts, hidden, policy, held)
        if small:  # the others stay wide
            small = list(narrow(small, known, ties, policy.least_width, true))
        if few:
            near = around(few, [*ties, *elsewhere], known)
            read = {*few, *(cell for one in near for cell in one.cells)}
            known |= _as_small([one for one in all_small if one in read], known, ties, policy)
            few = list(narrow(few, known, near, NOT_TO_ONE, true))
        told = {*small, *few}
        more = {_smallest_near(cell, neighbours, hidden | fixed, true) for cell in told} - {None}
        if not more:
            break
        hidden |= more | _of_hidden_sizes(more, true, held)
    return hidden


def _of_hidden_sizes(cells: Collection[Cell], true: dict, held: Held) -> set[Cell]:
    """The numerators of rows whose size is hidden: such a row shows none, not even that it is 0."""
    rows = ((index, "x") for index, name in cells if name == "n")
    return {cell for cell in rows if cell not in held.shown and true["x"][cell[0]] >= 0}


def _as_small(cells: list[Cell], known: dict, ties: list[Sum], policy: Policy) -> dict:
    """What is known of small counts by a reader who sees why they are hidden: that they are small.

    Next to nothing else is hidden, so that he is nearly always right; the reader of `intervals`
    takes a hidden count for anything. A numerator may be hidden for its rest instead, and the rest
    for the numerator, as long as the sums leave room for that.
    """
    most = policy.hides_below - 1
    others = {(index, name): (index, {"x": "c", "c": "x"}.get(name, "")) for index, name in cells}
    told = tightened(known, around([*others, *others.values()], ties, known))
    found = {}
    for index, name in cells:
        other = told.get(others[index, name], (UNBOUNDED, UNBOUNDED))
        if other[0] > most:
            low, high = known[index, name]
            found[index, name] = low, min(high, most)
    return found


def true_sums(frame: pd.DataFrame) -> list[Sum]:
    """The sums between the counts of ``frame`` that hold."""
    counts = counts_of(frame)
    true = {name: counts[name].to_dict() for name in COUNTS}
    return [one for one in sums(frame, counts) if holds(one, true)]


def intervals(
    counts: pd.DataFrame, hidden: set[Cell], policy: Policy, held: Held | None = None
) -> dict[Cell, Interval]:
    """What a reader knows of each count: what rounds to it, or anything that it can be.

    None is shown, so that a hidden count is 1 at least where it is not none; but in a row whose
    size is hidden none is hidden too. Whoever knows this code learns of a hidden size that it is 1
    to below the limit, and of a count in it no more than that: both are taken for known here, and
    each small count must keep its room all the same. What is taken for known beyond what a reader
    sees can only make the intervals narrower, so that more is hidden, never less.
    """
    held = held or Held()
    known: dict[Cell, Interval] = {}
    for one in counts[counts["is_ours"]].itertuples():
        most = policy.possible(policy.round(one.size))[1] if one.size > 0 else UNBOUNDED
        if policy.is_small(one.size):  # hidden too: all that is known of it is that it is small
            most = policy.hides_below - 1
        for name in COUNTS:
            value = getattr(one, name)
            if value != value:
                continue
            cell = one.Index, name
            if cell in hidden or name == "c":
                is_some = name in ("n", "u") or (one.Index, "n") not in hidden
                known[cell] = (min(value, 1) if is_some else 0, max(most, value))
            else:
                known[cell] = held.possible(cell, value, policy)
    return known


def _small(frame: pd.DataFrame, counts: pd.DataFrame, policy: Policy) -> set[Cell]:
    """Small counts, and numerators beside small others, of rows that speak of our persons."""
    hidden: set[Cell] = set()
    ratios = frame[counts["kind"] == "effect"].to_dict("index")
    few_events = arms_with_few_events(frame, counts["x"].map(policy.is_small))
    for one in counts[counts["is_ours"]].itertuples():
        if policy.is_small(one.n):
            hidden.add((one.Index, "n"))
        if policy.is_small(one.u):
            hidden.add((one.Index, "u"))
        if any(policy.is_small(value) for value in (one.x, one.c, one.n)) or (
            one.kind == "effect" and tells_few_events(ratios[one.Index], few_events, policy)
        ):
            hidden.add((one.Index, "x"))
    return hidden


def _smallest_near(
    cell: Cell, neighbours: Neighbours, hidden: set[Cell], true: dict
) -> Cell | None:
    """The smallest count above 0 that is still shown in a sum with ``cell``, or near it."""
    near = neighbours.nearest(
        cell,
        lambda one: one not in hidden and one[1] != "c" and true[one[1]][one[0]] > 0,
    )
    return min(near, key=lambda one: (true[one[1]][one[0]], one), default=None)
