"""Former releases of the same warehouse: two that differ by a few persons must not tell of them.

A count that moved by fewer persons than the limit since a former release is shown as it was there,
and one that was hidden stays hidden: whoever lays the releases side by side sees no difference. To
hide what moved would tell that it did. What is shown may so be a few persons old, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from myelomart.disclosure.counts import Cell, counts_of
from myelomart.disclosure.policies import Policy, kinds
from myelomart.display.cells import SUPPRESSED

KEYS = ["study_id", "analysis_id", "output_id", "population", "row_group", "row_label", "arm",
        "comparator", "endpoint", "statistic", "timepoint_months", "time_anchor"]  # fmt: skip
COUNTS = ("x", "n", "u")
AN_ANALYSIS = ["study_id", "analysis_id"]
AN_ARM = ["study_id", "population", "endpoint", "arm"]
A_ROW = ["study_id", "analysis_id", "population", "row_group", "row_label", "endpoint"]
A_CURVE = ["study_id", "analysis_id", "population", "endpoint", "arm"]
NUMBERS = ["estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "range_low", "range_high",
           "p_value", "numerator", "denominator", "n_missing"]  # fmt: skip
Interval = tuple[float, float]


@dataclass(frozen=True)
class Former:
    """A release as it was written."""

    estimates: pd.DataFrame
    curves: pd.DataFrame
    words: dict[str, list[str]]  # study to its warnings
    policy: Policy
    persons: dict[str, int | None] = field(default_factory=dict)  # of each source


@dataclass
class Held:
    """What former releases showed of the rows of a frame, and what is shown again."""

    frame: pd.DataFrame | None = None
    hidden: set[Cell] = field(default_factory=set)
    shown: dict[Cell, float] = field(default_factory=dict)
    rows: dict[int, pd.Series] = field(default_factory=dict)  # shown again as they were
    out: set[int] = field(default_factory=set)  # of studies that are public and not written again
    places: dict[int, int] = field(default_factory=dict)  # where a row stood
    moved: set[tuple] = field(default_factory=set)  # of `AN_ARM`, and studies
    curves: dict[tuple, pd.DataFrame] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)

    def count(self, cell: Cell, true: float, policy: Policy) -> float:
        """What is shown of a count: what was shown before, where it moved by a few persons."""
        return self.shown[cell] if cell in self.shown else policy.round(true)

    def possible(self, cell: Cell, true: float, policy: Policy) -> Interval:
        """What a reader takes a shown count for; at least the truth is among it."""
        low, high = policy.possible(self.count(cell, true, policy))
        return min(low, true), max(high, true)

    def curve(self, coarse: pd.DataFrame, whose: pd.Series) -> pd.DataFrame:
        """The curve to show of ``whose``: the former where its arm moved by a few persons."""
        if whose["study_id"] not in self.told or words_of(whose, AN_ARM) in self.moved:
            return coarse
        return self.curves.get(words_of(whose, A_CURVE), coarse.iloc[:0])

    def words(self, study_id: str, said: list[str]) -> list[str]:
        """Sentences that a former release had; of new ones those without a number."""
        if study_id not in self.told:
            return said
        before = self.told[study_id]
        if (study_id,) not in self.moved:
            return list(before)
        return [one for one in said if one in before or not re.search(r"\d", one)]

    def in_order(self, shown: pd.DataFrame) -> pd.DataFrame:
        """Rows in the order that they had, new ones after those before them."""
        place = pd.Series([self.places.get(index, np.nan) for index in shown.index], shown.index)
        return shown.loc[place.ffill().fillna(-1).sort_values(kind="stable").index]


def persons_as_they_were(now: dict[str, int | None], former: list[Former], policy: Policy) -> dict:
    """The rounded persons of each source; those of the newest release where few were added."""
    newest = {name: count for one in reversed(former) for name, count in one.persons.items()}
    least = policy.hides_below + policy.rounds_to
    return {
        name: newest[name]
        if name in newest and abs((count or 0) - (newest[name] or 0)) < least else count
        for name, count in now.items()
    }  # fmt: skip


def words_of(row: pd.Series, names: list[str]) -> tuple:
    """What tells a row apart, as words; what is missing is an empty one."""
    return tuple("" if pd.isna(row[name]) else str(row[name]) for name in names)


def hold(
    frame: pd.DataFrame, former: list[Former], policy: Policy, out: frozenset[str] = frozenset()
) -> Held:
    """What ``former`` releases, newest first, say of the rows of ``frame`` (true numbers)."""
    held = Held(frame)
    if not former:
        return held
    frame, gone = _with_the_gone(frame, former)
    counts, keys = _by_row(counts_of(frame)), _keys(frame)
    analysis, arm, a_row = (_words(frame, names) for names in (AN_ANALYSIS, AN_ARM, A_ROW))
    public = [(one, _keys(one.estimates), _by_row(counts_of(one.estimates))) for one in former]
    places = [{key: index for index, key in its.items()} for _, its, _ in public]
    known = {key for one in former for key in _words(one.estimates, AN_ANALYSIS).values()}
    still: dict[int, pd.Series] = {}
    moved_rows: set[tuple] = set()
    dropped = []
    for index, key in keys.items():
        own = analysis[index]
        compared = [
            (one.estimates.loc[its[key]], _compared(counts[index], its_counts[its[key]],
                                                    one.policy, policy))
            for (one, _, its_counts), its in zip(public, places, strict=True) if key in its
        ]  # fmt: skip
        if not compared:
            if own[0] in out or (own in known and _is_few(counts[index], policy)):
                dropped.append(index)
            continue
        # the newest of those that it has not moved from, or else the newest
        row, told = next((one for one in compared if not one[1].moved), compared[0])
        held.places[index] = row.name
        held.shown |= {(index, name): value for name, value in told.shown.items()}
        held.hidden |= {(index, name) for name in told.hidden}
        still[index] = row
        if told.moved and own[0] not in out and index not in gone:
            held.moved |= {arm[index], (own[0],)}
            moved_rows.add(a_row[index])
            if _is_counted(counts[index]):
                del still[index]
    for index, row in still.items():
        if _is_counted(counts[index]) or index in gone or a_row[index] not in moved_rows:
            held.rows[index] = row
    held.frame = frame.drop(index=dropped)
    held.out = {index for index in held.frame.index if analysis[index][0] in out}
    for one in reversed(former):
        held.told |= one.words
        for _, curve in one.curves.groupby(A_CURVE, dropna=False, sort=False):
            held.curves[words_of(curve.iloc[0], A_CURVE)] = curve
    return held


@dataclass(frozen=True)
class _Compared:
    """Of a row: counts that are shown as they were, that stay hidden, whether one has moved."""

    shown: dict[str, float]
    hidden: set[str]
    moved: bool


def _compared(now, before, its_policy: Policy, policy: Policy) -> _Compared:
    """How the counts of a row have moved since a former release of them."""
    limit, shown, hidden, moved = policy.hides_below, {}, set(), {}
    present = [name for name in COUNTS if now[name] == now[name]]
    for name in present:
        value, was = now[name], before[name]
        if was == was:
            low, high = its_policy.possible(was)
            moved[name] = max(low - value, value - high) >= limit
            if not moved[name]:
                shown[name] = was
    for name in present:
        if before[name] != before[name]:  # it was hidden: shown anew it would bound what it was
            moved[name] = moved.get("n", False) and now[name] >= 2 * limit
            if not moved[name]:
                hidden.add(name)
    return _Compared(shown, hidden, any(moved.values()))


def _by_row(counts: pd.DataFrame) -> dict[int, dict]:
    return counts[[*COUNTS, "c"]].to_dict("index")


def _words(frame: pd.DataFrame, names: list[str]) -> dict[int, tuple]:
    """`words_of` every row."""
    words = frame[names].astype("string").fillna("")
    return dict(zip(frame.index, map(tuple, words.to_numpy()), strict=True))


def _is_counted(own: dict) -> bool:
    return any(own[name] == own[name] for name in COUNTS)


def _is_few(own: pd.Series, policy: Policy) -> bool:
    return any(policy.is_small(own[name]) for name in ("x", "c", "n", "u"))


def _with_the_gone(frame: pd.DataFrame, former: list[Former]) -> tuple[pd.DataFrame, set[int]]:
    """``frame`` and the rows that its analyses had in the newest release with them, without number.

    That a level is no more tells who had it.
    """
    analyses = set(_words(frame, AN_ANALYSIS).values())
    keys = set(_keys(frame).values())
    rows, seen = [], set()
    for one in former:
        for index, key in _keys(one.estimates).items():
            row = one.estimates.loc[index]
            if key in keys or key in seen or tuple(row[AN_ANALYSIS].astype(str)) not in analyses:
                continue
            seen.add(key)
            if pd.notna(row["status"]) and row["status"] == SUPPRESSED:
                rows.append(row)
    if not rows:
        return frame, set()
    added = pd.DataFrame(rows).astype(frame.dtypes.to_dict())
    added[NUMBERS] = np.nan
    whole = pd.concat([frame, added], ignore_index=True)
    return whole, set(whole.index[len(frame) :])


def _keys(frame: pd.DataFrame) -> dict[int, tuple]:
    """Row to what it is of; rows that are of the same are numbered."""
    words = frame[KEYS].astype("string").fillna("")
    counts = frame["statistic"].map(kinds()).fillna("hidden").eq("hidden")
    words["row_label"] = words["row_label"].mask(counts, "")  # their labels hold counts
    number = words.groupby(KEYS, sort=False).cumcount()
    return dict(zip(frame.index, words.assign(number=number).itertuples(index=False, name=None),
                    strict=True))  # fmt: skip
