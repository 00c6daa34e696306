"""Small counts stay at the site: what is hidden before tables, curves and pages are written.

What is shown of the long estimates is made from rounded counts alone: a share is one rounded count
of another. Ratios, medians and tests, which are made from persons, are shown in few digits, and not
at all where they rest on a hidden count (specification pooling 11.2). Figures are drawn again from
what is shown; those that show single persons are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.disclosure.attack import beside, rebuilt
from myelomart.disclosure.counts import AT, WHAT, counts_of
from myelomart.disclosure.curves import (
    AN_ENDPOINT,
    LEVELS,
    coarse_curve,
    draw,
    events_by_month,
    key_of,
    rests_on_few,
)
from myelomart.disclosure.former import Former, Held, hold
from myelomart.disclosure.hiding import hidden_cells, true_sums
from myelomart.disclosure.policies import Policy, kinds
from myelomart.disclosure.rounding import EFFECT_DIGITS, share_of_size, significant, to_step
from myelomart.disclosure.words import shown_words, without_small_numbers
from myelomart.results import Results
from myelomart.tables import wilson_interval

SUPPRESSED = "suppressed"
NUMBERS = ["estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "range_low", "range_high",
           "p_value"]  # fmt: skip
DIGITS, P_STEP = {"sample": 3, "effect": EFFECT_DIGITS}, 0.01
TIME_STEP = 0.1  # months of a median time, which is the time of one person
POINTS_STEP = 5.0  # percentage points
DIFFERENCE_STEP = 0.05  # of a standardized difference; a tenth is the usual limit
SORTED_BY_COUNT = ("Combinations",)  # groups of rows whose order tells which count is greater
NOT_OF_A_RATIO = ("removed_for_prior_outcome", "competing_events", "percent_tested",
                  "tests_per_year")  # fmt: skip
HELD = "hidden in a former release"
OF_A_CURVE = ("remaining", "reached")  # kinds: the level of a curve
MOST_ROUNDS = 5
COUNTED = [*NUMBERS, "numerator", "denominator", "n_missing"]
A_VARIABLE = [*AT, "row_group", "endpoint", "timepoint_months", "variable"]


@dataclass
class Hidden:
    """What a release hides: rows by reason, and how many numbers are shown of how many."""

    rows: pd.DataFrame
    shown: int = 0
    of: int = 0
    figures_left_out: int = 0


def suppress(
    made: list[Results], policy: Policy, months: dict[str, list[float]],
    former: list[Former] | None = None, out: frozenset[str] = frozenset(),
) -> Hidden:  # fmt: skip
    """Hide what ``policy`` hides in studies that are shown together; one may tell of another.

    ``former`` are earlier releases, newest first; the studies ``out`` stand in them and are only
    here because they tell of the others. Returns what was hidden and why.
    """
    true = pd.concat([one.estimate_frame() for one in made], ignore_index=True)
    curves = [curve for one in made for curve in one.curves]
    held = hold(true, former or [], policy, out)
    true = held.frame
    shown, why = coarsened_and_why(true, policy, events_by_month(curves), held)
    told = Hidden(_listed(shown, why))
    for one in (one for one in made if one.study_id not in out):
        own = held.in_order(shown[shown["study_id"] == one.study_id])
        before = true[true["study_id"] == one.study_id]
        told.shown += int(own[COUNTED].notna().sum().sum())
        told.of += int(before[COUNTED].notna().sum().sum())
        told.figures_left_out += len(one.figures)
        one.estimates = _unsorted(own).to_dict("records")
        _finish(one, own, policy, months, held)
        told.figures_left_out -= len(one.figures)
    return told


def _finish(results: Results, shown: pd.DataFrame, policy: Policy, months, held) -> None:
    """Curves, figures, words and pairs of results whose estimates are as they may be shown."""
    is_hidden = shown["status"].eq(SUPPRESSED).fillna(False)
    sizes = shown["statistic"].isin(["n", "events"])
    blocked = {key_of(row, AN_ENDPOINT) for _, row in shown[is_hidden & sizes].iterrows()}
    results.curves = [
        held.curve(coarse_curve(one, policy), one.iloc[0])
        for curve in results.curves
        for _, one in curve.groupby("arm", dropna=False, sort=False)
        if key_of(one.iloc[0], AN_ENDPOINT) not in blocked
    ]
    results.pairs = []  # one row per person
    left_out = len(results.figures)
    results.figures, results.figure_of = {}, {}
    results.panels = {}  # their ticks are single persons' times
    draw(results, months)
    names = set(shown.loc[is_hidden, "row_label"].dropna()) - {""}
    names |= {f"{label.rpartition(': ')[0]}: " for label in names if ": " in label}
    results.warnings = held.words(results.study_id, shown_words(results.warnings, names, policy))
    results.missing = {k: without_small_numbers(v, policy) for k, v in results.missing.items()}
    if results.stopped:
        results.stopped = without_small_numbers(results.stopped, policy)
    results.warnings.append(
        f"Policy {policy.name}: counts from 1 to {policy.hides_below - 1} are hidden, with what "
        f"rests on them and what would tell them; other counts are rounded to {policy.rounds_to}, "
        "and shares are made from rounded counts. Ratios have two digits. Smallest and largest "
        f"values and the list of matched pairs are left out, as are {left_out} figures; "
        f"{len(results.figures)} are drawn from the rounded numbers."
    )


def _unsorted(shown: pd.DataFrame) -> pd.DataFrame:
    """Rows that were in the order of their counts, in the order of their labels."""
    is_sorted = shown["row_group"].isin(SORTED_BY_COUNT)
    order = np.arange(len(shown))
    for _, own in shown.assign(place=order)[is_sorted].groupby([*AT, "row_group"], dropna=False):
        order[np.sort(own["place"])] = own.sort_values("row_label", kind="stable")["place"]
    return shown.iloc[order]


def _listed(shown: pd.DataFrame, why: pd.Series) -> pd.DataFrame:
    """The rows of which something is hidden, each with the reason."""
    names = ["study_id", "analysis_id", "population", "row_group", "row_label", "arm", "endpoint",
             "timepoint_months", "statistic"]  # fmt: skip
    return shown.loc[why[why.ne("")].index.intersection(shown.index), names].assign(reason=why)


def coarsened(frame: pd.DataFrame, policy: Policy, **given) -> pd.DataFrame:
    """The estimates as they may be shown; a hidden row has status ``suppressed`` and no number."""
    return coarsened_and_why(frame, policy, **given)[0]


def coarsened_and_why(
    frame: pd.DataFrame, policy: Policy, events: dict | None = None, held: Held | None = None
) -> tuple[pd.DataFrame, pd.Series]:
    """The estimates as they may be shown, and per row why it is hidden, in words.

    The solver of `attack` reads what would be shown, knowing what is hidden and then guessing it as
    anybody else must, until it tells nothing more.
    """
    held = held or Held()
    more: frozenset = frozenset()
    ties, few = true_sums(frame), _few_events_before(frame, policy, events or {})
    for _ in range(MOST_ROUNDS):
        cells = hidden_cells(frame, policy, held, more, ties)
        shown, why = _with_counts(frame, policy, cells, few, held)
        fresh = beside(rebuilt(shown, policy, cells)) - cells
        fresh = frozenset(fresh or beside(rebuilt(shown, policy)) - cells)
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

    hide(told["x"] | told["n"], "few persons, or what would tell them")
    hide(kind.eq("hidden"), "no rule says how to show this statistic")
    own_events = frame["numerator"].where(kind.isin(OF_A_CURVE))
    hide(frame.index.to_series().isin(few), "few events by this month")
    hide(_of_hidden_events(frame, kind, why), "its events are hidden")
    hide(_rests_on_hidden(frame, counts, why.ne("")), "made from hidden numbers")
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
    rows = [_rounded(row, policy) for row in rows]
    shown.loc[ours & ~hidden, NUMBERS] = np.array(rows, float).reshape(-1, len(NUMBERS))
    shown.loc[ours & p_hidden, "p_value"] = np.nan
    shown.loc[ours, ["range_low", "range_high"]] = np.nan
    shown.loc[hidden, [*NUMBERS, "numerator"]] = np.nan
    in_words = frame["row_label"].map(lambda text: without_small_numbers(text, policy), "ignore")
    labels_count = ours & kind.eq("hidden")  # their labels hold counts, others limits and grades
    shown["row_label"] = in_words.where(labels_count, frame["row_label"])
    for index, row in held.rows.items():
        shown.loc[index, [*COUNTED, "status"]] = row[[*COUNTED, "status"]].to_numpy()
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
    # a test of a whole table stands in a group of rows of its own
    table = [frame[name].astype("string").fillna("") for name in [*AT, "endpoint"]]
    of_table = statistic.isin(["association", "pair"])
    return rests | (of_table & made_from.groupby(table).transform("any"))


def _p_of_hidden(frame: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Rows of a variable of which another level or arm is hidden: one p tells of all of them."""
    label = frame["row_label"].astype("string").fillna("")
    stem = label.str.rpartition(": ")[0].where(label.str.contains(": "), label)
    keys = [frame[name].astype("string").fillna("") for name in A_VARIABLE[:-1]]
    return hidden.groupby([*keys, stem]).transform("any")


def _rounded(row: dict, policy: Policy) -> list[float]:
    """The numbers of a row as they are shown, in the order of ``NUMBERS``."""
    numbers = {name: float(row[name]) for name in NUMBERS}
    kind, p = row["kind"], numbers["p_value"]
    if kind == "share":
        numbers |= _share(row)
    elif change := _digits(row, policy):
        numbers = {name: change(value) for name, value in numbers.items()}
    if kind == "test":
        numbers["estimate"] = np.nan  # it says p once more, in more digits
    numbers["p_value"] = max(to_step(p, P_STEP), P_STEP) if p == p else p
    return list(numbers.values())


def _digits(row: dict, policy: Policy) -> Callable[[float], float] | None:
    """How the numbers of a row that is no count and no share are made shorter."""
    kind = row["kind"]
    if kind in OF_A_CURVE:
        return lambda value: share_of_size(value, row["size"], policy)
    if kind == "time_median" or (pd.notna(row["unit"]) and row["unit"] == "months"):
        return lambda value: to_step(value, TIME_STEP)
    if kind in DIGITS:
        return lambda value: significant(value, DIGITS[kind])
    if kind == "difference":
        is_standard = row["statistic"] == "standardized_difference"
        return lambda value: to_step(value, DIFFERENCE_STEP if is_standard else POINTS_STEP)
    return None


def _share(row: dict) -> dict[str, float]:
    """Percent and Wilson limits of the rounded counts; nothing where nobody is known."""
    names = ("estimate", "ci_low", "ci_high")
    if not row["denominator"] > 0:
        return dict.fromkeys(names, np.nan)
    count, known = int(row["numerator"]), int(row["denominator"])
    limits = wilson_interval(count, known)
    return dict(zip(names, (100 * share for share in (count / known, *limits)), strict=True))
