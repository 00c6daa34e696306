"""How numbers are printed: one rule, half up, and words where there is no number."""

from decimal import ROUND_HALF_UP, Decimal
from math import isinf

import pandas as pd

NOTHING = "–"
NOT_REACHED = "NE"
SMALL = 0.05  # the p below which a reader takes a test for a finding
NAMES = {"fisher": "Fisher", "wilcoxon": "Wilcoxon", "student": "Student's t", "welch": "Welch's t",
         "kruskal-wallis": "Kruskal-Wallis"}  # fmt: skip
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}  # in the names of endpoints
ABBREVIATIONS = {"cd38", "cr", "crs", "dor", "ecog", "emd", "icans", "iss", "mrd", "orr", "os",
                 "pfs", "pmd", "scr", "sct", "t", "vgpr"}  # fmt: skip


def rounded(value: float, digits: int) -> str:
    """``value`` with ``digits`` decimals, half up; an en dash when it is missing.

    Thousands are set apart from 10,000 on, so that a year stays a year.
    """
    if pd.isna(value):
        return NOTHING
    if isinf(value):
        return "∞" if value > 0 else "-∞"
    number = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    number = number if number else abs(number)  # there is no zero below zero
    return f"{number:,}" if abs(number) >= 10_000 else f"{number}"


def ratio(value: float, low: float, high: float) -> str:
    """A ratio with its interval, or 'not estimable'."""
    if pd.isna(value):
        return "not estimable"
    return f"{rounded(value, 2)} ({rounded(low, 2)}–{rounded(high, 2)})"


def p_value(value: float) -> str:
    """A p value: three decimals, or '<0.001' and '>0.99' at the ends."""
    if pd.isna(value):
        return NOTHING
    if value > 0.99:
        return ">0.99"
    return "<0.001" if value < 0.001 else rounded(value, 3)


def tested(value: float, test: str | None) -> str:
    """A p value with the name of its test; there is none without a value."""
    said = p_value(value)
    return f"{said} ({NAMES.get(test, test)})" if test and said != NOTHING else said


def tests_made(estimates: list) -> str:
    """How many p values stand behind a table, and how many of as many chance alone makes small."""
    count = sum(pd.notna(one.p_value) for one in estimates)
    by_chance = rounded(SMALL * count, 1)
    return (
        f"{count} tests are made here without correction for multiple testing: {by_chance} would "
        f"have p below {SMALL} by chance alone."
    )


def in_words(name: str) -> str:
    """The name of an endpoint or covariate as words, its abbreviations in capitals."""
    words = [SIGNS.get(word, word) for word in str(name).removeprefix("n_").split("_")]
    words = ["number", "of", *words] if str(name).startswith("n_") else words
    return " ".join(word.upper() if word in ABBREVIATIONS else word for word in words)


def count_of(numerator: float, denominator: float) -> str:
    """A count with its percent and denominator: 12 / 40 (30.0 %)."""
    if pd.isna(numerator) or not denominator:
        return NOTHING
    share = rounded(100 * numerator / denominator, 1)
    return f"{rounded(numerator, 0)} / {rounded(denominator, 0)} ({share} %)"


def with_limits(value: float, low: float, high: float, digits: int = 1) -> str:
    """A value with its interval; a value or a limit that is not reached is NE."""
    if pd.isna(value) and pd.isna(low) and pd.isna(high):
        return "not reached"
    parts = [NOT_REACHED if pd.isna(one) else rounded(one, digits) for one in (value, low, high)]
    between = " to " if low < 0 or high < 0 else "–"
    return f"{parts[0]} ({parts[1]}{between}{parts[2]})"
