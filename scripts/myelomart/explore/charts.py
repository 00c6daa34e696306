"""Small figures of counts that the report does not need, drawn on its sheet in its colours."""

from __future__ import annotations

import math

from myelomart.disclosure.policies import Policy
from myelomart.figures.canvas import (
    ARMS,
    GRID,
    INK,
    QUIET,
    Canvas,
    Scale,
    colour_of,
    round_ticks,
    text_width,
)

PALE = "#cfdae6"
TALL, LEFT = 118.0, 40.0
BARS = "·▁▂▃▄▅▆▇█"
THIN = "\N{THIN SPACE}"


def bars_in_a_line(numbers: list[float]) -> str:
    """``numbers`` as signs of a line of text, from nothing to the largest; a point is zero."""
    most = max(numbers, default=0) or 1
    return THIN.join(BARS[math.ceil(one / most * (len(BARS) - 1))] for one in numbers)


def part_of_all(
    bars: list[tuple[str, int, int]],
    title: str,
    policy: Policy | None,
    width: float = 280.0,
    tall: float = TALL,
) -> str:
    """``bars``: label, all, and those of them who are in; in pale and in full colour.

    What the policy hides has no height: a dot stands in its place.
    """
    sheet = Canvas(width, tall + 52, title)
    sheet.text(4, 10, title, 11.5, bold=True)
    shown = [(label, _seen(whole, policy), _seen(own, policy)) for label, whole, own in bars]
    most = max((whole or 0 for _, whole, _ in shown), default=0) or 1
    up = Scale(0, most, 26 + tall, 26)
    for tick in round_ticks(0, most, 4):
        sheet.line(LEFT, up(tick), width - 4, up(tick), GRID, 0.7)
        sheet.text(LEFT - 6, up(tick), f"{tick:,.0f}", 9, "end", QUIET)
    step = (width - LEFT - 6) / max(len(bars), 1)
    wide = min(step * 0.78, 42.0)
    every = max(1, math.ceil(max((text_width(label, 9.5) for label, *_ in bars), default=0) / step))
    for k, (label, whole, own) in enumerate(shown):
        middle = LEFT + step * (k + 0.5)
        for number, colour in ((whole, PALE), (own, colour_of(0))):
            if number is None:
                sheet.circle(middle, up(0) - 3, 1.6, QUIET)
            elif number:
                sheet.rect(middle - wide / 2, up(number), wide, up(0) - up(number), colour)
        if k % every == 0:
            sheet.text(middle, up(0) + 12, label, 9.5, "middle", INK)
    sheet.line(LEFT, up(0), width - 4, up(0), QUIET, 0.8)
    return sheet.svg()


def stacked_columns(
    columns: list[str],
    parts: dict[str, list[int]],
    title: str,
    policy: Policy | None,
    width: float = 460.0,
    tall: float = 170.0,
    all_labels: bool = False,
) -> str:
    """A column per label of ``columns``, made up of ``parts``: name to a count per column.

    Labels that are too wide are left out in turn; with ``all_labels`` they stand in two rows.
    """
    parts = _one_per_colour(parts)
    places, deep = _legend_of(list(parts), 30, width)
    sheet = Canvas(width, tall + 54 + deep + (12 if all_labels else 0), title)
    for k, (name, (x, y)) in enumerate(zip(parts, places, strict=True)):
        sheet.rect(x, y + 4, 10, 10, colour_of(k))
        sheet.text(x + 14, y + 9, name, 10)
    shown = {name: [_seen(one, policy) for one in own] for name, own in parts.items()}
    sums = [sum(own[k] or 0 for own in shown.values()) for k in range(len(columns))]
    top, most = 26.0 + deep, max(sums, default=0) or 1
    up = Scale(0, most, top + tall, top)
    ticks = round_ticks(0, most, 5)
    left = max(LEFT, 10 + max(text_width(f"{tick:,.0f}", 9) for tick in ticks))
    for tick in ticks:
        sheet.line(left, up(tick), width - 4, up(tick), GRID, 0.7)
        sheet.text(left - 6, up(tick), f"{tick:,.0f}", 9, "end", QUIET)
    step = (width - left - 6) / max(len(columns), 1)
    wide = min(step * 0.76, 54.0)
    every = max(1, math.ceil(max((text_width(one, 9.5) for one in columns), default=0) / step))
    for k, label in enumerate(columns):
        middle, base = left + step * (k + 0.5), 0.0
        for j, own in enumerate(shown.values()):
            number = own[k] or 0
            if number:
                y = up(base + number)
                sheet.rect(
                    middle - wide / 2, y, wide, up(base) - y, colour_of(j), "#ffffff", line=0.6
                )
                base += number
        if any(own[k] is None for own in shown.values()):
            sheet.circle(middle, up(base) - 5, 1.6, QUIET)
        if all_labels or (len(columns) - 1 - k) % every == 0:
            lower = 12 * (k % 2) if all_labels and every > 1 else 0
            sheet.text(middle, up(0) + 13 + lower, label, 9.5, "middle", INK)
    sheet.line(left, up(0), width - 4, up(0), QUIET, 0.8)
    return sheet.svg()


def curves_by_day(lines: dict, title: str, width: float = 460.0, tall: float = 160.0) -> str:
    """``lines``: label to rows of day, median, low, high; on a logarithmic scale.

    A line joins days; the band is from the lower to the upper quartile.
    """
    places, deep = _legend_of(list(lines), 36, width)
    sheet = Canvas(width, tall + 74 + deep, title)
    sheet.text(4, 10, title, 11.5, bold=True)
    for k, (name, (x, y)) in enumerate(zip(lines, places, strict=True)):
        sheet.line(x, y + 28, x + 14, y + 28, colour_of(k), 2.4)
        sheet.text(x + 19, y + 28, name, 10)
    days = [day for rows in lines.values() for day in rows["day"]]
    low = min(float(rows["low"].min()) for rows in lines.values())
    high = max(float(rows["high"].max()) for rows in lines.values())
    top, left = 44.0 + deep, LEFT + 8
    across = Scale(min(days), max(days) or 1, left, width - 8)
    up = Scale(low, high * 1.0001, top + tall, top, log=True)
    for tick in _decades(low, high):
        sheet.line(left, up(tick), width - 4, up(tick), GRID, 0.7)
        sheet.text(left - 6, up(tick), f"{tick:g}", 9, "end", QUIET)
    for day in round_ticks(min(days), max(days), 8):
        sheet.text(across(day), top + tall + 13, f"{day:g}", 9, "middle", INK)
    sheet.text(width - 4, top + tall + 26, "days from the start", 9, "end", QUIET)
    if min(days) < 0 < max(days):
        sheet.line(across(0), top, across(0), top + tall, QUIET, 0.9, "3 3")
    for k, rows in enumerate(lines.values()):
        band = [(across(one.day), up(one.high)) for one in rows.itertuples()]
        band += [(across(one.day), up(one.low)) for one in rows[::-1].itertuples()]
        sheet.path(band, "none", 0, colour_of(k), 0.12)
        middle = [(across(one.day), up(one.median)) for one in rows.itertuples()]
        sheet.path(middle, colour_of(k), 1.8)
        for point in middle:
            sheet.circle(*point, 1.7, colour_of(k))
    sheet.line(left, top + tall, width - 4, top + tall, QUIET, 0.8)
    return sheet.svg()


def _one_per_colour(parts: dict[str, list[int]]) -> dict[str, list[int]]:
    """``parts``, the smallest of them as one where there are more than colours."""
    if len(parts) <= len(ARMS):
        return parts
    by_size = sorted(parts, key=lambda name: -sum(parts[name]))
    kept = set(by_size[: len(ARMS) - 1])
    others = [own for name, own in parts.items() if name not in kept]
    told = {name: own for name, own in parts.items() if name in kept}
    return told | {"all others": [sum(column) for column in zip(*others, strict=True)]}


def _legend_of(
    names: list[str], beside: float, width: float
) -> tuple[list[tuple[float, float]], float]:
    """Where each name of a legend stands, in as many rows as it needs, and how deep it gets.

    ``beside`` is the room of a mark and the gaps beside a name.
    """
    places, x, y = [], 4.0, 0.0
    for name in names:
        wide = text_width(name, 10) + beside
        if x > 4 and x + wide - 10 > width:
            x, y = 4.0, y + 15
        places.append((x, y))
        x += wide
    return places, y


def _decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each power of ten between two positive numbers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [k * 10.0**power for power in powers for k in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def _seen(number: int, policy: Policy | None) -> int | None:
    """A count as it may be drawn; None where it is hidden."""
    if policy is None:
        return int(number)
    return None if policy.is_small(number) else int(policy.round(number))
