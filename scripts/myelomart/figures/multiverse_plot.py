"""Every way in which a question could have been answered: ratios by size, their choices below.

A specification curve (Simonsohn U, Simmons JP, Nelson LD. Nat Hum Behav 2020;4:1208).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myelomart.figures.canvas import (
    ARMS,
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDE_SHEET,
    Canvas,
    Drawing,
    Scale,
    text_width,
    wrapped,
)

TALL, ROW, TOP, EDGE = 190.0, 16.0, 58.0, 12.0
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


@dataclass(frozen=True)
class Specification:
    """One way: what was chosen on each dimension, and the ratio it gives."""

    choices: dict[str, str]
    hr: float
    ci_low: float
    ci_high: float
    is_ours: bool  # the way of the study's own analysis


def multiverse_plot(found: list[Specification], title: str, axis: str) -> Drawing:
    """``found``: specifications with a ratio; ``axis`` names it. The study's own is black."""
    ordered = sorted(found, key=lambda one: (one.hr, *one.choices.values()))
    return Drawing(
        _sheet(ordered, title, axis, WIDE_SHEET).svg(),
        _sheet(ordered, title, axis, NARROW_SHEET).svg(),
    )


def _sheet(found: list[Specification], title: str, axis: str, width: float) -> Canvas:
    is_narrow = width <= NARROW_SHEET
    levels = {
        name: list(dict.fromkeys(one.choices[name] for one in found)) for name in found[0].choices
    }
    levels = {name: sorted(own) for name, own in levels.items()}
    named = max(text_width(level, SMALL) for own in levels.values() for level in own)
    left = 46.0 if is_narrow else max(named + 24, 60)
    step = 30.0 if is_narrow else ROW  # a level's name stands above its marks on a phone
    below = sum(22 + step * len(own) for own in levels.values())
    below_one = sum(one.ci_high < 1 for one in found)
    above_one = sum(one.ci_low > 1 for one in found)
    told = (
        f"{len(found)} ways; median {np.median([one.hr for one in found]):.2f}, from "
        f"{found[0].hr:.2f} to {found[-1].hr:.2f}; of {below_one} the interval is below 1, of "
        f"{above_one} above"
    )
    heads, notes = wrapped(title, 12, width - 20), wrapped(told, SMALL, width - 20)
    top = TOP + 15 * (len(heads) - 1) + 14 * (len(notes) - 1) - 10
    sheet = Canvas(width, top + TALL + 24 + below, title, told=f"{told}.")
    for k, head in enumerate(heads):
        sheet.text(10, 14 + 15 * k, head, 12, bold=True)
    for k, note in enumerate(notes):
        sheet.text(10, 16 + 15 * len(heads) + 14 * k, note, SMALL, colour=QUIET)
    across = Scale(0, len(found), left, width - EDGE)
    low = max(0.05, min(one.ci_low for one in found))
    high = min(20.0, max(one.ci_high for one in found))
    down = Scale(min(low, 0.5), max(high, 2), top + TALL, top, log=True)
    for tick in TICKS:
        if np.exp(down.low) <= tick <= np.exp(down.high):
            colour, weight = (QUIET, 1.1) if tick == 1 else (GRID, 0.7)
            sheet.line(left, down(tick), width - EDGE, down(tick), colour, weight)
            sheet.text(left - 6, down(tick), f"{tick:g}", SMALL, "end", QUIET)
    sheet.text(left - 36, top + TALL / 2, axis, SMALL, "middle", turned=True)
    for k, one in enumerate(found):
        x, colour = across(k + 0.5), _colour(one)
        sheet.line(x, down(max(one.ci_low, low)), x, down(min(one.ci_high, high)), colour, 1.1)
        sheet.circle(x, down(min(max(one.hr, low), high)), 3.4 if one.is_ours else 2.2, colour)
    _choices(sheet, found, levels, across, top + TALL + 20, step, is_narrow)
    return sheet


def _choices(sheet, found, levels, across, y: float, step: float, is_narrow: bool) -> None:
    """A mark under each ratio at what was chosen."""
    right = sheet.width - EDGE
    for name, own in levels.items():
        sheet.text(10, y + 8, name, SMALL, bold=True)
        y += 22
        for level in own:
            at = y + step - ROW / 2 - 4
            if is_narrow:
                sheet.text(10, at - 13, level, SMALL)
            else:
                sheet.text(across.start - 8, at, level, SMALL, "end")
            sheet.line(across.start, at, right, at, GRID, 0.6)
            for k, one in enumerate(found):
                if one.choices[name] == level:
                    tall = 10 if one.is_ours else 7
                    x = across(k + 0.5)
                    sheet.line(x, at - tall / 2, x, at + tall / 2, _colour(one), 2)
            y += step


def _colour(one: Specification) -> str:
    if one.is_ours:
        return INK
    return QUIET if one.ci_low <= 1 <= one.ci_high else ARMS[0]
