"""States that are made of others: whoever has "EMD or PMD" has "EMD only", "PMD only" or both.

Nothing in a study's rows says so: the marts define each state by itself. The persons show it, in
every cohort of the study: a state that no level of a category divides is made of those levels, and
states of the same category that are made of different levels add up to a third. To be in another
cohort is a state as well: those who progressed are those who did so early or late. What holds of
few persons may be chance; taken for a rule it can only hide more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations, islice, permutations, product

import numpy as np
import pandas as pd

from myelomart.disclosure.counts import LEVEL_KINDS, YES, Cell, Row, Sum, rows_of
from myelomart.population.comparison import UNKNOWN, wide_covariates
from myelomart.population.members import NO, labels_of
from myelomart.study import Covariate, Study
from myelomart.study_data import StudyData

SIZE = ("Size", "Persons")  # group and label of the row that counts a column
MOST_CHOICES = 64  # of rows that count the parts of a state; other cohorts count the same states


@dataclass(frozen=True)
class Union:
    """In a study, the persons of the state ``whole`` are those of ``parts``, each in one of them.

    A state is in words, as a table has it: "EMD at baseline: yes", or `persons_of` an analysis.
    """

    study_id: str
    whole: str
    parts: tuple[str, ...]


def unions(study: Study, data: StudyData) -> list[Union]:
    """Every state of the study's covariates that others make up, as its persons show it."""
    persons = data.population
    if not len(persons) or not len(data.covariates):
        return []
    wide = wide_covariates(study, data, persons.reset_index(drop=True))
    known = [one for one in study.covariates if one.value_kind != "number"]
    columns = {one: labels_of(one, wide).astype(object).fillna(UNKNOWN) for one in known}
    categories = [one for one in known if one.value_kind == "category"]
    found = [
        *(made for one in categories for made in _made_of(one, columns)),
        *(made for one in categories for made in _cohorts_of(study, persons, one, columns[one])),
    ]
    return [Union(study.study_id, whole, parts) for whole, parts in dict.fromkeys(found)]


def persons_of(analysis_id: str) -> str:
    """To be of the persons of an analysis, as a state in words."""
    return f"persons of {analysis_id}"


def _cohorts_of(
    study: Study, persons: pd.DataFrame, category: Covariate, levels: pd.Series
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Cohorts of which the levels that ``category`` has in another cohort say who is in them."""
    of = persons.reset_index(drop=True).groupby("cohort_id", sort=True).indices
    person, level = persons["person_id"].to_numpy(), levels.to_numpy()
    for here, there in permutations(of, 2):
        inside = np.isin(person[of[here]], person[of[there]])
        own = level[of[here]]
        parts = sorted({*own[inside]})
        is_made = inside.any() and not inside.all() and not np.isin(own[~inside], parts).any()
        if is_made and len({*person[of[there]]} - {*person[of[here]]}) == 0:
            words = tuple(f"{category.label}: {one}" for one in parts)
            for analysis in study.analyses:
                if analysis.treated_cohort_id == there:
                    yield persons_of(analysis.analysis_id), words


def _made_of(
    category: Covariate, columns: dict[Covariate, pd.Series]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """States that are made of levels of ``category``, and those of them that make up a third."""
    code, levels = pd.factorize(columns[category])
    own = {frozenset([k]): [f"{category.label}: {level}"] for k, level in enumerate(levels)}
    sizes, is_known = np.bincount(code), levels != UNKNOWN
    states = defaultdict(list, own)
    for other, column in columns.items():
        if other is category:
            continue
        its_code, its_levels = pd.factorize(column)
        table = np.zeros((len(its_levels), len(levels)), int)
        np.add.at(table, (its_code, code), 1)
        for level, row in zip(its_levels, table, strict=True):
            word = f"{other.label}: {level}"
            for of in _undivided(row, sizes, is_known):
                yield word, tuple(own[frozenset([k])][0] for k in sorted(of))
                states[of].append(word)
    for words in states.values():
        yield from ((whole, (part,)) for whole, part in combinations(words, 2))
    for one, other in combinations(states, 2):
        if not one & other and (one | other) in states:
            yield from product(states[one | other], product(states[one], states[other]))


def _undivided(row: np.ndarray, sizes: np.ndarray, is_known: np.ndarray) -> list[frozenset[int]]:
    """The levels of which a state is made, in persons (``row``) of each level's ``sizes``.

    Of those of whom the level is unknown the state may have some: where there are none of these, as
    in a cohort of whom it is known, it is made of the other levels.
    """
    of = frozenset(np.flatnonzero(row > 0).tolist())
    known = frozenset(k for k in of if is_known[k])
    if (row[[*known]] < sizes[[*known]]).any():
        return []
    is_whole = known != of and (row[[*of]] == sizes[[*of]]).all()
    found = dict.fromkeys([known, of] if is_whole else [known])
    return [one for one in found if one and len(one) < len(sizes)]


def sums_of_states(
    frame: pd.DataFrame, counts: pd.DataFrame, made_of: Collection[Union]
) -> Iterator[Sum]:
    """Sums that hold of the counts of states, in rows and in columns, of any analysis of a study.

    A part that no row counts is nobody; a sum in which it is somebody does not hold.
    """
    parts_of: dict[tuple, list[tuple[str, ...]]] = defaultdict(list)
    for one in made_of:
        parts_of[one.study_id, one.whole].append(one.parts)
    if not parts_of:
        return
    true = {name: counts[name].to_dict() for name in ("x", "c", "n", "u")}
    counted = [
        ((row.study_id, row.population), _column(row), what, cell, true[cell[1]][cell[0]])
        for row in rows_of(frame[counts["is_ours"]], counts["kind"])
        for what, cell in _counted(row)
    ]
    at: dict[tuple, dict[float, Cell]] = defaultdict(dict)
    for place, column, what, cell, count in counted:
        if count == count:
            at[place, column, what].setdefault(count, cell)
    for place, column, what, whole, count in counted:
        columns = [(column,), *parts_of[place[0], column]]
        whats = [(what,)]
        if what[0] == "state":
            whats += [tuple(("state", one) for one in own) for own in parts_of[place[0], what[1]]]
        for some, others in product(columns, whats):
            cells = [at.get((place, *key), {}) for key in product(some, others)]
            choices = product(*(one.items() for one in cells if one))
            for choice in islice(choices, MOST_CHOICES):
                parts = tuple(cell for _, cell in choice)
                if parts and whole not in parts and sum(value for value, _ in choice) == count:
                    yield Sum(whole, parts, "states")


def _column(row: Row) -> str | None:
    """The state that a row's column is of; a table of a state's own has it above its rows."""
    group, arm = row.row_group or "", row.arm
    return group if arm is not None and group.endswith(f": {arm}") else arm


def _counted(row: Row) -> Iterator[tuple[tuple, Cell]]:
    """What each count of a row counts, in words that are the same in every analysis."""
    about = (row.row_label, row.endpoint, row.timepoint_months, row.statistic)
    if (row.row_group, row.row_label) == SIZE or row.statistic == "n":
        yield ("state", persons_of(row.analysis_id)), (row.at, "x")
        yield ("x", *about), (row.at, "x")
    elif row.kind not in LEVEL_KINDS or row.row_label is None:
        yield ("x", *about), (row.at, "x")
    elif row.of is not None:
        yield ("state", row.row_label), (row.at, "x")
    else:
        yield ("state", row.row_label + YES), (row.at, "x")
        yield ("state", f"{row.row_label}: {NO}"), (row.at, "c")
        yield ("state", f"{row.row_label}: {UNKNOWN}"), (row.at, "u")
    yield ("n", *about), (row.at, "n")
