"""The estimates as they may be shown, and why a row of them is hidden.

What is shown is made from rounded counts alone: a share is one rounded count of another. Ratios,
medians and tests, which are made from persons, are shown in few digits, and not at all where they
rest on a hidden count (specification pooling 11.2).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from myelomart.disclosure.attack import near, rebuilt
from myelomart.disclosure.beside_printed import from_shown
from myelomart.disclosure.counts import AT, WHAT, counts_of
from myelomart.disclosure.curves import AN_ENDPOINT, LEVELS, key_of, rests_on_few
from myelomart.disclosure.former import Held
from myelomart.disclosure.hiding import MOST_ROUNDS, hidden_cells, true_sums
from myelomart.disclosure.policies import Policy, kinds
from myelomart.disclosure.rounding import NUMBERS, OF_A_CURVE, shown_numbers
from myelomart.disclosure.states import Union, sums_of_states
from myelomart.disclosure.words import without_small_numbers
from myelomart.display.cells import SUPPRESSED

COUNTED = [*NUMBERS, "numerator", "denominator", "n_missing"]
TESTED, TESTS = "percent_tested", "tests_per_year"  # of few persons tested, tests tell how many
NOT_OF_A_RATIO = ("removed_for_prior_outcome", "competing_events", TESTED, TESTS)
FEW = "few persons or events, or what would tell them"
MADE_FROM_HIDDEN = "made from hidden numbers"
AS_IT_WAS = [*COUNTED, "p_test", "status"]
HELD = "hidden in a former release"


def coarsened(frame: pd.DataFrame, policy: Policy, **given) -> pd.DataFrame:
    """The estimates as they may be shown; a hidden row has status ``suppressed`` and no number."""
    return coarsened_and_why(frame, policy, **given)[0]


def coarsened_and_why(
    frame: pd.DataFrame,
    policy: Policy,
    events: dict | None = None,
    held: Held | None = None,
    made_of: Collection[Union] = (),
) -> tuple[pd.DataFrame, pd.Series]:
    """The estimates as they may be shown, and per row why it is hidden, in words.

    The solver of `attack` reads what would be shown, knowing what is hidden and then guessing it as
    anybody else must, until it tells nothing more. ``made_of`` are states that others make up.
    """
    held = held or Held()
    more: frozenset = frozenset()
    beside = [*sums_of_states(frame, counts_of(frame), made_of)]
    ties, few = true_sums(frame), _few_events_before(frame, policy, events or {})
    for _ in range(MOST_ROUNDS):
        cells = hidden_cells(frame, policy, held, more, ties, beside)
        shown, why = _with_counts(frame, policy, cells, few, held)
        fresh = near(rebuilt(shown, policy, cells), held.out) - cells
        fresh = frozenset(fresh or near(rebuilt(shown, policy), held.out) - cells)
        if not fresh:
            break
        more |= fresh
    shown = _with_numbers(frame, shown, why, policy, held)
    return shown.drop(index=[index for index in held.out if index in shown.index]), why


def _few_events_before(frame: pd.DataFrame, policy: Policy, events: dict) -> set[int]:
    """Levels of a curve, and others of its kinds, that rest on few events."""
    levels = frame[frame["statistic"].isin(LEVELS)]
    few = {index for index, row in levels.iterrows() if rests_on_few(row, events, policy)}
    own = frame["numerator"].where(frame["statistic"].map(kinds()).isin(OF_A_CURVE))
    return few | {*own.index[own.map(policy.is_small)]}  # a level need not be their share


def _with_counts(frame, policy, cells, few, held) -> tuple[pd.DataFrame, pd.Series]:
    """The counts as they may be shown, the other numbers as they are, and why rows are hidden."""
    counts = counts_of(frame)
    ours, kind = counts["is_ours"], counts["kind"]
    told = {name: pd.Series([(index, name) in cells for index in frame.index], frame.index)
            for name in ("x", "n", "u")}  # fmt: skip
    why = pd.Series("", index=frame.index)

    def hide(rows: pd.Series, reason: str) -> None:
        why[rows & ours & why.eq("")] = reason

    hide(told["x"] | told["n"], FEW)
    hide(kind.eq("hidden"), "no rule says how to show this statistic")
    own_events = frame["numerator"].where(kind.isin(OF_A_CURVE))
    hide(frame.index.to_series().isin(few), FEW)
    hide(_of_hidden_events(frame, kind, why), "its events are hidden")
    hide(_rests_on_hidden(frame, counts, why.ne("")), MADE_FROM_HIDDEN)
    shown = frame.copy()
    rounded = {}
    for name, count in (("denominator", "n"), ("n_missing", "u"), ("numerator", "x")):
        values = counts[count].map(policy.round, na_action="ignore")
        again = {index: value for (index, of), value in held.shown.items() if of == count}
        rounded[count] = (
            pd.Series(again, dtype=float).reindex(frame.index).fillna(values).mask(told[count])
        )
        values = rounded[count].where(frame[name].notna())
        if name == "numerator":
            values = own_events.map(policy.round, na_action="ignore").fillna(values)
        shown[name] = values.where(ours, frame[name])
    most = shown["numerator"] > shown["denominator"]
    shown["numerator"] = shown["numerator"].mask(ours & most, shown["denominator"])
    counted = ours & kind.eq("count")
    shown["estimate"] = rounded["x"].where(counted, frame["estimate"])
    hidden = why.ne("")
    shown.loc[hidden, ["estimate", "numerator"]] = np.nan
    shown.loc[hidden, "status"] = SUPPRESSED
    return shown, why


def _with_numbers(frame, shown, why, policy, held) -> pd.DataFrame:
    """``shown`` with all its numbers in as few digits as they may have."""
    counts = counts_of(frame)
    ours, kind, hidden = counts["is_ours"], counts["kind"], why.ne("")
    p_hidden = _p_of_hidden(frame, hidden)
    names = [*NUMBERS, "numerator", "denominator", "statistic", "unit"]
    rows = shown.loc[ours & ~hidden, names].join(counts[["kind", "size"]]).to_dict("records")
    rows = [shown_numbers(row, policy) for row in rows]
    shown.loc[ours & ~hidden, NUMBERS] = np.array(rows, float).reshape(-1, len(NUMBERS))
    for index, value in from_shown(frame, shown.mask(hidden)).items():
        if not hidden[index] and ours[index]:
            shown.at[index, "estimate"] = value
            if value != value:
                why[index], shown.at[index, "status"] = MADE_FROM_HIDDEN, SUPPRESSED
    hidden = why.ne("")
    shown.loc[ours & p_hidden, "p_value"] = np.nan
    shown.loc[ours & (p_hidden | hidden), "p_test"] = pd.NA  # Fisher's, or Firth's: few expected
    shown.loc[ours, ["range_low", "range_high"]] = np.nan
    shown.loc[hidden, [*NUMBERS, "numerator"]] = np.nan
    in_words = frame["row_label"].map(lambda text: without_small_numbers(text, policy), "ignore")
    labels_count = ours & kind.eq("hidden")  # their labels hold counts, others limits and grades
    shown["row_label"] = in_words.where(labels_count, frame["row_label"])
    for index, row in held.rows.items():
        shown.loc[index, AS_IT_WAS] = row[AS_IT_WAS].to_numpy()
        is_hidden = pd.notna(row["status"]) and row["status"] == SUPPRESSED
        why[index] = HELD if is_hidden else ""  # a reason of now would tell what has moved
    return shown


def _of_hidden_events(frame: pd.DataFrame, kind: pd.Series, why: pd.Series) -> pd.Series:
    """Levels, medians and ratios of an arm whose persons or events are hidden."""
    sizes = frame["statistic"].isin(["n", "events"]) & why.ne("")
    blocked = {key_of(row, AN_ENDPOINT) for _, row in frame[sizes].iterrows()}
    rests = frame["statistic"].isin(LEVELS) | kind.isin(["time_median", "effect"])
    hit = pd.Series(False, frame.index)
    for arm in ("arm", "comparator"):
        names = [*AN_ENDPOINT[:-1], arm]
        keys = frame.loc[rests, names].astype("string").fillna("")
        own = [tuple(key) in blocked for key in keys.to_numpy()]
        hit[rests] |= np.array(own, bool)
    return hit


def _rests_on_hidden(frame: pd.DataFrame, counts: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Rows without a numerator of their own that were made from hidden ones."""
    kind, statistic = counts["kind"], frame["statistic"]
    whose = [frame[name].astype("string").fillna("") for name in [*AT, *WHAT]]
    bare = kind.isin(["test", "difference", "effect", "hidden"]) & counts["x"].isna()
    made_from = hidden & kind.isin(["count", "share", "effect", "sample"])
    made_from &= ~(bare | statistic.isin(NOT_OF_A_RATIO))
    rests = bare & made_from.groupby(whose).transform("any")
    tested = hidden & statistic.eq(TESTED)
    own_arm = [*whose, frame["arm"].astype("string").fillna("")]
    rests |= statistic.eq(TESTS) & tested.groupby(own_arm).transform("any")
    # a test of a whole table stands in a group of rows of its own
    table = [frame[name].astype("string").fillna("") for name in [*AT, "endpoint"]]
    of_table = statistic.isin(["association", "pair"])
    return rests | (of_table & made_from.groupby(table).transform("any"))


def _p_of_hidden(frame: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Rows of a variable of which another level or arm is hidden: one p tells of all of them."""
    label = frame["row_label"].astype("string").fillna("")
    stem = label.str.rpartition(": ")[0].where(label.str.contains(": "), label)
    keys = [
        frame[name].astype("string").fillna("")
        for name in [*AT, "row_group", "endpoint", "timepoint_months"]
    ]
    return hidden.groupby([*keys, stem]).transform("any")
