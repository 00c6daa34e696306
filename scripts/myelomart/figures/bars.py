"""Stacked bars of shares: one bar per group, its parts in the order given."""

from __future__ import annotations

from myelomart.figures.canvas import INK, QUIET, Canvas, text_width, wrapped

WIDTH, BAR, ROW = 760.0, 30.0, 52.0
# one hue from dark to light: the deeper the response, the darker
SHADES = ("#123a6b", "#1f5fa8", "#4c86c6", "#86b0dd", "#bcd3ec", "#e3c7a8", "#c4501b", "#9aa5b1")


def stacked_bars(bars: list[tuple[str, list[int]]], levels: list[str], title: str) -> str:
    """``bars``: label and a count per level of ``levels``; shares are of the bar's own sum."""
    left = min(240.0, max(text_width(label, 10.5) for label, _ in bars) + 24)
    sheet = Canvas(WIDTH, 62 + ROW * len(bars) + 16, f"{title}: best response in percent")
    x = left
    for k, level in enumerate(levels):
        sheet.rect(x, 14, 12, 12, SHADES[k % len(SHADES)])
        sheet.text(x + 17, 20, level, 10.5)
        x += 34 + text_width(level, 10.5)
    for row, (label, counts) in enumerate(bars):
        y, total = 44 + ROW * row, sum(counts)
        parts = wrapped(label, 10.5, left - 20)
        for k, part in enumerate(parts):
            sheet.text(12, y + BAR / 2 + 13 * (k - (len(parts) - 1) / 2), part, 10.5)
        x = left
        for k, count in enumerate(counts):
            wide = (WIDTH - left - 20) * count / total if total else 0
            sheet.rect(x, y, wide, BAR, SHADES[k % len(SHADES)], "#ffffff", line=0.8)
            words = f"{100 * count / total:.0f} %" if total else ""
            if wide > text_width(words, 10) + 6:
                light = k in (3, 4, 5, 7)
                sheet.text(
                    x + wide / 2, y + BAR / 2, words, 10, "middle", INK if light else "#ffffff"
                )
            x += wide
    sheet.text(left, 44 + ROW * len(bars) + 4, "percent of those assessed", 9.5, colour=QUIET)
    return sheet.svg()
