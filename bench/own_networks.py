"""What the code makes hold of its counts, as networks of an attacker's own making show it.

Every count of their results is a row, every network a column. Counts that are equal in all of them,
a count that is the sum of two others or of all rows that differ in one word, and one that is never
above another are taken for rules; `attack_learned.py` uses them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
from attack_release import KEY

NAMES = ("x", "n", "u")
DROPPED = ["arm", "row_label", "timepoint_months", "statistic", "population", "endpoint",
           "row_group", "analysis_id"]  # fmt: skip
ORDERED = ("timepoint_months", "statistic", "population")  # words of rows that are compared
FEWEST = 3  # networks in which a count stands
AKIN = 6  # words that rows have in common which few numbers show to belong together
AKIN_BITS, STRANGE_BITS = 6.0, 30.0  # of counts that agree, among akin rows and among any
MEMBERS = 12  # of equal counts that are tried in a sum


@dataclass
class Rule:
    """``low`` to ``high`` is the sum of the ``terms``, each a count (its number) and a factor."""

    kind: str
    terms: dict[int, int]
    low: float = 0.0
    high: float = 0.0


def counts(frame: pd.DataFrame) -> pd.Series:
    """Every count of results, by the words of its row, its place among equal ones and its name."""
    frame = frame[frame["statistic"] != "change"]  # its labels hold counts, so that none recurs
    words = frame[[*KEY, "at"]].astype("string").fillna("")
    parts = [
        pd.Series(frame[name].to_numpy(float), pd.MultiIndex.from_frame(words.assign(name=name)))
        for name in NAMES
    ]
    return pd.concat(parts)


def own_counts(frames: list[pd.DataFrame], shown: pd.DataFrame) -> pd.DataFrame:
    """The counts of the own networks, one a column, and the rows of the release that they lack.

    A row that an analysis of a network does not have counts nobody there.
    """
    own = pd.concat([counts(one).rename(k) for k, one in enumerate(frames)], axis=1)
    own = own.reindex(own.index.union(counts(shown).index, sort=False))
    places = own.index.get_level_values("study_id") + own.index.get_level_values("analysis_id")
    made = own.notna().groupby(places).transform("any").to_numpy()
    is_x = own.index.get_level_values("name") == "x"
    ever = own.notna().any(axis=1).to_numpy()
    return own.mask(own.isna() & made & (is_x & ever)[:, None], 0.0)


def learn(own: np.ndarray, words: pd.DataFrame) -> Iterator[Rule]:
    """What holds of the counts (one a row) in every own network (one a column).

    Two small counts are equal by chance: rows that have little in common need more evidence.
    """
    there = ~np.isnan(own)
    filled = np.nan_to_num(own).astype(int)
    bits = np.log2(1 + filled).sum(axis=1)
    code = np.column_stack([pd.factorize(words[name])[0] for name in [*KEY[1:], "name"]])
    weight = np.random.default_rng(0).integers(1, 2**40, own.shape[1])
    for pattern in np.unique(there, axis=0):
        at = np.flatnonzero((there == pattern).all(axis=1) & (bits >= AKIN_BITS))
        if pattern.sum() < FEWEST:
            continue
        same: dict[int, list[int]] = defaultdict(list)
        for cell, mark in zip(at.tolist(), (filled[at] @ weight).tolist(), strict=True):
            if others := same[mark]:
                alike = (code[others] == code[cell]).sum(axis=1)
                if bits[cell] >= STRANGE_BITS or alike.max() >= AKIN:
                    yield Rule("equal", {others[int(alike.argmax())]: 1, cell: -1})
            others.append(cell)
        yield from learn_sums(same, bits, code)
    yield from learn_groups(filled, words, there, weight, bits)
    yield from learn_order(own, words, there)


def learn_sums(same: dict[int, list[int]], bits: np.ndarray, code: np.ndarray) -> Iterator[Rule]:
    """Counts that are the sum of two others; ``same`` has the equal ones, by the same mark."""
    marks = np.array([*same], dtype=np.int64)
    order = np.argsort(marks)
    for k, mark in enumerate(marks):
        total = mark + marks[k:]
        found = order[np.minimum(np.searchsorted(marks, total, sorter=order), len(marks) - 1)]
        for j in np.flatnonzero(marks[found] == total):
            three = [same[int(one)][:MEMBERS] for one in (marks[found[j]], mark, marks[k + j])]
            whole, one, other = (code[of] for of in three)
            alike = (whole[:, None, None] == one[None, :, None]) & (
                whole[:, None, None] == other[None, None, :]
            )
            alike = alike.sum(axis=-1)
            best = np.unravel_index(alike.argmax(), alike.shape)
            few = min(bits[of[0]] for of in three)
            if few >= STRANGE_BITS or alike.max() >= AKIN:
                terms: dict[int, int] = defaultdict(int)
                for of, place, factor in zip(three, best, (-1, 1, 1), strict=True):
                    terms[of[place]] += factor
                yield Rule("sum of two", dict(terms))


def learn_groups(filled, words, there, weight, bits) -> Iterator[Rule]:
    """Rows that differ in one word, with or without the unknown, and a count that is their sum."""
    by_mark: dict[int, list[int]] = defaultdict(list)
    for cell in np.flatnonzero((there.sum(axis=1) >= FEWEST) & (bits >= AKIN_BITS)).tolist():
        by_mark[int(filled[cell] @ weight)].append(cell)
    stem = words["row_label"].str.rpartition(": ")[0]
    unknown = words["row_label"].str.endswith("unknown") | words["arm"].str.endswith("unknown")
    for word in DROPPED:
        left = [name for name in words.columns if name not in (word, "at")]
        by = [words[name] for name in left] + ([stem] if word == "row_label" else [])
        for members in words.groupby(by, sort=False).indices.values():
            known = members[~unknown.to_numpy()[members]]
            wholes = [members, known] if len(known) < len(members) else [members]
            wholes += [members[members != one] for one in members] if len(members) > 3 else []
            for parts in wholes:
                if len(parts) < 3 or not there[parts].any(axis=1).all():
                    continue  # of a row that no network has nothing is learned
                seen = there[parts].any(axis=0)
                total = int(filled[parts].sum(axis=0) @ weight)
                for whole in by_mark.get(total, [])[:3]:
                    if seen.sum() >= FEWEST and (there[whole] >= seen).all() and whole not in parts:
                        yield Rule(f"sum over {word}", {int(p): 1 for p in parts} | {whole: -1})


def learn_order(own, words, there) -> Iterator[Rule]:
    """One count that is never above another: of a row, and of rows that differ in one word."""
    row = [name for name in words.columns if name != "name"]
    for members in words.groupby(row, sort=False).indices.values():
        of = {words["name"].iat[k]: int(k) for k in members}
        if {"x", "n"} <= of.keys():
            yield Rule("within its row", {of["x"]: 1, of["n"]: -1}, low=-np.inf)
    for word in ORDERED:
        left = [name for name in words.columns if name not in (word, "at")]
        for members in words.groupby(left, sort=False).indices.values():
            for one, other in permutations(members.tolist(), 2) if len(members) < 15 else ():
                both = there[one] & there[other]
                apart = own[other][both] - own[one][both]
                if both.sum() >= FEWEST and (apart >= 0).all() and (apart > 0).any():
                    yield Rule(f"order over {word}", {one: 1, other: -1}, low=-np.inf)
