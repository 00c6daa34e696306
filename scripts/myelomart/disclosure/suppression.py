"""Small counts stay at the site: what is hidden before tables, curves and pages are written.

The long estimates are coarsened (`coarsening`), curves joined, sentences shortened. Figures are
drawn again from what is shown; those that show single persons are left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.disclosure.coarsening import COUNTED, coarsened_and_why
from myelomart.disclosure.counts import AT
from myelomart.disclosure.curves import AN_ENDPOINT, coarse_curve, draw, events_by_month, key_of
from myelomart.disclosure.former import Former, hold
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.states import Union
from myelomart.disclosure.words import shown_words, without_small_numbers
from myelomart.display.cells import SUPPRESSED
from myelomart.results import Results

# groups of rows whose order tells which number is greater: these, and tables of a level's own
SORTED_BY_COUNT, SORTED_BY_RATIO = ("Combinations",), ("hazard_ratio_of_a_way",)


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
    made_of: Collection[Union] = (),
) -> Hidden:  # fmt: skip
    """Hide what ``policy`` hides in studies that are shown together; one may tell of another.

    ``former`` are earlier releases, newest first; the studies ``out`` stand in them and are only
    here because they tell of the others; ``made_of`` are states that others make up. Returns what
    was hidden and why.
    """
    true = pd.concat([one.estimate_frame() for one in made], ignore_index=True)
    curves = [curve for one in made for curve in one.curves]
    held = hold(true, former or [], policy, out)
    true = held.frame
    shown, why = coarsened_and_why(true, policy, events_by_month(curves), held, made_of)
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
    left_out = "1 figure" if len(results.figures) == 1 else f"{len(results.figures)} figures"
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
        f"values, the list of matched pairs and {left_out} are left out; in their place stand "
        f"{len(results.figures)} drawn from the rounded numbers."
    )


def _unsorted(shown: pd.DataFrame) -> pd.DataFrame:
    """Rows that were in the order of their numbers, in the order of their labels."""
    order = np.arange(len(shown))
    ranked = shown["row_group"].isin(SORTED_BY_COUNT) | shown["statistic"].isin(SORTED_BY_RATIO)
    tables = shown["row_group"].str.contains(": ", na=False)
    whole = shown.assign(place=order, rank=shown["row_label"].str.endswith(": unknown"))
    for _, own in whole[ranked].groupby([*AT, "row_group"], dropna=False):
        order[np.sort(own["place"])] = own.sort_values("row_label", kind="stable")["place"]
    for _, own in whole[tables].groupby(AT, dropna=False):
        levels = whole[whole["row_label"].isin(own["row_group"])]
        own = pd.concat([own, levels[levels["analysis_id"] == own["analysis_id"].iloc[0]]])
        of = own["row_group"].where(own["row_group"].str.contains(": "), own["row_label"])
        own = own.assign(of=of, late=of.str.endswith(": unknown"), is_part=of.ne(own["row_label"]))
        by = ["late", "of", "is_part", "rank", "row_label"]
        order[np.sort(own["place"])] = own.sort_values(by, kind="stable")["place"]
    return shown.iloc[order]


def _listed(shown: pd.DataFrame, why: pd.Series) -> pd.DataFrame:
    """The rows of which something is hidden, each with the reason."""
    names = ["study_id", "analysis_id", "population", "row_group", "row_label", "arm", "endpoint",
             "timepoint_months", "statistic"]  # fmt: skip
    return shown.loc[why[why.ne("")].index.intersection(shown.index), names].assign(reason=why)
