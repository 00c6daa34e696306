"""The counts that stand behind each estimate, and the sums that tie them together.

A row of the estimates has up to four counts: its numerator, the others of those it is known of,
those known, and those unknown. What a reader of a release knows of them are intervals and sums:
levels make up a whole, known and unknown make up an arm, each step of a flow is the step before
less those who left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise, permutations

import numpy as np
import pandas as pd

from myelomart.disclosure.policies import kinds

COUNTED = ("persons", "lines")  # units of a count; sites and trials are no persons
PUBLIC = ("as printed", "pooled by us")  # published before; an overlap counts our own persons
AT = ["study_id", "analysis_id", "population"]
WHAT = ["row_group", "row_label", "endpoint", "timepoint_months"]
Cell = tuple[int, str]  # row and which of its counts
YES = ": yes"  # what a table of two states adds to the label of a yes-or-no row
PARTS = {"inside": "hazard_ratio_inside", "outside": "hazard_ratio_outside"}


@dataclass(frozen=True)
class Sum:
    """``whole`` is the sum of ``parts``; each is a row and the count of it that is meant."""

    whole: tuple[int, str]
    parts: tuple[tuple[int, str], ...]
    kind: str = field(default="", compare=False)  # why it should hold

    @property
    def cells(self) -> tuple[tuple[int, str], ...]:
        """All counts of the sum, the whole first."""
        return self.whole, *self.parts


class Neighbours:
    """Which counts stand in a sum with which."""

    def __init__(self, ties: Iterable[Sum]) -> None:
        self._of: dict[Cell, set[Cell]] = defaultdict(set)
        for one in ties:
            for cell in one.cells:
                self._of[cell] |= {*one.cells}

    def nearest(self, cell: Cell, may_be_hidden: Callable[[Cell], bool]) -> set[Cell]:
        """The counts that can be hidden to give ``cell`` room: those in a sum with it.

        Where none of them can, those in a sum with these, and so on: a hidden count is as narrow as
        the shown ones further along leave it.
        """
        seen = ring = {cell}
        while ring:
            ring = {other for one in ring for other in self._of[one]} - seen
            seen = seen | ring
            if found := {other for other in ring if may_be_hidden(other)}:
                return found
        return set()


def counts_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Kind, whether it is ours, and the counts ``x``, ``c`` (the others), ``n``, ``u``."""
    kind = frame["statistic"].map(kinds()).fillna("hidden")
    counted = frame["unit"].isin(COUNTED) | frame["unit"].isna()
    is_ours = ~frame["population"].isin(PUBLIC) & ~((kind == "count") & ~counted)
    x = frame["numerator"].where((kind != "count") | frame["estimate"].isna(), frame["estimate"])
    size = frame.groupby([*AT, "arm", "endpoint"], dropna=False)["denominator"].transform("max")
    gone = (size * (1 - frame["estimate"])).round()
    x = x.where(kind != "remaining", gone)
    x = x.where(kind != "reached", (size * frame["estimate"]).round())
    counts = pd.DataFrame(
        {"kind": kind, "is_ours": is_ours, "x": x, "n": frame["denominator"],
         "u": frame["n_missing"], "size": size}
    )  # fmt: skip
    has_rest = kind.isin(["count", "share", "effect"]) & (x <= counts["n"])
    counts["c"] = (counts["n"] - x).where(has_rest)  # the others of those known
    return counts.astype(dict.fromkeys(["x", "n", "u", "c", "size"], float))


def sums(frame: pd.DataFrame, counts: pd.DataFrame) -> Iterator[Sum]:
    """Every sum that the words of a release suggest; whether it holds is for the caller to see."""
    rows = frame[counts["is_ours"]].assign(kind=counts["kind"])
    rows["of"] = (
        rows["row_label"]
        .str.rpartition(": ")[0]
        .where(rows["row_label"].str.contains(": ", na=False))
    )
    for index in counts.index[counts["is_ours"] & counts["c"].notna()]:
        yield Sum((index, "n"), ((index, "x"), (index, "c")), "those with and without")
    for kind, make in MAKERS.items():
        for one in make(rows):
            yield replace(one, kind=kind)


def _together(rows: pd.DataFrame, keys: list[str]) -> Iterable[list[int]]:
    """Rows that have the same words in ``keys``."""
    words = zip(*(rows[name].astype(str) for name in keys), strict=True)
    together: dict[tuple, list[int]] = {}
    for index, key in zip(rows.index, words, strict=True):
        together.setdefault(key, []).append(index)
    return together.values()


def _said_twice(rows: pd.DataFrame) -> Iterator[Sum]:
    """A count that stands in several rows, of one analysis or of several, of any study."""
    for keys in (["study_id", "population", "arm", *WHAT], ["statistic", "arm", *WHAT]):
        for own in _together(rows, keys):
            for here, then in pairwise(own):
                for count in ("x", "n", "u"):
                    yield Sum((here, count), ((then, count),))


def _levels(rows: pd.DataFrame) -> Iterator[Sum]:
    """The levels of a variable make up those known, or those known and unknown."""
    keys = [*AT, "row_group", "endpoint", "timepoint_months", "arm", "of", "statistic"]
    with_levels = rows[rows["of"].notna() & rows["kind"].isin(["count", "share"])]
    unknown = with_levels["row_label"].str.endswith(": unknown").to_dict()
    for own in _together(with_levels, keys):
        for parts in (own, [at for at in own if not unknown[at]]):
            if len(parts) > 1:
                yield Sum((parts[0], "n"), tuple((at, "x") for at in parts))
                for here, then in pairwise(parts):
                    yield Sum((here, "n"), ((then, "n"),))
                    yield Sum((here, "u"), ((then, "u"),))


def _arms(rows: pd.DataFrame) -> Iterator[Sum]:
    """Where a row has a column of all, the other columns make it up."""
    counted = rows[rows["kind"].isin(["count", "share", "sample"])]
    arms = counted["arm"].astype(str).to_dict()
    for own in _together(counted, [*AT, *WHAT, "statistic"]):
        if len(own) < 3 or len({arms[index] for index in own}) < len(own):
            continue
        for count in ("x", "n", "u"):
            for whole in own:
                yield Sum((whole, count), tuple((at, count) for at in own if at != whole))


def _known_and_unknown(rows: pd.DataFrame) -> Iterator[Sum]:
    """Known and unknown are the arm, whatever the row; an arm's size is one number."""
    size = rows[(rows["row_group"] == "Size") & (rows["row_label"] == "Persons")]
    sizes = {(one.study_id, one.analysis_id, one.population, one.arm): one.Index
             for one in size.itertuples()}  # fmt: skip
    anywhere = {(key[0], key[1], key[3]): at for key, at in sizes.items()}
    for one in rows[rows["n_missing"].notna()].itertuples():
        at = sizes.get((one.study_id, one.analysis_id, one.population, one.arm))
        at = anywhere.get((one.study_id, one.analysis_id, one.arm)) if at is None else at
        if at is not None:
            yield Sum((at, "x"), ((one.Index, "n"), (one.Index, "u")))
    of_levels = rows[rows["of"].notna()]
    unknown = of_levels["row_label"].str.endswith(": unknown").to_dict()
    arm = {one.Index: anywhere.get((one.study_id, one.analysis_id, one.arm))
           for one in of_levels.itertuples()}  # fmt: skip
    for own in _together(of_levels, ["study_id", "analysis_id", "arm", "of"]):
        for one in (index for index in own if unknown[index] and arm[index] is not None):
            yield Sum((arm[one], "x"), ((one, "n"),))
            for level in own:
                if level != one:
                    yield Sum((arm[one], "x"), ((one, "x"), (level, "n")))


def _flow(rows: pd.DataFrame) -> Iterator[Sum]:
    """Who came to a step stayed or left; who stayed comes to the next."""
    steps = rows[rows["statistic"].isin(["persons_after", "persons_excluded"])]
    for _, own in steps.groupby([*AT, "arm"], dropna=False, sort=False):
        stayed = own.index[own["statistic"] == "persons_after"]
        left = own.index[own["statistic"] == "persons_excluded"]
        for here, gone in zip(stayed, left, strict=False):
            yield Sum((here, "n"), ((here, "x"), (gone, "x")))
        for here, then in zip(stayed[:-1], stayed[1:], strict=True):
            yield Sum((then, "n"), ((here, "x"),))


def _kept_and_removed(rows: pd.DataFrame) -> Iterator[Sum]:
    """Those compared and those removed are the arm; events of both arms are those of the ratio."""
    counted = rows[rows["kind"].isin(["count", "effect"])]
    keys = ["study_id", "analysis_id", "population", "endpoint", "timepoint_months"]
    said = counted[["statistic", "arm"]].astype(str)
    said = dict(zip(counted.index, said.itertuples(index=False, name=None), strict=True))
    for own in _together(counted, keys):
        at = {said[index]: index for index in own}
        arms = [arm for statistic, arm in at if statistic == "n"]
        for arm in arms:
            if removed := at.get(("removed_for_prior_outcome", arm)):
                yield Sum((removed, "n"), ((at["n", arm], "x"), (removed, "x")))
        ratios = [index for (statistic, _), index in at.items() if statistic == "hazard_ratio"]
        events = [at[key] for key in at if key[0] == "events"]
        for ratio in ratios:
            yield Sum((ratio, "x"), tuple((index, "x") for index in events))
            yield Sum((ratio, "n"), tuple((at["n", arm], "x") for arm in arms))


def _inside_and_outside(rows: pd.DataFrame) -> Iterator[Sum]:
    """Inside and outside of a subgroup, and those in neither, are those of the whole."""
    parts = rows[rows["statistic"].isin(PARTS.values())]
    totals: dict[tuple, list[int]] = {}
    for one in rows[rows["statistic"] == "hazard_ratio"].itertuples():
        totals.setdefault((one.study_id, one.population, one.endpoint), []).append(one.Index)
    both = rows[rows["statistic"] == "interaction_chi2"]
    tested = {tuple(key): index for index, key in zip(
        both.index, both[[*AT, *WHAT]].astype(str).to_numpy(), strict=True)}  # fmt: skip
    for _, own in parts.groupby([*AT, *WHAT], dropna=False, sort=False):
        first = own.iloc[0]
        events, known = (tuple((index, name) for index in own.index) for name in ("x", "n"))
        for at in totals.get((first["study_id"], first["population"], first["endpoint"]), []):
            yield Sum((at, "x"), events)
            yield Sum((at, "n"), (*known, (own.index[0], "u")))
        at = tested.get(tuple(first[[*AT, *WHAT]].astype(str)))
        if at is not None:
            yield Sum((at, "x"), events)
            yield Sum((at, "n"), known)


def _pairs_of_groups(rows: pd.DataFrame) -> Iterator[Sum]:
    """A test of two groups rests on the persons of both."""
    samples = rows[rows["kind"] == "sample"]
    of = {(*key, arm): index for index, *key, arm in samples[[*AT, "endpoint", "arm"]]
          .astype(str).itertuples()}  # fmt: skip
    for one in rows[rows["statistic"] == "pair"].itertuples():
        where = tuple(str(getattr(one, name)) for name in (*AT, "endpoint"))
        arms = {key[-1]: at for key, at in of.items() if key[:-1] == where}
        for first, second in permutations(arms, 2):
            if one.row_label.endswith(f"{first} against {second}"):
                yield Sum((one.Index, "n"), ((arms[first], "n"), (arms[second], "n")))


def _level_and_its_table(rows: pd.DataFrame) -> Iterator[Sum]:
    """Where a level has a table of its own, as a row of a transition has, it counts that table.

    The columns of such tables, which stand below each other, make up the level that they are of,
    wherever a study counts it in all persons.
    """
    levels = rows[rows["kind"].isin(["count", "share"])]
    at: dict[tuple, list[int]] = {}
    for one in levels.itertuples():
        at.setdefault((one.study_id, one.row_label), []).append(one.Index)
    place = dict(zip(levels.index, map(tuple, levels[AT].astype(str).to_numpy()), strict=True))
    in_table = rows["row_group"].str.contains(": ", na=False)
    tables = rows[in_table & rows["kind"].isin(["count", "share"])]
    for one in tables.itertuples():
        for whole in at.get((one.study_id, one.row_group), []):
            if place[whole] == tuple(str(getattr(one, name)) for name in AT):
                yield Sum((whole, "x"), ((one.Index, "n"),))
    for column in _together(tables, [*AT, "row_label", "statistic"]):
        study, label = rows.at[column[0], "study_id"], rows.at[column[0], "row_label"]
        same = [*at.get((study, label), []), *at.get((study, label.removesuffix(YES)), [])]
        for whole in {*same} - {*column}:
            yield Sum((whole, "x"), tuple((part, "x") for part in column))


MAKERS = {
    "said twice": _said_twice, "levels": _levels, "arms": _arms,
    "known and unknown": _known_and_unknown, "flow": _flow,
    "kept and removed": _kept_and_removed, "inside and outside": _inside_and_outside,
    "pairs of groups": _pairs_of_groups, "a level and its table": _level_and_its_table,
}  # fmt: skip


def holds(one: Sum, counts: dict[str, dict[int, float]]) -> bool:
    """Whether a sum holds of the true counts; False where one of them is missing."""
    total = sum(counts[name][index] for index, name in one.parts)
    return bool(np.isclose(total, counts[one.whole[1]][one.whole[0]]))
