"""Which counts of a release are hidden: the small ones, and others until no small one can be told.

Counts that are shown are rounded, so that most sums tell nothing; where they still do, the
smallest count beside the hidden one is hidden too, and the solver looks again.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

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
from myelomart.disclosure.loss import Loss
from myelomart.disclosure.policies import NOT_TO_ONE, Policy
from myelomart.disclosure.ratios import arms_with_few_events, tells_few_events
from myelomart.disclosure.reduction import around, tightened
from myelomart.disclosure.rounding import OF_A_CURVE
from myelomart.disclosure.solver import Interval, narrow

COUNTS = ("x", "c", "n", "u")
MOST_ROUNDS = 50
UNBOUNDED = 10**6  # persons; more than any count of a release


def hidden_cells(
    frame: pd.DataFrame, policy: Policy, held: Held | None = None, more: frozenset = frozenset(),
    ties: list[Sum] | None = None, beside: Collection[Sum] = (),
) -> set[Cell]:  # fmt: skip
    """The counts of ``frame`` (estimates with their true numbers) that a release must not show.

    ``more`` are to be hidden whatever the sums say; ``ties`` are the `true_sums` of the frame.
    ``beside`` are sums that its words do not say, such as those of states: a small count needs no
    more room beside them than not to be told to within one.
    """
    held = held or Held()
    counts = counts_of(frame)
    true = {name: counts[name].to_dict() for name in COUNTS}
    ties = true_sums(frame) if ties is None else ties
    hidden = _small(frame, counts, policy) | _none_of_few(counts, policy)
    hidden = (hidden - held.shown.keys()) | held.hidden | more
    hidden |= _of_hidden_sizes(hidden, true, held)
    fixed = {(index, name) for index in held.out for name in COUNTS}
    ours = counts["is_ours"].to_dict()
    all_small = [
        (index, name) for name in COUNTS for index, value in true[name].items()
        if ours[index] and policy.is_small(value) and (index, name) not in held.shown
    ]  # fmt: skip
    elsewhere = [one for one in groups_elsewhere(frame, counts) if holds(one, true)]
    elsewhere = [*dict.fromkeys([*elsewhere, *beside])]
    neighbours = Neighbours([*ties, *elsewhere])
    loss = Loss(frame, [*ties, *elsewhere], true, fixed)

    def told(hidden: set[Cell], small: list[Cell], few: list[Cell]) -> tuple[list, list]:
        """Those of ``small`` and of ``few`` that have too little room where ``hidden`` is hidden.

        The first are read by whoever takes a hidden count for anything, the second by whoever takes
        it for small.
        """
        known = intervals(counts, hidden, policy, held)
        if small:
            small = list(narrow(small, known, ties, policy.least_width, true))
        if few:
            near = around(few, [*ties, *elsewhere], known)
            read = {*few, *(cell for one in near for cell in one.cells)}
            known |= _as_small([one for one in all_small if one in read], known, ties, policy)
            few = list(narrow(few, known, near, NOT_TO_ONE, true))
        return small, few

    small = few = all_small
    beyond_help: set[Cell] | None = None
    for _ in range(MOST_ROUNDS):
        small, few = told(hidden, small, few)  # the others stay wide
        if beyond_help is None:
            beyond_help = {*chain(*told(_all_that_can_be(true, ours, fixed), small, few))}
        small = [one for one in small if one not in beyond_help]
        few = [one for one in few if one not in beyond_help]
        more = {
            cell for one in {*small, *few}
            for cell in loss.cheapest(neighbours.nearest(one, loss.may_be_hidden(hidden)), hidden)
        }  # fmt: skip
        if not more:
            break
        hidden |= more | _of_hidden_sizes(more, true, held)
    return hidden


def _all_that_can_be(true: dict, ours: dict, fixed: set[Cell]) -> set[Cell]:
    """Every count that could be hidden: what is told beside these, nothing that is hidden helps."""
    return {
        (index, name) for name in ("x", "n", "u") for index, value in true[name].items()
        if ours[index] and value == value and (index, name) not in fixed
        and (value > 0 or (name == "x" and true["n"][index] > 0))
    }  # fmt: skip


def _none_of_few(counts: pd.DataFrame, policy: Policy) -> set[Cell]:
    """Known and unknown of which there are none, in a column of few persons."""
    if not policy.hides_none_of_few:
        return set()
    return {
        (one.Index, name) for one in counts[_in_few(counts, policy)].itertuples()
        for name in ("n", "u") if getattr(one, name) == 0
    }  # fmt: skip


def _in_few(counts: pd.DataFrame, policy: Policy) -> pd.Series:
    """Rows of a column of few persons; those at risk are counted at each time, and may be none."""
    of_a_curve = counts["kind"].isin(OF_A_CURVE)
    return counts["is_ours"] & counts["arm"].map(policy.is_small) & ~of_a_curve


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
    each small count must keep its room all the same. Nor is a count some where its whole column is
    hidden, with every 0 in it (`Policy.hides_none_of_few`). What is taken for known beyond what a
    reader sees can only make the intervals narrower, so that more is hidden, never less.
    """
    held = held or Held()
    known: dict[Cell, Interval] = {}
    shows_no_0 = _in_few(counts, policy) if policy.hides_none_of_few else counts["is_ours"] & False
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
                is_some &= not shows_no_0[one.Index]
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
