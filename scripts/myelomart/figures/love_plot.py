"""Standardized differences of all covariates, before and after matching."""

from __future__ import annotations

import math

import pandas as pd

from myelomart.figures.canvas import (
    ARMS,
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WASH,
    Canvas,
    Drawing,
    Scale,
    round_ticks,
    text_width,
    wrapped,
)

BALANCED = 0.1  # conventional limit of |SMD| (Austin 2009)
ROW, LEADING, PLOT, NUMBER = 15.0, 14.0, 300.0, 34.0


def love_plot(differences: pd.DataFrame) -> Drawing:
    """``differences``: label, group, population, smd; populations in the order to be shown.

    What is still beyond the limit in the last population is bold, with its number.
    """
    return Drawing(_sheet(differences, False).svg(), _sheet(differences, True).svg())


def _sheet(differences: pd.DataFrame, is_narrow: bool) -> Canvas:
    labels = list(dict.fromkeys(differences["label"]))
    populations = list(dict.fromkeys(differences["population"]))
    known = differences["smd"].abs().replace(math.inf, math.nan)
    reach = max(2 * BALANCED, known.max() if known.notna().any() else 0) * 1.12
    room = NARROW_SHEET - 32 - NUMBER if is_narrow else PLOT
    parts = [wrapped(label, SMALL, room) for label in labels]
    names = [text_width(part, SMALL, bold=True) for own in parts for part in own]
    left = 16.0 if is_narrow else max(names, default=0) + 24
    top = 26.0 + (16 * len(populations) if is_narrow else 16)
    bottom, places = top, []  # where the line of each label runs
    for own in parts:
        bottom += 18 + LEADING * len(own) if is_narrow else ROW + LEADING * (len(own) - 1)
        places.append(bottom - (8 if is_narrow else ROW / 2 + LEADING * (len(own) - 1) / 2))
    final = differences[differences["population"] == populations[-1]]
    final = final.drop_duplicates("label").set_index("label")["smd"]
    apart = [label for label in labels if abs(final.get(label, 0.0)) > BALANCED]
    told = f"Beyond ±{BALANCED:g} {populations[-1]}: {', '.join(apart) or 'none'}."
    notes = wrapped(told, SMALL, left + room)
    title = f"Standardized differences, {' and '.join(populations)}"
    sheet = Canvas(left + room + NUMBER + 16, bottom + 50 + 14 * len(notes), title, told=told)
    across = Scale(-reach, reach, left, left + room)
    sheet.rect(across(-BALANCED), top, across(BALANCED) - across(-BALANCED), bottom - top, WASH)
    for limit in (-BALANCED, BALANCED):
        sheet.line(across(limit), top, across(limit), bottom, QUIET, 0.8, "3 3")
    sheet.line(across(0), top, across(0), bottom, QUIET)
    for tick in round_ticks(-reach, reach):
        sheet.line(across(tick), bottom, across(tick), bottom + 4)
        sheet.text(across(tick), bottom + 13, f"{tick:g}".replace("-", "−"), SMALL, "middle", QUIET)
    words = f"Standardized difference (shaded: within ±{BALANCED:g})"
    sheet.text(left + room / 2, bottom + 31, words, SMALL, "middle")
    for k, note in enumerate(notes):
        sheet.text(8, bottom + 50 + 14 * k, note, SMALL, colour=QUIET)
    for label, own, y in zip(labels, parts, places, strict=True):
        is_apart = label in apart
        for j, part in enumerate(reversed(own)):
            if is_narrow:
                sheet.text(left, y - 15 - LEADING * j, part, SMALL, bold=is_apart)
            else:
                at = y + LEADING * ((len(own) - 1) / 2 - j)
                sheet.text(left - 10, at, part, SMALL, "end", bold=is_apart)
        sheet.line(left, y, left + room, y, GRID, 0.7)
    at = dict(zip(labels, places, strict=True))
    _points(sheet, differences, populations, at, apart, across, reach, is_narrow)
    return sheet


def _points(sheet, differences, populations, places, apart, across, reach, is_narrow) -> None:
    """A circle per difference: hollow before, full in the end, a full diamond where still apart."""
    x = across.start
    for k, population in enumerate(populations):
        is_last = k == len(populations) - 1
        at = (x, 14 + 16 * k) if is_narrow else (x + 140 * k, 14)
        _mark(sheet, at[0] + 6, at[1], is_last, False)
        sheet.text(at[0] + 16, at[1], population, SMALL)
        of_it = differences[differences["population"] == population]
        smd = of_it.drop_duplicates("label").set_index("label")["smd"]
        for label, y in places.items():
            if label not in smd.index or pd.isna(smd[label]):
                continue
            place = min(max(smd[label], -reach), reach)  # the infinite stands at the edge
            is_apart = is_last and label in apart
            _mark(sheet, across(place), y, is_last, is_apart)
            if is_apart or math.isinf(smd[label]):
                word = "∞" if math.isinf(smd[label]) else f"{smd[label]:.2f}".replace("-", "−")
                sheet.text(across.end + NUMBER, y, word, SMALL, "end", INK, bold=True)


def _mark(sheet, x: float, y: float, is_last: bool, is_apart: bool) -> None:
    if is_apart:
        sheet.path([(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)], INK, 1, INK)
        return
    colour = ARMS[0] if is_last else ARMS[1]
    sheet.circle(x, y, 4, colour if is_last else "#ffffff", colour, 1.4)
