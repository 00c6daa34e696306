"""Lanes of time after index: each line of therapy a bar, the end of follow-up a mark."""

from __future__ import annotations

from myelomart.figures.canvas import (
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDE_SHEET,
    Canvas,
    Drawing,
    Scale,
    round_ticks,
    text_width,
)

LANE = 7.0
GROUPS = ("#1f5fa8", "#c4501b", "#2e7d54", "#7a4fa3", "#8a6d1a", "#4a4a4a",
          "#4c86c6", "#e08a5b", "#74b38f", "#b08fd0", "#c9ac57", "#9aa5b1", "#123a6b")  # fmt: skip


def swimmer(lanes: list[dict], groups: list[str], ending: str, said: str) -> Drawing:
    """``lanes``: months, ended, bars (from month, to month, group), in the order to be drawn."""
    return Drawing(
        _sheet(lanes, groups, ending, said, WIDE_SHEET).svg(),
        _sheet(lanes, groups, ending, said, NARROW_SHEET).svg(),
    )


def _sheet(lanes: list[dict], groups: list[str], ending: str, said: str, width: float) -> Canvas:
    colours = {group: GROUPS[k % len(GROUPS)] for k, group in enumerate(groups)}
    legend, x, y = [], 14.0, 18.0
    for group in groups:
        wide = 26 + text_width(group, SMALL)
        if x + wide > width - 10:
            x, y = 14.0, y + 16
        legend.append((x, y, group))
        x += wide + 8
    ends = [y + 20, y + 20 + (16 if width <= NARROW_SHEET else 0)]
    top = ends[1] + 18
    bottom = top + LANE * len(lanes)
    sheet = Canvas(width, bottom + 44, said)
    for x, y, group in legend:
        sheet.rect(x, y - 5, 11, 11, colours[group])
        sheet.text(x + 16, y, group, SMALL)
    sheet.circle(20, ends[0], 3.2, INK)
    words = f"event of «{ending}»"
    sheet.text(30, ends[0], words, SMALL)
    x = 17 if ends[1] > ends[0] else 52 + text_width(words, SMALL)
    sheet.path([(x, ends[1] - 4), (x + 7, ends[1]), (x, ends[1] + 4)], QUIET, 1.2)
    sheet.text(x + 13, ends[1], "follow-up goes on or is lost", SMALL)
    longest = max(lane["months"] for lane in lanes)
    across = Scale(0, longest + 1, 24, width - 20)
    for tick in round_ticks(0, longest + 1, 9):
        sheet.line(across(tick), top - 4, across(tick), bottom, GRID, 0.7)
        sheet.text(across(tick), bottom + 12, f"{tick:g}", SMALL, "middle", QUIET)
    sheet.text(width / 2, bottom + 30, "months from index, rounded", SMALL, "middle")
    for k, lane in enumerate(lanes):
        y = top + LANE * (k + 0.5)
        end = across(lane["months"])
        sheet.line(across(0), y, end, y, "#c5cdd6", 1.2)
        for start, stop, group in lane["bars"]:
            sheet.rect(across(start), y - 2.5, across(stop) - across(start), 5, colours[group])
        if lane["ended"]:
            sheet.circle(end + 4, y, 2.8, INK)
        else:
            sheet.path([(end + 2, y - 3), (end + 6, y), (end + 2, y + 3)], QUIET, 1.2)
    return sheet
