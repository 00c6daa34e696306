"""Small counts stay at the site: what is hidden before tables, curves and pages are written.

The rules are those of `disclosure.rules`; here they meet the long estimates. A count, a share
or an estimate of fewer than the limit is hidden with everything that would tell it: smallest and
largest values, and the next smallest cell where a single hidden one could be had by subtraction.
Figures show single persons and exact counts, so that only those of standardized differences stay.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from myelomart.disclosure.rules import is_small, suppress_curve, suppress_estimates
from myelomart.results import CURVE_COLUMNS, Results

COUNTED = ("persons", "lines")
SUPPRESSED = "suppressed"
NUMBERS = ("estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "numerator", "p_value")
WHOSE = ("study_id", "analysis_id", "output_id", "population", "endpoint", "arm")
KEPT_FIGURES = "_balance"


def suppress(results: Results, fewest: int, months: dict[str, list[float]]) -> None:
    """Hide every count below ``fewest`` in ``results``; ``months`` are those shown, per output."""
    if results.estimates:
        results.estimates = _estimates(results.estimate_frame(), fewest).to_dict("records")
    results.curves = [_curve(one, fewest, months) for one in results.curves]
    kept = {name for name in results.figures if name.endswith(KEPT_FIGURES)}
    left_out = len(results.figures) - len(kept)
    results.pairs = []  # one row per person
    results.figures = {name: svg for name, svg in results.figures.items() if name in kept}
    results.warnings = [_without_small_numbers(one, fewest) for one in results.warnings]
    results.missing = {k: _without_small_numbers(v, fewest) for k, v in results.missing.items()}
    results.warnings.append(
        f"Counts below {fewest} are suppressed, with the estimates that rest on them; smallest and "
        f"largest values, {left_out} figures that show single persons, and the list of matched "
        "pairs are left out."
    )


def _estimates(frame: pd.DataFrame, fewest: int) -> pd.DataFrame:
    work = frame.copy()
    is_count = work["unit"].isin(COUNTED) | (work["statistic"] == "count")
    work["numerator"] = work["numerator"].where(
        work["numerator"].notna() | ~is_count, work["estimate"]
    )
    # a number without a numerator speaks of all whom its denominator counts
    work["numerator"] = work["numerator"].fillna(work["denominator"])
    work["denominator"] = work["denominator"].fillna(work["numerator"])
    judged = suppress_estimates(work, fewest)
    hidden = judged["is_suppressed"] | work["n_missing"].map(lambda count: is_small(count, fewest))
    hidden |= _would_be_told(work, hidden)
    # a number without counts of its own falls with those it was made from
    bare = work["numerator"].isna() & work["denominator"].isna()
    about = [work[name].fillna("") for name in ("output_id", "population", "endpoint", "row_label")]
    hidden |= bare & hidden.groupby(about).transform("any")
    frame.loc[hidden, [*NUMBERS, "n_missing"]] = np.nan
    frame.loc[hidden, "denominator"] = judged.loc[hidden, "denominator"]
    frame.loc[hidden, "status"] = SUPPRESSED
    frame[["range_low", "range_high"]] = np.nan
    return frame


def _would_be_told(work: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """The smallest other cell wherever exactly one of a row, or of a variable, is hidden."""
    more = pd.Series(False, index=work.index)
    by = ["output_id", "population", "row_group", "endpoint", "statistic", "timepoint_months"]
    for keys in ([*by, "row_label"], [*by, "arm"]):
        for _, rows in work.groupby(keys, dropna=False, sort=False):
            own = hidden[rows.index] | more[rows.index]
            others = rows[~own & (rows["numerator"] > 0)]
            if own.sum() == 1 and len(others):
                more[others["numerator"].idxmin()] = True
    return more


def _curve(curve: pd.DataFrame, fewest: int, months: dict[str, list[float]]) -> pd.DataFrame:
    """A curve at the months shown only, ended where few are at risk."""
    if not len(curve):
        return curve
    first = curve.iloc[0]
    shown = suppress_curve(
        curve.rename(columns={"time_months": "time"}), months.get(first["output_id"], [0]), fewest
    ).rename(columns={"time": "time_months"})
    for name in WHOSE:
        shown[name] = first[name]
    return shown.reindex(columns=list(CURVE_COLUMNS))


def _without_small_numbers(words: str, fewest: int) -> str:
    """A sentence whose whole numbers from 1 to below ``fewest`` are hidden."""
    return re.sub(
        r"(?<![\w.,–-])\d+(?![\d.,]*\d)",
        lambda found: f"<{fewest}" if 0 < int(found.group()) < fewest else found.group(),
        words,
    )
