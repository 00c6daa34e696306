"""The counts that stand behind each estimate, and the sums that tie them together.

A row of the estimates has up to four counts: its numerator, the others of those it is known of,
those known, and those unknown. What a reader of a release knows of them are intervals and sums:
levels make up a whole, known and unknown make up an arm, each step of a flow is the step before
less those who left.
"""

from __future__ import annotations

from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, permutations
from operator import attrgetter

import numpy as np
import pandas as pd

from myelomart.disclosure.policies import kinds

COUNTED = ("persons", "lines")  # units of a count; sites and trials are no persons
PUBLIC = ("as printed", "pooled by us")  # published before; an overlap counts our own persons
AT = ["study_id", "analysis_id", "population"]
WHAT = ["row_group", "row_label", "endpoint", "timepoint_months"]
Cell = tuple[int, str]  # row and which of its counts
LEVEL_KINDS = ("count", "share")
GROUPED = ("count", "share", "sample", "remaining", "reached", "time_median")
ROW_WORDS = [*AT, *WHAT, "arm", "statistic"]
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


class Row(namedtuple("Row", ["at", "kind", "of", *ROW_WORDS])):
    """The words of a row; ``at`` is its index, ``of`` the variable that it is a level of."""

    __slots__ = ()

    @property
    def place(self) -> tuple[str | None, ...]:
        """Study, analysis and population."""
        return self.study_id, self.analysis_id, self.population

    @property
    def is_unknown(self) -> bool:
        """Whether it counts those of whom the variable is not known."""
        return self.row_label.endswith(": unknown")


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
    """Kind, whether it is ours, and the counts ``x``, ``c`` (the others), ``n``, ``u``.

    ``size`` is the largest number of whom anything is known in the row's arm and endpoint, ``arm``
    the largest count of its arm in the analysis; NaN where there is none.
    """
    kind = frame["statistic"].map(kinds()).fillna("hidden")
    counted = frame["unit"].isin(COUNTED) | frame["unit"].isna()
    is_ours = ~frame["population"].isin(PUBLIC) & ~((kind == "count") & ~counted)
    x = frame["numerator"].where((kind != "count") | frame["estimate"].isna(), frame["estimate"])
    sizes = _largest(frame, frame["denominator"], (*AT, "arm", "endpoint"))
    size = pd.Series(sizes, frame.index, float)
    gone = (size * (1 - frame["estimate"])).round()
    x = x.where(kind != "remaining", gone)
    x = x.where(kind != "reached", (size * frame["estimate"]).round())
    counts = pd.DataFrame(
        {"kind": kind, "is_ours": is_ours, "x": x, "n": frame["denominator"],
         "u": frame["n_missing"], "size": size}
    )  # fmt: skip
    has_rest = kind.isin(["count", "share", "effect"]) & (x <= counts["n"])
    counts["c"] = (counts["n"] - x).where(has_rest)  # the others of those known
    largest = counts[["x", "n"]].astype(float).max(axis=1)
    counts["arm"] = pd.Series(_largest(frame, largest, (*AT, "arm")), frame.index, float)
    counts["arm"] = counts["arm"].where(frame["arm"].notna())
    return counts.astype(dict.fromkeys(["x", "n", "u", "c", "size"], float))


def _largest(frame: pd.DataFrame, counts: pd.Series, of: Iterable[str]) -> list[float]:
    """The largest of ``counts`` among the rows that have the same words under ``of``, per row."""
    together = [*zip(*(_words(frame[name]) for name in of), strict=True)]
    most: dict[tuple, float] = {}
    for key, count in zip(together, counts.tolist(), strict=True):
        most[key] = np.fmax(count, most.get(key, np.nan))
    return [most[key] for key in together]


def sums(frame: pd.DataFrame, counts: pd.DataFrame) -> Iterator[Sum]:
    """Every sum that the words of a release suggest; whether it holds is for the caller to see.

    Words alone are read, so that the sums of true numbers and of shown ones are the same.
    """
    rows = rows_of(frame[counts["is_ours"]], counts["kind"])
    for one in rows:
        yield Sum((one.at, "n"), ((one.at, "x"), (one.at, "c")), "those with and without")
    for kind, make in MAKERS.items():
        for one in make(rows):
            yield Sum(one.whole, one.parts, kind)


def rows_of(frame: pd.DataFrame, kind: pd.Series) -> list[Row]:
    """The words of each row; None where one is missing."""
    words = [_words(frame[name]) for name in ROW_WORDS]
    of = [None if label is None or ": " not in label else label.rpartition(": ")[0]
          for label in words[ROW_WORDS.index("row_label")]]  # fmt: skip
    return list(map(Row, frame.index.tolist(), kind[frame.index].tolist(), of, *words))


def _words(column: pd.Series) -> list[str | None]:
    missing = column.isna().tolist()
    values = column.to_numpy(object).tolist()
    return [None if gone else str(one) for one, gone in zip(values, missing, strict=True)]


def _together(rows: Iterable[Row], names: list[str]) -> Iterable[list[Row]]:
    """Rows that have the same words under ``names``."""
    key = attrgetter(*names)
    together: dict[tuple, list[Row]] = {}
    for one in rows:
        together.setdefault(key(one), []).append(one)
    return together.values()


def _said_twice(rows: list[Row]) -> Iterator[Sum]:
    """A count that stands in several rows, of one analysis or of several, of any study."""
    for names in (["study_id", "population", "arm", *WHAT], ["statistic", "arm", *WHAT]):
        for own in _together(rows, names):
            for here, then in pairwise(own):
                for count in ("x", "n", "u"):
                    yield Sum((here.at, count), ((then.at, count),))


def _levels(rows: list[Row]) -> Iterator[Sum]:
    """The levels of a variable make up those known, or those known and unknown."""
    names = [*AT, "row_group", "endpoint", "timepoint_months", "arm", "of", "statistic"]
    with_levels = [one for one in rows if one.of is not None and one.kind in LEVEL_KINDS]
    for own in _together(with_levels, names):
        for parts in (own, [one for one in own if not one.is_unknown]):
            if len(parts) > 1:
                yield Sum((parts[0].at, "n"), tuple((one.at, "x") for one in parts))
                for here, then in pairwise(parts):
                    yield Sum((here.at, "n"), ((then.at, "n"),))
                    yield Sum((here.at, "u"), ((then.at, "u"),))


def _arms(rows: list[Row]) -> Iterator[Sum]:
    """Where a row has a column of all, the other columns make it up."""
    counted = [one for one in rows if one.kind in ("count", "share", "sample")]
    for own in _together(counted, [*AT, *WHAT, "statistic"]):
        if len(own) < 3 or len({one.arm for one in own}) < len(own):
            continue
        for count in ("x", "n", "u"):
            for whole in own:
                others = tuple((one.at, count) for one in own if one is not whole)
                yield Sum((whole.at, count), others)


def groups_elsewhere(frame: pd.DataFrame, counts: pd.DataFrame) -> Iterator[Sum]:
    """The groups of one analysis make up the persons whom another counts in one column.

    Persons at risk as well, and of another population: a landmark may lose nobody. And events are
    of those compared. Whether it holds is for the caller to see.
    """
    rows = rows_of(frame[counts["is_ours"]], counts["kind"])
    compared = [one for one in rows if one.statistic in ("n", "events")]
    for own in _together(compared, [*AT, "endpoint", "timepoint_months", "arm"]):
        at = {one.statistic: one.at for one in own}
        if len(at) > 1:
            yield Sum((at["events"], "n"), ((at["n"], "x"),))
    counted = [one for one in rows if one.kind in GROUPED]
    names = ["study_id", "row_label", "endpoint", "timepoint_months", "statistic"]
    for own in _together(counted, names):
        by_analysis = [*_together(own, ["analysis_id", "population"])]
        wholes = [of[0] for of in by_analysis if len(of) == 1]
        for parts in (of for of in by_analysis if len({one.arm for one in of}) == len(of) > 1):
            for whole in wholes:
                for count in ("x", "n"):
                    yield Sum((whole.at, count), tuple((one.at, count) for one in parts))


def _known_and_unknown(rows: list[Row]) -> Iterator[Sum]:
    """Known and unknown are the arm, whatever the row; an arm's size is one number."""
    sizes = {(*one.place, one.arm): one.at
             for one in rows if one.row_group == "Size" and one.row_label == "Persons"}  # fmt: skip
    anywhere = {(key[0], key[1], key[3]): at for key, at in sizes.items()}
    for one in rows:
        at = sizes.get((*one.place, one.arm))
        at = anywhere.get((one.study_id, one.analysis_id, one.arm)) if at is None else at
        if at is not None:
            yield Sum((at, "x"), ((one.at, "n"), (one.at, "u")))
    of_levels = [one for one in rows if one.of is not None]
    for own in _together(of_levels, ["study_id", "analysis_id", "arm", "of"]):
        at = anywhere.get((own[0].study_id, own[0].analysis_id, own[0].arm))
        for one in (one for one in own if one.is_unknown and at is not None):
            yield Sum((at, "x"), ((one.at, "n"),))
            for level in own:
                if level is not one:
                    yield Sum((at, "x"), ((one.at, "x"), (level.at, "n")))


def _flow(rows: list[Row]) -> Iterator[Sum]:
    """Who came to a step stayed or left; who stayed comes to the next."""
    steps = [one for one in rows if one.statistic in ("persons_after", "persons_excluded")]
    for own in _together(steps, [*AT, "arm"]):
        stayed = [one.at for one in own if one.statistic == "persons_after"]
        left = [one.at for one in own if one.statistic == "persons_excluded"]
        for here, gone in zip(stayed, left, strict=False):
            yield Sum((here, "n"), ((here, "x"), (gone, "x")))
        for here, then in pairwise(stayed):
            yield Sum((then, "n"), ((here, "x"),))


def _kept_and_removed(rows: list[Row]) -> Iterator[Sum]:
    """Those compared and those removed are the arm; events of both arms are those of the ratio."""
    counted = [one for one in rows if one.kind in ("count", "effect")]
    for own in _together(counted, [*AT, "endpoint", "timepoint_months"]):
        at = {(one.statistic, one.arm): one.at for one in own}
        arms = [arm for statistic, arm in at if statistic == "n"]
        for arm in arms:
            if removed := at.get(("removed_for_prior_outcome", arm)):
                yield Sum((removed, "n"), ((at["n", arm], "x"), (removed, "x")))
        ratios = [index for (statistic, _), index in at.items() if statistic == "hazard_ratio"]
        events = [at[key] for key in at if key[0] == "events"]
        for ratio in ratios:
            yield Sum((ratio, "x"), tuple((index, "x") for index in events))
            yield Sum((ratio, "n"), tuple((at["n", arm], "x") for arm in arms))


def _inside_and_outside(rows: list[Row]) -> Iterator[Sum]:
    """Inside and outside of a subgroup, and those in neither, are those of the whole."""
    parts = [one for one in rows if one.statistic in PARTS.values()]
    totals: dict[tuple, list[int]] = {}
    for one in rows:
        if one.statistic == "hazard_ratio":
            totals.setdefault((one.study_id, one.population, one.endpoint), []).append(one.at)
    where = attrgetter(*AT, *WHAT)
    tested = {where(one): one.at for one in rows if one.statistic == "interaction_chi2"}
    for own in _together(parts, [*AT, *WHAT]):
        first = own[0]
        events, known = (tuple((one.at, name) for one in own) for name in ("x", "n"))
        for at in totals.get((first.study_id, first.population, first.endpoint), []):
            yield Sum((at, "x"), events)
            yield Sum((at, "n"), (*known, (first.at, "u")))
        at = tested.get(where(first))
        if at is not None:
            yield Sum((at, "x"), events)
            yield Sum((at, "n"), known)


def _pairs_of_groups(rows: list[Row]) -> Iterator[Sum]:
    """A test of two groups rests on the persons of both."""
    arms: dict[tuple, dict] = {}
    for one in rows:
        if one.kind == "sample":
            arms.setdefault((*one.place, one.endpoint), {})[one.arm] = one.at
    for one in (one for one in rows if one.statistic == "pair"):
        where = (*one.place, one.endpoint)
        own = {} if None in where else arms.get(where, {})
        for first, second in permutations(own, 2):
            if one.row_label.endswith(f"{first} against {second}"):
                yield Sum((one.at, "n"), ((own[first], "n"), (own[second], "n")))


def _level_and_its_table(rows: list[Row]) -> Iterator[Sum]:
    """Where a level has a table of its own, as a row of a transition has, it counts that table.

    The columns of such tables, which stand below each other, make up the level that they are of,
    wherever a study counts it in all persons.
    """
    levels = [one for one in rows if one.kind in LEVEL_KINDS]
    at: dict[tuple, list[Row]] = {}
    for one in levels:
        at.setdefault((one.study_id, one.row_label), []).append(one)
    tables = [one for one in levels if ": " in (one.row_group or "")]
    for one in tables:
        for whole in at.get((one.study_id, one.row_group), []):
            if whole.place == one.place and None not in one.place:
                yield Sum((whole.at, "x"), ((one.at, "n"),))
    for column in _together(tables, [*AT, "row_label", "statistic"]):
        study, label = column[0].study_id, column[0].row_label
        same = [*at.get((study, label), []), *at.get((study, label.removesuffix(YES)), [])]
        for whole in {one.at for one in same} - {one.at for one in column}:
            yield Sum((whole, "x"), tuple((part.at, "x") for part in column))


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
