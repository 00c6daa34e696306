"""Stacked bars of shares: one bar per group, its parts in the order given."""

from __future__ import annotations

from myelomart.figures.canvas import (
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDE_SHEET,
    Canvas,
    Drawing,
    text_width,
    wrapped,
)

BAR, GAP = 30.0, 26.0
DARK, LIGHT = (18, 58, 107), (228, 237, 247)  # one hue: the deeper the response, the darker


def stacked_bars(bars: list[tuple[str, list[int]]], levels: list[str], title: str) -> Drawing:
    """``bars``: label and a count per level of ``levels``; shares are of the bar's own sum."""
    return Drawing(
        _sheet(bars, levels, title, WIDE_SHEET).svg(),
        _sheet(bars, levels, title, NARROW_SHEET).svg(),
    )


def shade(position: int, of: int) -> str:
    """The ``position``-th of ``of`` shades from dark to light."""
    share = position / max(of - 1, 1)
    return "#" + "".join(
        f"{round(a + share * (b - a)):02x}" for a, b in zip(DARK, LIGHT, strict=True)
    )


def _sheet(bars, levels, title: str, width: float) -> Canvas:
    is_narrow = width <= NARROW_SHEET
    widest = max(text_width(label, SMALL) for label, _ in bars)
    left = 12.0 if is_narrow else min(240.0, widest + 24)
    places, x, y = [], left, 20.0
    for level in levels:
        wide = 34 + text_width(level, SMALL)
        if x + wide > width - 4 and x > left:
            x, y = left, y + 17
        places.append((x, y))
        x += wide
    row = BAR + GAP + (16 if is_narrow else 0)
    top = y + (30 if is_narrow else 16)
    told = "; ".join(
        f"{label}: " + ", ".join(f"{level} {n}" for level, n in zip(levels, counts, strict=True))
        for label, counts in bars
    )
    sheet = Canvas(width, top + row * len(bars) + 22, f"{title}: in percent", told=f"{told}.")
    for k, (level, (x, at)) in enumerate(zip(levels, places, strict=True)):
        sheet.rect(x, at - 6, 12, 12, shade(k, len(levels)), QUIET, line=0.5)
        sheet.text(x + 17, at, level, SMALL)
    for k, (label, counts) in enumerate(bars):
        at = top + row * k
        if is_narrow:
            sheet.text(left, at - 10, label, SMALL)
        else:
            parts = wrapped(label, SMALL, left - 20)
            for j, part in enumerate(parts):
                sheet.text(12, at + BAR / 2 + 13 * (j - (len(parts) - 1) / 2), part, SMALL)
        _bar(sheet, left, at, width - left - 16, counts)
    sheet.text(left, top + row * len(bars), "percent of those assessed", SMALL, colour=QUIET)
    return sheet


def _bar(sheet: Canvas, left: float, y: float, room: float, counts: list[int]) -> None:
    """The parts of one bar; a share that finds no room in its part stands below it."""
    total, x, free = sum(counts), left, left
    for k, count in enumerate(counts):
        wide = room * count / total if total else 0
        sheet.rect(x, y, wide, BAR, shade(k, len(counts)), "#ffffff", line=0.8)
        words = f"{100 * count / total:.0f} %" if total else ""
        needed = text_width(words, SMALL)
        if wide > needed + 4:
            colour = "#ffffff" if k < len(counts) * 0.55 else INK
            sheet.text(x + wide / 2, y + BAR / 2, words, SMALL, "middle", colour)
        elif count:
            at = max(x + wide / 2 - needed / 2, free)
            at = min(at, left + room - needed)
            sheet.line(x + wide / 2, y + BAR, x + wide / 2, y + BAR + 4, QUIET, 0.8)
            sheet.text(at, y + BAR + 11, words, SMALL, colour=QUIET)
            free = at + needed + 4
        x += wide
