"""Our value beside the printed one, and the contradictions of the printed one.

The rows of `published_places` say where a printed number stands among our outputs: analysis,
covariate or endpoint, level and group. Nothing is computed here, only found.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from myelomart.display.numbers import (
    NOTHING,
    count_of,
    in_words,
    p_value,
    ratio,
    rounded,
    tested,
    with_limits,
)
from myelomart.display.table import Table
from myelomart.population.levels import level_in_words

EVERYONE = "All"
LINES = {"first": "First line", "all": "All lines"}
RATIOS = ("hazard_ratio_univariable", "odds_ratio_univariable")
WORDS = {"median": "median", "percent": "%", "rate_at_time": "rate", "p_value": "p",
         "hazard_ratio": "hazard ratio", "count": "count"}  # fmt: skip


def printed_table(
    analysis_id: str, rows: list, published: pd.DataFrame, value: Callable[[object, list], str]
) -> Table | None:
    """A row per number that the document prints of this analysis; None where it prints none.

    ``value`` finds ours among the estimates of the analysis (``rows``): `ours`, or a kind's own.
    """
    if "analysis_id" not in published:
        return None
    own = published[published["analysis_id"] == analysis_id]
    if not len(own):
        return None
    shown = []
    repeated = own.duplicated(["arm_or_group", "endpoint", "category", "statistic"], keep=False)
    for one, is_repeated in zip(own.itertuples(), repeated, strict=True):
        cells = [_printed(one), value(one, rows), _said(one.issue_id)]
        shown.append([_name(one, is_repeated), *cells])
    return Table(
        "Compared with the published values",
        ["", "published", "this warehouse", "contradictions"],
        shown,
        "These are other patients and other data: expect no agreement unless the data "
            "were made for it. A code marks a number about which the source document "
            "contradicts itself.",
    )  # fmt: skip


def _name(one, is_repeated: bool) -> str:
    """What was printed, and when it was so where the same is printed of two times."""
    parts = [one.arm_or_group, in_words(one.endpoint), one.category]
    parts += [one.time_anchor] if is_repeated else []
    said = ", ".join(str(part) for part in parts if isinstance(part, str) and part)
    return f"{said} ({WORDS.get(one.statistic, one.statistic)}, {one.row_id})"


def _said(value) -> str:
    return str(value).replace(";", ", ") if isinstance(value, str) and value else NOTHING


def _printed(one) -> str:
    if one.statistic == "p_value":
        sign = one.p_operator if isinstance(one.p_operator, str) and one.p_operator != "=" else ""
        return NOTHING if pd.isna(one.p_value) else f"{sign}{one.p_value:g}"
    if pd.isna(one.estimate):
        return str(one.estimate_status).replace("_", " ")
    shown = f"{one.estimate:g}"
    if one.statistic in ("percent", "rate_at_time"):
        shown += " %"
    if pd.notna(one.numerator) and pd.notna(one.denominator):
        shown = f"{one.numerator:g} / {one.denominator:g} ({shown})"
    low, high = one.ci_low, one.ci_high
    if pd.notna(low):
        return f"{shown} (95 % CI {low:g}–{'NE' if pd.isna(high) else f'{high:g}'})"
    if pd.notna(one.iqr_low):
        return f"{shown} (IQR {one.iqr_low:g}–{one.iqr_high:g})"
    if pd.notna(one.range_low):
        return f"{shown} (range {one.range_low:g}–{one.range_high:g})"
    return shown


def ours(one, rows: list, statistics: tuple[str, ...] = ()) -> str:
    """Our value of what was printed, in the same form; a dash where we have none.

    ``statistics`` are those that may meet it; without any, those of what was printed.
    """
    about = {name for name in (one.covariate_id, one.endpoint_id) if is_word(name)}
    found = [row for row in rows if not about or row.endpoint in about]
    if one.statistic == "p_value":
        mine = next((row for row in found if row.p_test), None)
        return NOTHING if mine is None else tested(mine.p_value, mine.p_test)
    if one.statistic == "comparison":
        return _comparison(one, found)
    if one.statistic == "count" and not is_word(one.level) and one.category != "unknown":
        return _size(one, rows)
    wanted = statistics or _statistics(one)
    mine = next(
        (
            row for row in found
            if row.statistic in wanted and _is_arm(row.arm, one.group_value)
            and _is_level(row.row_label, one)
            and (one.statistic != "rate_at_time" or row.timepoint_months == one.timepoint_months)
        ), None,
    )  # fmt: skip
    if mine is not None:
        return _value(one, mine)
    return _size(one, rows) if one.statistic == "count" else _absent_level(one, found)


def _size(one, rows: list) -> str:
    """How many a group holds; a level of what makes the groups is a group. Never a denominator."""
    group = one.group_value if is_word(one.group_value) else one.level
    mine = next(
        (
            row for row in rows
            if (row.row_group == "Size" or row.statistic == "n") and _is_arm(row.arm, group)
        ), None,
    )  # fmt: skip
    return NOTHING if mine is None else _value(one, mine)


def _absent_level(one, found: list) -> str:
    """Nobody of those known has a level that the table does not list; else a dash."""
    if one.statistic != "percent" or not is_word(one.level):
        return NOTHING
    for row in found:
        is_level = ": " in (row.row_label or "") and not row.row_label.endswith(": unknown")
        if row.statistic == "percent" and is_level and _is_arm(row.arm, one.group_value):
            return count_of(0, row.denominator)
    return NOTHING


def _comparison(one, found: list) -> str:
    """Where the document says in words whether groups differ: our ratios, or our tests."""
    told = [
        f"{row.arm}: {ratio(row.estimate, row.ci_low, row.ci_high)}, p {p_value(row.p_value)}"
        for row in found if row.statistic in RATIOS and row.row_label == one.level
    ]  # fmt: skip
    tests = [row for row in found if row.p_test and pd.notna(row.p_value)]
    if told or not tests:
        return "; ".join(told) or NOTHING
    least = min(tests, key=lambda row: row.p_value)
    smallest = tested(least.p_value, least.p_test)
    return f"{len(tests)} tests, the smallest p {smallest}: {least.row_label}"


def _statistics(one) -> tuple[str, ...]:
    if one.endpoint == "follow_up":
        return ("median_follow_up_months",)
    if one.statistic == "median":
        return ("median", "mean", "median_months")
    if one.statistic == "rate_at_time":
        return ("survival", "cumulative_incidence")
    return ("percent", "count")


def _is_arm(arm: str | None, wanted) -> bool:
    """Whether an arm of ours is the group: everybody when the place names none."""
    if not is_word(wanted):
        return arm in (EVERYONE, None)
    if arm is None:
        return False
    if wanted in LINES:
        return arm == LINES[wanted]
    if wanted == "1":
        return arm.endswith(": yes") or (": " not in arm and arm != EVERYONE)
    if wanted == "0":
        return arm.endswith(": no")
    value = level_in_words(wanted)
    return arm == value or arm.endswith(f": {value}")


def _is_level(label: str | None, one) -> bool:
    """Whether a row of ours is the level; the unknown where that is what was printed."""
    label = label or ""
    if one.category == "unknown" and not is_word(one.level):
        return label.endswith(": unknown")
    if not is_word(one.level) or one.level == "1":
        return not label.endswith(": unknown")
    value = level_in_words(one.level)
    return label == value or label.endswith(f": {value}")


def _value(one, mine) -> str:
    if mine.status == "suppressed":
        return "suppressed"
    if one.statistic == "percent":
        return count_of(mine.numerator, mine.denominator)
    if one.statistic == "count":
        is_share = mine.statistic.startswith("percent") or pd.isna(mine.estimate)
        return rounded(mine.numerator if is_share else mine.estimate, 0)
    if one.statistic == "rate_at_time":
        return f"{with_limits(100 * mine.estimate, 100 * mine.ci_low, 100 * mine.ci_high)} %"
    if pd.notna(mine.iqr_low):
        spread = f"IQR {rounded(mine.iqr_low, 1)}–{rounded(mine.iqr_high, 1)}"
        return f"{rounded(mine.estimate, 1)} ({spread})"
    return with_limits(mine.estimate, mine.ci_low, mine.ci_high)


def is_word(value) -> bool:
    """Whether a place names something here."""
    return isinstance(value, str) and value != ""
