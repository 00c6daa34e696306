"""What a printed table shows of one estimate, or of the few that share a cell."""

from __future__ import annotations

import pandas as pd

from myelomart.display.numbers import NOTHING, count_of, ratio, rounded, tested, with_limits

DIGITS = 1
SUPPRESSED = "suppressed"
MARKS = {"count_floored": " ‡", "firth": " §", "cannot_be_told": " ¶"}


def cell(own: list, unknown_apart: bool = False) -> str:
    """What a table prints of the estimates of one row and column.

    ``unknown_apart``: the table has a column of the unknown.
    """
    if not own:
        return NOTHING
    if all(one.status == SUPPRESSED for one in own):
        return SUPPRESSED
    of = {one.statistic: one for one in own}
    if "mean" in of:
        return _mean(of["mean"], of.get("sd")) + ("" if unknown_apart else _unknown(of["mean"]))
    if "median" in of:
        return _median(of["median"]) + ("" if unknown_apart else _unknown(of["median"]))
    percent = next((one for one in own if one.unit == "%"), None)
    if percent is not None:
        return _percent(percent)
    one = own[0]
    if pd.notna(one.numerator) and pd.notna(one.denominator) and one.denominator:
        return f"{rounded(one.numerator, 0)} / {rounded(one.denominator, 0)}"
    return rounded(one.estimate, 0)


def _percent(one) -> str:
    if not one.denominator:
        return "none known"
    shown = count_of(one.numerator, one.denominator)
    if pd.isna(one.ci_low):
        return shown
    return f"{shown} [{rounded(one.ci_low, 0)}–{rounded(one.ci_high, 0)}]"


def _mean(mean, sd) -> str:
    if pd.isna(mean.estimate):
        return "none known"
    spread = rounded(sd.estimate, DIGITS) if sd is not None else NOTHING
    return f"{rounded(mean.estimate, DIGITS)} ({spread})"


def _median(one) -> str:
    """Median, quartiles and range; what is counted in whole numbers has no needless decimals."""
    if pd.isna(one.estimate):
        return "none known"
    is_whole = one.range_low == round(one.range_low, 0) and one.range_high == round(
        one.range_high, 0
    )

    def shown(value: float) -> str:
        return rounded(value, 0 if is_whole and value == round(value, 0) else DIGITS)

    spread = f"IQR {shown(one.iqr_low)}–{shown(one.iqr_high)}"
    if pd.notna(one.range_low):
        spread += f"; range {shown(one.range_low)}–{shown(one.range_high)}"
    return f"{shown(one.estimate)} ({spread})"


def _unknown(one) -> str:
    return f", {rounded(one.n_missing, 0)} unknown" if one.n_missing > 0 else ""


def p_with_test(own: list) -> str:
    """p and the name of its test, of the first row that has one."""
    one = next((one for one in own if one.p_test), None)
    if one is None:
        return ""
    return NOTHING if pd.isna(one.p_value) else tested(one.p_value, one.p_test)


def events_of(one) -> str:
    """Events of persons."""
    if one.status == SUPPRESSED:
        return SUPPRESSED
    return f"{rounded(one.numerator, 0)} / {rounded(one.denominator, 0)}"


def value_of(one) -> str:
    """An estimate with its limits."""
    if one.status == SUPPRESSED:
        return SUPPRESSED
    return with_limits(one.estimate, one.ci_low, one.ci_high)


def rate_of(one) -> str:
    """A share at a time as a percent with its limits."""
    if one.status == SUPPRESSED:
        return SUPPRESSED
    if pd.isna(one.estimate):
        return "follow-up ended"
    if pd.isna(one.ci_low) and pd.isna(one.ci_high):
        return f"{rounded(100 * one.estimate, DIGITS)} (no limits)"
    return with_limits(100 * one.estimate, 100 * one.ci_low, 100 * one.ci_high)


def ratio_of(row) -> str:
    """A ratio with its limits and the mark of its status."""
    if row is None:
        return NOTHING
    shown = ratio(row.estimate, row.ci_low, row.ci_high)
    return hidden_word(row) or shown + MARKS.get(row.status, "")


def hidden_word(row) -> str:
    """The word that stands for a hidden estimate; empty where it may be shown."""
    return SUPPRESSED if row is not None and row.status == SUPPRESSED else ""
