"""Counts, shares and moments of all sites together: sums of what each shows.

A count that a site hides is missing from the sum, which is then the least that it can be: the row
says so. Means and deviations come from those of the sites, each with the number known there.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from myelomart.disclosure.policies import kinds
from myelomart.display.cells import SUPPRESSED
from myelomart.estimates.proportions import add_percent
from myelomart.results import Results
from myelomart.tables.standardized_differences import over_spread

AT_LEAST, LABEL = "at_least", " (not all sites)"
ROW = ["output_id", "population", "row_group", "row_label", "endpoint", "timepoint_months",
       "time_anchor"]  # fmt: skip
BEFORE = ("before matching", "all")  # populations whose spread measures a difference


def add_sums(estimates: pd.DataFrame, results: Results) -> None:
    """Add the pooled rows of one analysis; ``estimates`` are those of all sites, with ``site``.

    They stand in the order of the sites' rows: two arms of a flow have the same steps in orders of
    their own.
    """
    rows = estimates.assign(kind=estimates["statistic"].map(kinds()).fillna("hidden"))
    rows = rows[rows["population"].ne("as printed").fillna(True)]
    rows["place"] = np.arange(len(rows))
    places: list[int] = []
    start = len(results.estimates)
    partial = _rows_with_hidden_counts(rows)
    before = rows[rows["population"].isin(BEFORE)]
    for _, own in rows.groupby(ROW, dropna=False, sort=False):
        about = {name: word(own[name].iloc[0]) for name in ROW}
        is_partial = _whatever_the_population(about) in partial
        about["row_label"] = (about["row_label"] or "") + (LABEL if is_partial else "")
        for keys, of_one in own.groupby(["arm", "comparator", "statistic", "unit"], dropna=False,
                                        sort=False):  # fmt: skip
            arm, comparator, statistic, unit = map(word, keys)
            common = about | {"arm": arm, "comparator": comparator}
            kind = of_one["kind"].iloc[0]
            if kind == "count":
                _count(of_one, statistic, unit, common, results)
            elif kind == "share":
                _share(of_one, statistic, common, results)
            elif statistic == "mean":
                _mean(_moments(own[own["arm"] == arm]), common, results)
            elif statistic == "standardized_difference":
                same = (before["row_label"] == own["row_label"].iloc[0]) & (
                    before["row_group"] == own["row_group"].iloc[0]
                )
                _difference(own, before[same.fillna(False)], common, results)
            made = len(results.estimates) - start - len(places)
            places += [of_one["place"].iloc[0]] * made
    order = np.argsort(places, kind="stable")
    results.estimates[start:] = [results.estimates[start + k] for k in order]


def _rows_with_hidden_counts(rows: pd.DataFrame) -> set[tuple]:
    """Rows of which a site hides a count, in any population: they have one label in all."""
    counted = rows[rows["kind"].isin(["count", "share"])]
    hidden = counted["status"].eq(SUPPRESSED).fillna(False)
    return {_whatever_the_population(row) for row in counted.loc[hidden, ROW].to_dict("records")}


def _whatever_the_population(about: dict) -> tuple:
    return tuple(word(about[name]) for name in ROW if name != "population")


def word(value: object) -> object:
    """A value of a key, None where it is missing."""
    return None if value is None or value is pd.NA or value != value else value


def _count(own: pd.DataFrame, statistic, unit, common, results: Results) -> None:
    shown = own["estimate"].dropna()
    status = SUPPRESSED if not len(shown) else AT_LEAST if len(shown) < len(own) else None
    sums = {name: own[name].sum(min_count=1) for name in ("numerator", "denominator", "n_missing")}
    output_id, rest = _split(common)
    results.add(
        output_id, statistic, estimate=shown.sum() if len(shown) else np.nan, unit=unit,
        status=status, **sums, **rest,
    )  # fmt: skip


def _share(own: pd.DataFrame, statistic, common, results: Results) -> None:
    """Of the sites that show it: both counts, so that numerator and denominator go together."""
    shown = own[own["status"].ne(SUPPRESSED).fillna(True)].dropna(
        subset=["numerator", "denominator"]
    )
    output_id, rest = _split(common)
    if not len(shown):
        results.add(output_id, statistic, unit="%", status=SUPPRESSED, **rest)
        return
    count, known = int(shown["numerator"].sum()), int(shown["denominator"].sum())
    add_percent(
        results, output_id, min(count, known), known, statistic,
        n_missing=own["n_missing"].sum(min_count=1), **rest,
    )  # fmt: skip


def _split(common: dict) -> tuple[str, dict]:
    return common["output_id"], {name: one for name, one in common.items() if name != "output_id"}


def _moments(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Number known, mean and deviation of an arm over the sites that show all three.

    >>> one = {"site": "A", "statistic": "mean", "estimate": 10.0, "denominator": 20.0}
    >>> two = one | {"site": "B", "estimate": 12.0}
    >>> spread = [row | {"statistic": "sd", "estimate": 2.0} for row in (one, two)]
    >>> [round(part, 3) for part in _moments(pd.DataFrame([one, two, *spread]))]
    [40.0, 11.0, 2.219]
    """
    wide = rows.pivot_table(index="site", columns="statistic", values="estimate", aggfunc="first")
    known = rows[rows["statistic"] == "mean"].set_index("site")["denominator"]
    if not {"mean", "sd"} <= set(wide.columns):
        return 0.0, math.nan, math.nan
    frame = wide[["mean", "sd"]].assign(n=known).dropna()
    total = float(frame["n"].sum())
    if not total:
        return 0.0, math.nan, math.nan
    mean = float(frame["n"] @ frame["mean"] / total)
    within = float((frame["n"] - 1) @ frame["sd"] ** 2)
    between = float(frame["n"] @ (frame["mean"] - mean) ** 2)
    return total, mean, math.sqrt((within + between) / (total - 1)) if total > 1 else math.nan


def _mean(found: tuple[float, float, float], common, results: Results) -> None:
    known, mean, deviation = found
    output_id, rest = _split(common)
    half = 1.96 * deviation / math.sqrt(known) if known else math.nan
    status = None if known else SUPPRESSED
    results.add(
        output_id, "mean", estimate=mean, ci_low=mean - half, ci_high=mean + half,
        denominator=known, status=status, **rest,
    )  # fmt: skip
    results.add(
        output_id, "sd", estimate=deviation, denominator=known, status=status, **rest
    )  # fmt: skip


def _difference(own: pd.DataFrame, before: pd.DataFrame, common, results: Results) -> None:
    """The difference of the pooled arms over their pooled spread before matching."""
    arms = (common["arm"], common["comparator"])
    middles = [_middle_and_variance(own[own["arm"] == arm])[0] for arm in arms]
    variances = [_middle_and_variance(before[before["arm"] == arm])[1] for arm in arms]
    difference = over_spread(middles[0] - middles[1], float(np.mean(variances)))
    output_id, rest = _split(common)
    results.add(
        output_id, "standardized_difference", estimate=difference,
        status=None if difference == difference else SUPPRESSED, **rest,
    )  # fmt: skip


def _middle_and_variance(rows: pd.DataFrame) -> tuple[float, float]:
    """Mean and variance of an arm: of a number, or of a share of the sites that show it."""
    if rows["statistic"].eq("mean").any():
        _, mean, deviation = _moments(rows)
        return mean, deviation**2
    shares = rows[rows["kind"].eq("share")].dropna(subset=["numerator", "denominator"])
    known = shares["denominator"].sum()
    share = float(shares["numerator"].sum() / known) if known else math.nan
    return share, share * (1 - share)
