"""The same result printed twice: in the abstract and in the table, in days and in months."""

from __future__ import annotations

import re

from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Number, Printed

IN_MONTHS = {"days": 12 / 365, "weeks": 7 * 12 / 365, "months": 1.0, "years": 12.0}
COMPARED = ("estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "range_low", "range_high",
            "p_value")  # fmt: skip


def repeats(rows: list[Printed]) -> list[Finding]:
    """Numbers of a repetition that rounding and units do not bring to those of the original."""
    by_id = {row.row_id: row for row in rows}
    found = []
    for row in rows:
        original = by_id.get(row.repeat_of)
        if original is None:
            continue
        told = _differences(row, original)
        if told:
            found.append(
                Finding("repeat", (original.row_id, row.row_id),
                        f"{row.group}, {row.called}: {'; '.join(told)}")
            )  # fmt: skip
        sizes = _n(row.arm_or_group), _n(original.arm_or_group) or _n(original.population)
        if None not in sizes and sizes[0] != sizes[1] and not told:
            found.append(
                Finding("repeat", (original.row_id, row.row_id),
                        f"{row.called}: the number of {sizes[1]} patients is given for "
                        f"{sizes[0]} as well")
            )  # fmt: skip
    return found


def _differences(row: Printed, original: Printed) -> list[str]:
    told = []
    counts, others = (original.count, original.size), (row.count, row.size)
    if None not in (*counts, *others) and counts != others:
        told.append(f"{counts[0]}/{counts[1]} and {others[0]}/{others[1]}")
    if row.population != original.population:
        return told  # of other patients: a count may be repeated, an estimate is another
    factor = _factor(row.unit, original.unit)
    if factor is None:
        return told
    for name in COMPARED:
        first, second = getattr(original, name), getattr(row, name)
        if first is None or second is None or (told and name == "estimate"):
            continue
        scale = factor if name != "p_value" else 1.0
        is_about = "approximate" in (row.estimate_status, original.estimate_status)
        if not _same(first, second, scale, is_about):
            told.append(f"{_name(name)}{first.value:g} and {second.value:g}")
    return told


def _same(first: Number, second: Number, scale: float, is_about: bool) -> bool:
    """Whether one number, rounded as each was, can have been printed as both."""
    low, high = second.low * scale, second.high * scale
    if is_about:
        low, high = low - (high - low) / 2, high + (high - low) / 2
    # half up: 21.05 prints as 21.1, so that what prints as 21.0 ends before it
    return low < first.high - 1e-9 and high > first.low + 1e-9


def _factor(unit: str, other: str) -> float | None:
    """What turns the first unit into the second; None for units that do not go together."""
    if unit == other or not unit or not other:
        return 1.0
    if unit in IN_MONTHS and other in IN_MONTHS:
        return IN_MONTHS[unit] / IN_MONTHS[other]
    return None


def _n(words: str) -> int | None:
    """The size that words give last, as in «relapsed (n=79)»."""
    sizes = re.findall(r"\(n=(\d+)\)", words)
    return int(sizes[-1]) if sizes else None


def _name(column: str) -> str:
    return {"estimate": "", "p_value": "p ", "ci_low": "lower limit ", "ci_high": "upper limit ",
            "iqr_low": "lower quartile ", "iqr_high": "upper quartile ", "range_low": "smallest ",
            "range_high": "largest "}[column]  # fmt: skip


def coincidences(rows: list[Printed]) -> list[Finding]:
    """Different groups with one and the same estimate and interval, or endpoints with one small p.

    Chance can do it, and copying can: what is found here is doubtful, no contradiction.
    """
    found = []
    same: dict[tuple, list[Printed]] = {}
    tested: dict[tuple, list[Printed]] = {}
    for row in rows:
        if row.repeat_of:
            continue
        if row.estimate is not None and row.ci_low is not None and row.unit in IN_MONTHS:
            high = row.ci_high.value if row.ci_high else None
            key = (row.study_id, row.endpoint, row.estimate.value, row.ci_low.value, high)
            same.setdefault(key, []).append(row)
        is_exact = row.statistic == "p_value" and row.p_operator in ("", "=")
        if is_exact and row.p_value is not None and row.p_value.value < 0.05:
            key = (row.study_id, row.arm_or_group, row.p_value.value)
            tested.setdefault(key, []).append(row)
    for own in same.values():
        arms = {row.arm_or_group for row in own}
        if len(own) > 1 and len(arms) == len(own):
            found.append(_doubt(own, f"{own[0].endpoint}: {len(own)} groups share the estimate "
                                     f"{own[0].estimate.value:g} and its interval"))  # fmt: skip
    for own in tested.values():
        if len({row.endpoint for row in own}) > 1:
            endpoints = ", ".join(row.endpoint for row in own)
            found.append(_doubt(own, f"{own[0].group}: p = {own[0].p_value.value:g} for each of "
                                     f"{endpoints}"))  # fmt: skip
    return found


def _doubt(own: list[Printed], sentence: str) -> Finding:
    return Finding("coincidence", tuple(row.row_id for row in own), sentence, "doubtful")
