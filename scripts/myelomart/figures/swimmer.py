"""Lanes of time after index: each line of therapy a bar, the end of follow-up a mark."""

from __future__ import annotations

from myelomart.figures.canvas import GRID, INK, QUIET, Canvas, Scale, round_ticks, text_width

WIDTH, LANE = 760.0, 9.0
GROUPS = ("#1f5fa8", "#c4501b", "#2e7d54", "#7a4fa3", "#8a6d1a", "#4a4a4a",
          "#4c86c6", "#e08a5b", "#74b38f", "#b08fd0", "#c9ac57", "#9aa5b1", "#123a6b")  # fmt: skip


def swimmer(lanes: list[dict], groups: list[str], ending: str, said: str) -> str:
    """``lanes``: months, ended, bars (from month, to month, group), in the order to be drawn."""
    colours = {group: GROUPS[k % len(GROUPS)] for k, group in enumerate(groups)}
    legend, x, y = [], 14.0, 18.0
    for group in groups:
        wide = 26 + text_width(group, 9.5)
        if x + wide > WIDTH - 10:
            x, y = 14.0, y + 16
        legend.append((x, y, group))
        x += wide + 8
    top = y + 38
    bottom = top + LANE * len(lanes)
    sheet = Canvas(WIDTH, bottom + 44, said)
    for x, y, group in legend:
        sheet.rect(x, y - 5, 11, 11, colours[group])
        sheet.text(x + 16, y, group, 9.5)
    sheet.circle(20, top - 18, 3.2, INK)
    words = f"event of «{ending}»"
    sheet.text(30, top - 18, words, 9.5)
    x = 52 + text_width(words, 9.5)
    sheet.path([(x, top - 22), (x + 7, top - 18), (x, top - 14)], QUIET, 1.2)
    sheet.text(x + 14, top - 18, "follow-up goes on or is lost", 9.5)
    longest = max(lane["months"] for lane in lanes)
    across = Scale(0, longest + 1, 24, WIDTH - 20)
    for tick in round_ticks(0, longest + 1, 9):
        sheet.line(across(tick), top - 4, across(tick), bottom, GRID, 0.7)
        sheet.text(across(tick), bottom + 12, f"{tick:g}", 9.5, "middle", QUIET)
    sheet.text(WIDTH / 2, bottom + 30, "months from index, rounded", 9.5, "middle")
    for k, lane in enumerate(lanes):
        y = top + LANE * (k + 0.5)
        end = across(lane["months"])
        sheet.line(across(0), y, end, y, "#c5cdd6", 1.2)
        for start, stop, group in lane["bars"]:
            sheet.rect(across(start), y - 3, across(stop) - across(start), 6, colours[group])
        if lane["ended"]:
            sheet.circle(end + 4, y, 2.8, INK)
        else:
            sheet.path([(end + 2, y - 3), (end + 6, y), (end + 2, y + 3)], QUIET, 1.2)
    return sheet.svg()
