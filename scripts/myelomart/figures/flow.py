"""The flow of persons into each arm, step by step."""

from __future__ import annotations

import pandas as pd

from myelomart.figures.canvas import GRID, INK, QUIET, Canvas, colour_of, text_width, wrapped

COLUMN, BOX, STEP = 460.0, 68.0, 26.0


def flow_chart(flows: list[tuple[str, pd.DataFrame, dict[str, int]]]) -> str:
    """One column per arm: its label, its steps (see `study_attrition`), and of whom what is known.

    What is known is written beside the last box: these persons stay.
    """
    columns = [(label, _entries(steps, known)) for label, steps, known in flows]
    height = max(sum(_height(name, left) for _, name, left in one) for _, one in columns) + 58
    sheet = Canvas(
        COLUMN * len(flows) + 20, height, "Flow of persons: " + "; ".join(one for one, _ in columns)
    )
    for k, (label, entries) in enumerate(columns):
        _column(sheet, 12 + COLUMN * k, label, entries, colour_of(k))
    return sheet.svg()


def _entries(steps: pd.DataFrame, known: dict[str, int]) -> list[tuple[int, str, int]]:
    """Persons left, what the step asks, persons who leave there; the source comes first."""
    entries = [(int(steps["persons_before"].iloc[0]), "in the source", 0)] if len(steps) else []
    for step in steps.itertuples():
        name = step.label if step.kind == "include" else f"not: {step.label}"
        entries.append((int(step.persons_after), name, int(step.persons_excluded)))
    if entries and known:
        count, name, left = entries[-1]
        told = "; ".join(f"{block.lower()} known of {of:,}" for block, of in known.items())
        entries[-1] = (count, f"{name} ({told})", left)
    return entries


def _height(name: str, left: int) -> float:
    words = wrapped(name, 11, COLUMN - BOX - 40)
    return STEP + 13 * (len(words) - 1) + (13 if left else 0) + 6


def _column(sheet, x: float, label: str, entries, colour: str) -> None:
    sheet.text(x, 18, label, 14, bold=True, colour=colour)
    ys, y = [], 52.0
    for _, name, left in entries:
        ys.append(y)
        y += _height(name, left)
    if ys:
        sheet.line(x + BOX / 2, ys[0], x + BOX / 2, ys[-1], GRID, 2)
    for k, ((count, name, left), at) in enumerate(zip(entries, ys, strict=True)):
        is_last = k == len(entries) - 1
        wide = max(46.0, text_width(f"{count:,}", 11.5, bold=True) + 14)
        box = (x + (BOX - wide) / 2, at - 11, wide, 22)
        sheet.rect(*box, fill=colour if is_last else "#ffffff", colour=colour, radius=5)
        shade = "#ffffff" if is_last else INK
        sheet.text(x + BOX / 2, at, f"{count:,}", 11.5, "middle", shade, bold=True)
        words = wrapped(name, 11, COLUMN - BOX - 40)
        for j, part in enumerate(words):
            sheet.text(x + BOX + 12, at + 13 * j, part, 11)
        if left:
            said = f"{left:,} leave here"
            sheet.text(x + BOX + 12, at + 13 * len(words), said, 9.5, colour=QUIET)
