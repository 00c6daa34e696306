"""Which counts of a release are hidden: the small ones, and others until no small one can be told.

Counts that are shown are rounded, so that most sums tell nothing; where they still do, the
smallest count beside the hidden one is hidden too, and the solver looks again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from myelomart.disclosure.counts import Sum, counts_of, holds, sums
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.solver import Cell, Interval, component, possible, tightened

COUNTS = ("x", "c", "n", "u")
MOST_ROUNDS = 50
AN_ARM = ["study_id", "population", "endpoint", "timepoint_months"]


@dataclass
class Told:
    """What a reader of a release knows: an interval for each count, and the sums between them."""

    known: dict[Cell, Interval]
    ties: list[Sum]
    by_cell: dict[Cell, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for k, one in enumerate(self.ties):
            for cell in {one.whole, *one.parts}:
                self.by_cell.setdefault(cell, []).append(k)

    def narrow(self, cells: list[Cell], least_width: int) -> dict[Cell, Interval]:
        """Those of ``cells`` that can be told to less than ``least_width``."""
        known = tightened(self.known, self.ties)
        found = {}
        for cell in cells:
            low, high = known[cell]
            if high - low >= least_width and cell in self.by_cell:
                own = component(cell, self.ties, self.by_cell)
                low, high = possible(cell, known, [self.ties[k] for k in own])
            if high - low < least_width:
                found[cell] = (low, high)
        return found


def hidden_cells(frame: pd.DataFrame, policy: Policy) -> set[Cell]:
    """The counts of ``frame`` (estimates with their true numbers) that a release must not show."""
    counts = counts_of(frame)
    true = {name: counts[name].to_dict() for name in COUNTS}
    ties = [one for one in sums(frame, counts) if holds(one, true)]
    hidden = _small(frame, counts, policy)
    small = [
        (index, name) for name in COUNTS for index, value in true[name].items()
        if counts.at[index, "is_ours"] and policy.is_small(value)
    ]  # fmt: skip
    for _ in range(MOST_ROUNDS):
        told = Told(intervals(counts, hidden, policy), ties)
        small = list(told.narrow(small, policy.least_width))  # the others stay wide from here on
        more = {_smallest_beside(cell, told, hidden, true) for cell in small} - {None}
        if not more:
            break
        hidden |= more
    return hidden


def intervals(counts: pd.DataFrame, hidden: set[Cell], policy: Policy) -> dict[Cell, Interval]:
    """What a reader knows of each count: what rounds to it, or anything that it can be."""
    known: dict[Cell, Interval] = {}
    for one in counts[counts["is_ours"]].itertuples():
        most = policy.possible(policy.round(one.size))[1] if one.size > 0 else 10.0**6
        for name in COUNTS:
            value = getattr(one, name)
            if value != value:
                continue
            if (one.Index, name) in hidden or name == "c":
                known[one.Index, name] = (0, max(most, value))
            else:
                known[one.Index, name] = policy.possible(policy.round(value))
    return known


def _small(frame: pd.DataFrame, counts: pd.DataFrame, policy: Policy) -> set[Cell]:
    """Small counts, and numerators beside small others, of rows that speak of our persons."""
    hidden: set[Cell] = set()
    few_events = _arms_with_few_events(frame, counts, policy)
    for one in counts[counts["is_ours"]].itertuples():
        if policy.is_small(one.n):
            hidden.add((one.Index, "n"))
        if policy.is_small(one.u):
            hidden.add((one.Index, "u"))
        if any(policy.is_small(value) for value in (one.x, one.c, one.n)) or (
            one.kind == "effect" and _tells_few_events(frame.loc[one.Index], few_events, policy)
        ):
            hidden.add((one.Index, "x"))
    return hidden


def _arms_with_few_events(frame: pd.DataFrame, counts: pd.DataFrame, policy: Policy) -> set[tuple]:
    """Endpoints of which an arm has few events, in any analysis of a study."""
    events = frame[(frame["statistic"] == "events") & counts["x"].map(policy.is_small)]
    return set(events[AN_ARM].astype(str).itertuples(index=False, name=None))


def _tells_few_events(row: pd.Series, few_events: set[tuple], policy: Policy) -> bool:
    """Whether a ratio rests on few events of an arm: said, or as its interval tells.

    The variance of a log hazard ratio is near 1 / a + 1 / b for a and b events, so that its
    inverse is below the smaller of the two.
    """
    if tuple(row[AN_ARM].astype(str)) in few_events:
        return True
    low, high = row["ci_low"], row["ci_high"]
    if not (low > 0 and high > low):
        return False
    error = (math.log(high) - math.log(low)) / (2 * 1.959964)
    return 1 / error**2 < policy.hides_below / 2


def _smallest_beside(cell: Cell, told: Told, hidden: set[Cell], true: dict) -> Cell | None:
    """The smallest count above 0 that is still shown in a sum with ``cell``."""
    beside = {
        other
        for k in told.by_cell.get(cell, [])
        for other in (told.ties[k].whole, *told.ties[k].parts)
        if other not in hidden and other[1] != "c" and true[other[1]][other[0]] > 0
    }
    return min(beside, key=lambda one: (true[one[1]][one[0]], one), default=None)
