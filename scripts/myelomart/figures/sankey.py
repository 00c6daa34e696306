"""Bands from the states before to the states after, as wide as the persons in them."""

from __future__ import annotations

import pandas as pd

from myelomart.figures.canvas import (
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDE_SHEET,
    Canvas,
    Drawing,
    colour_of,
    text_width,
    wrapped,
)

HEIGHT, GAP, NODE, TOP = 280.0, 14.0, 14.0, 54.0


def sankey(table: pd.DataFrame, before: str, after: str, said: str) -> Drawing:
    """``table``: counts, states before in rows, states after in columns, both in order."""
    return Drawing(
        _sheet(table, before, after, said, WIDE_SHEET).svg(),
        _sheet(table, before, after, said, NARROW_SHEET).svg(),
    )


def _sheet(table: pd.DataFrame, before: str, after: str, said: str, width: float) -> Canvas:
    states = list(dict.fromkeys([*table.index, *table.columns]))
    colours = {state: colour_of(k) for k, state in enumerate(states)}
    total = table.to_numpy().sum()
    most = max(len(table.index), len(table.columns))
    unit = (HEIGHT - GAP * (most - 1)) / max(total, 1)
    width_of = [
        max((text_width(f"{s} ({n})", SMALL) for s, n in side.items()), default=60) + 16
        for side in (table.sum(axis=1), table.sum(axis=0))
    ]
    told = "; ".join(
        f"{start} to {end}: {int(table.loc[start, end])}"
        for start in table.index for end in table.columns if table.loc[start, end]
    )  # fmt: skip
    sheet = Canvas(width, HEIGHT + TOP + 32, said, told=f"{told}.")
    left, right = width_of[0], width - width_of[1]
    for x, head, anchor in ((8, before, "start"), (width - 8, after, "end")):
        for k, part in enumerate(wrapped(head, SMALL, width / 2 - 20)[:3]):
            sheet.text(x, 12 + 13 * k, part, SMALL, anchor, bold=True)
    starts = _stack(table.sum(axis=1), unit)
    ends = _stack(table.sum(axis=0), unit)
    used_start, used_end = dict(starts), dict(ends)
    bands = []
    for state in table.index:
        for other in table.columns:
            count = int(table.loc[state, other])
            if count:
                y0, y1 = used_start[state], used_end[other]
                used_start[state] += count * unit
                used_end[other] += count * unit
                bands.append((state, y0, y1, count * unit))
    for state, y0, y1, high in bands:
        a, b, mid = left + NODE, right - NODE, (left + right) / 2
        sheet.shape(
            f"M{a:.1f} {y0:.1f}C{mid:.1f} {y0:.1f} {mid:.1f} {y1:.1f} {b:.1f} {y1:.1f}"
            f"L{b:.1f} {y1 + high:.1f}C{mid:.1f} {y1 + high:.1f} {mid:.1f} {y0 + high:.1f} "
            f"{a:.1f} {y0 + high:.1f}Z",
            fill=colours[state], opacity=0.38,
        )  # fmt: skip
    for side, places, x, anchor, at in (
        (table.sum(axis=1), starts, left, "end", left - 8),
        (table.sum(axis=0), ends, right - NODE, "start", right + 8),
    ):
        for state, count in side.items():
            sheet.rect(x, places[state], NODE, max(count * unit, 1), colours[state])
            sheet.text(at, places[state] + count * unit / 2, f"{state} ({count})", SMALL, anchor)
    note = f"{total} persons; a band is as wide as the persons in it"
    sheet.text(width / 2, HEIGHT + TOP + 18, note, SMALL, "middle", QUIET)
    return sheet


def _stack(sizes: pd.Series, unit: float) -> dict[str, float]:
    """The upper edge of each state, one below the other."""
    places, y = {}, TOP
    for state, size in sizes.items():
        places[state] = y
        y += size * unit + GAP
    return places
