"""What can be rebuilt from a release, read as anybody can read it: without the true numbers.

A reader sees which counts are hidden, what rounds to those shown, and the words of the tables,
which suggest sums. A sum of a kind that fails where all its counts are shown is not believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.disclosure.counts import Cell, Neighbours, Sum, counts_of, sums
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.solver import Interval, narrow
from myelomart.display.cells import SUPPRESSED

UNBOUNDED = 10**6  # persons; more than any count of a release
BY_DEFINITION = ("those with and without", "known and unknown", "flow", "kept and removed",
                 "pairs of groups")  # fmt: skip
NAMES = {"x": "numerator", "n": "denominator", "u": "n_missing"}


@dataclass(frozen=True)
class Rebuilt:
    """A hidden count that the sums leave too little room, and the nearest that are shown."""

    cell: Cell
    low: float
    high: float
    shown_near: tuple[tuple[float, Cell], ...]  # value and cell, smallest first


def rebuilt(
    shown: pd.DataFrame, policy: Policy, cells: set[Cell] | None = None,
    exact: dict[Cell, float] | None = None,
) -> list[Rebuilt]:  # fmt: skip
    """The hidden counts of ``shown`` that may be small and can be told to less than allowed.

    ``cells`` are the hidden counts where they are known; else they are guessed from what is empty.
    ``exact`` are counts that other files tell without rounding.
    """
    known, hidden, ties = what_is_read(shown, policy, cells)
    known |= {cell: (count, count) for cell, count in (exact or {}).items() if cell in known}
    ties = list(believed(shown, ties, known, hidden))
    found = narrow(hidden, known, ties, policy.least_width)
    neighbours, unseen = Neighbours(ties), {*hidden}
    return [
        Rebuilt(cell, low, high, tuple(sorted(
            (known[other][0], other) for other in neighbours.nearest(
                cell, lambda one: one not in unseen and one[1] != "c" and known[one][0] > 0
            )
        )))
        for cell, (low, high) in found.items()
        if low < policy.hides_below and high > 0 and (low > 0 or cell[1] != "u")
    ]  # fmt: skip


def near(found: list[Rebuilt], out: Collection[int] = ()) -> set[Cell]:
    """For each count that is told, the smallest shown near it: hidden too, it gives it room.

    Rows ``out`` are public already and cannot be hidden.
    """
    own = ([cell for _, cell in one.shown_near if cell[0] not in out] for one in found)
    return {cells[0] for cells in own if cells}


def what_is_read(
    shown: pd.DataFrame, policy: Policy, cells: set[Cell] | None = None
) -> tuple[dict[Cell, Interval], list[Cell], list[Sum]]:
    """An interval per count, the counts that are hidden, and every sum that words suggest."""
    counts = counts_of(shown)
    is_hidden = shown["status"].eq(SUPPRESSED).fillna(False) & counts["is_ours"]
    rows = counts[counts["is_ours"]]
    flags, said = is_hidden.to_dict(), shown["statistic"].to_dict()
    has_unknown = set(shown.loc[shown["n_missing"].notna(), "statistic"])
    has_whole = shown["denominator"].notna()[counts["is_ours"] & ~is_hidden]
    has_whole = has_whole.groupby(shown["statistic"]).all()
    has_whole = set(has_whole.index[has_whole])
    biggest = np.nanmax([*rows["n"], *rows["x"], 1.0])
    known: dict[Cell, Interval] = {}
    hidden: list[Cell] = []
    for one in rows.itertuples():
        row_hidden, statistic = flags[one.Index], said[one.Index]
        most = policy.possible(policy.round(one.size))[1] if one.size > 0 else 2 * biggest
        may_hide = {"x": row_hidden and one.kind != "hidden" and one.kind != "test",
                    "n": row_hidden and (one.kind in ("share", "effect", "sample")
                                         or statistic in has_whole),
                    "u": statistic in has_unknown and one.kind != "count"}  # fmt: skip
        for name in ("x", "n", "u"):
            value, cell = getattr(one, name), (one.Index, name)
            if value == value:
                known[cell] = policy.possible(policy.round(value))
            elif may_hide[name] if cells is None else cell in cells:
                # an unknown that is not given may be none, or not asked for
                is_some = (name == "n" or cells is not None) if name != "x" else one.n == one.n
                known[cell] = (int(is_some), most)
                hidden.append(cell)
        parts = (one.Index, "x") in known and (one.Index, "n") in known
        if parts and one.kind in ("count", "share", "effect"):
            known[one.Index, "c"] = (0, most)
    ties = [one for one in sums(shown, counts) if all(cell in known for cell in one.cells)]
    return known, hidden, ties


def believed(
    shown: pd.DataFrame, ties: list[Sum], known: dict[Cell, Interval], hidden: list[Cell]
) -> Iterator[Sum]:
    """Sums of a kind that holds, of an analysis and an arm, wherever all is shown.

    That none is none and none says nothing of a kind; and the columns that make up another do so
    for every count, so that the one of which most is shown speaks for the others.
    """
    hidden_cells = set(hidden)
    groups: dict[tuple, list[Sum]] = defaultdict(list)
    names = shown[["study_id", "analysis_id", "population", "arm", "statistic"]].astype(str)
    place = dict(zip(shown.index, names.itertuples(index=False, name=None), strict=True))
    for one in ties:
        others = {place[index] for index, _ in one.parts}
        other = min(others) if one.kind == "said twice" else ()
        count = "" if one.kind == "arms" else one.whole[1]
        groups[one.kind, count, place[one.whole[0]], other].append(one)
    for (kind, *_), own in groups.items():
        seen = [one for one in own if not hidden_cells & {*one.cells}]
        fit = [_fits(one, known) for one in seen if any(known[cell][1] for cell in one.cells)]
        if kind in BY_DEFINITION or (fit and all(fit)):
            yield from (one for one in own if _fits(one, known))


def _fits(one: Sum, known: dict[Cell, Interval]) -> bool:
    low, high = (sum(known[part][k] for part in one.parts) for k in (0, 1))
    return low <= known[one.whole][1] and high >= known[one.whole][0]
