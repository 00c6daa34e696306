"""The flow of persons into each arm as CONSORT draws it: who stays in boxes, who leaves beside.

Steps that nobody leaves are one box with the next; those who leave at one after another are told in
one box at the side, a line each. Arms that are matched are joined below.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from myelomart.display.numbers import rounded
from myelomart.figures.canvas import (
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WASH,
    Canvas,
    Drawing,
    colour_of,
    text_width,
    wrapped,
)

LEADING, PAD, GAP, BETWEEN = 13.0, 6.0, 22.0, 24.0
MAIN, SIDE = 164.0, 168.0
COLUMN = MAIN + GAP + SIDE


@dataclass(frozen=True)
class _Stage:
    """Those who came so far, in words, and who left on the way here, a line each."""

    words: list[str]
    left: list[str]


def flow_chart(
    flows: list[tuple[str, pd.DataFrame, dict[str, int]]], pairs: int | None = None
) -> Drawing:
    """One column per arm: its label, its steps (see `study_attrition`), and of whom what is known.

    What is known is written in the last box: these persons stay. ``pairs`` were matched.
    """
    columns = [(label, _stages(steps, known)) for label, steps, known in flows]
    said = "Flow of persons: " + "; ".join(label for label, _ in columns)
    told = " ".join(
        f"{label}: {'; '.join(' '.join(stage.words) for stage in stages)}."
        for label, stages in columns
    )
    wide = _sheet(columns, pairs, said, told, len(columns))
    return Drawing(wide.svg(), _sheet(columns, pairs, said, told, 1).svg())


def split_chart(
    whole: tuple[str, dict[str, int]], parts: list[tuple[str, dict[str, int]]], said: str
) -> Drawing:
    """A box of all and a box per part of them below, each with its own groups a line each."""
    boxes = [_counted(*whole), *(_counted(*part) for part in parts)]
    told = " ".join(" ".join(words) + "." for words in boxes)
    return Drawing(_split(boxes, said, told, len(parts)).svg(), _split(boxes, said, told, 1).svg())


def _counted(label: str, groups: dict[str, int]) -> list[str]:
    total = f"{label} (n={rounded(sum(groups.values()), 0)})"
    return [total, *(f"{name}: {rounded(count, 0)}" for name, count in groups.items())]


def _split(boxes: list[list[str]], said: str, told: str, columns: int) -> Canvas:
    whole, *parts = [_fitted(words, 210) for words in boxes]
    tall = max(_height(part) for part in parts)
    rows = 1 if columns > 1 else len(parts)
    width = max(NARROW_SHEET, columns * 230 + (columns - 1) * GAP + 20)
    top = 12 + _height(whole) + BETWEEN
    sheet = Canvas(width, top + rows * (tall + GAP), said, told=told)
    centre = width / 2
    _box(sheet, centre - 115, 12, 230, whole, colour_of(0))
    junction = 12 + _height(whole) + BETWEEN / 2
    for k, part in enumerate(parts):
        at = 10 + 115 + k * (230 + GAP) if columns > 1 else centre + 15
        y = top if columns > 1 else top + k * (tall + GAP)
        if columns > 1:
            sheet.line(at, junction, at, y - 1, QUIET, 1.2)
            _head(sheet, at, y)
        else:
            sheet.line(centre - 130, y + tall / 2, at - 116, y + tall / 2, QUIET, 1.2)
        _box(sheet, at - 115, y, 230, part, QUIET)
    sheet.line(centre, 12 + _height(whole), centre, junction, QUIET, 1.2)
    if columns > 1:
        sheet.line(125, junction, 125 + (len(parts) - 1) * (230 + GAP), junction, QUIET, 1.2)
    else:
        last = top + (len(parts) - 1) * (tall + GAP) + tall / 2
        sheet.line(centre - 130, junction, centre, junction, QUIET, 1.2)
        sheet.line(centre - 130, junction, centre - 130, last, QUIET, 1.2)
    return sheet


def _stages(steps: pd.DataFrame, known: dict[str, int]) -> list[_Stage]:
    """The boxes of one arm: the source, who stays after those who left, and what is known."""
    if not len(steps):
        return []
    source = rounded(steps["persons_before"].iloc[0], 0)
    stages = [_Stage([f"In the source (n={source})"], [])]
    left: list[str] = []
    asked: list[str] = []
    rows = list(steps.itertuples())
    for k, step in enumerate(rows):
        gone = int(step.persons_excluded)
        if gone:
            why = step.label if step.kind == "exclude" else f"Not: {step.label}"
            left.append(f"{why} (n={rounded(gone, 0)})")
        if step.kind == "include":
            asked.append(step.label)
        is_last = k == len(rows) - 1
        follows = not is_last and rows[k + 1].kind == "exclude" and step.kind == "exclude"
        if (gone and not follows) or is_last:
            count = int(step.persons_after)
            name = "; ".join(asked) if asked and not is_last else "Analysed"
            told = [f"{name} (n={rounded(count, 0)})"]
            if is_last:
                told += [f"{block} known of {rounded(of, 0)}" for block, of in known.items()]
            stages.append(_Stage(told, left))
            left, asked = [], []
    return stages


def _sheet(columns, pairs, said: str, told: str, beside: int) -> Canvas:
    heights = [_column_height(*column) for column in columns]
    joined = 0.0 if pairs is None else BETWEEN + 44
    gap = 24.0
    if beside > 1:
        width, height = COLUMN * len(columns) + gap * (len(columns) - 1) + 16, max(heights)
    else:
        width, height = NARROW_SHEET, sum(heights) + gap * (len(heights) - 1)
    sheet = Canvas(width, height + joined + 12, said, told=told)
    ends, y = [], 0.0
    for k, ((label, stages), high) in enumerate(zip(columns, heights, strict=True)):
        x = 8 + k * (COLUMN + gap) if beside > 1 else 8.0
        between = GAP if beside > 1 else NARROW_SHEET - 16 - MAIN - SIDE
        ends.append((x, _column(sheet, x, y, label, stages, colour_of(k), between)))
        y += 0 if beside > 1 else high + gap
    if pairs is not None:
        _join(sheet, ends, pairs, beside, sheet.height - 48)
    return sheet


def _heading(label: str) -> list[str]:
    return wrapped(label, 13 * 1.1, COLUMN)  # bold words are a tenth wider


def _column_height(label: str, stages: list[_Stage]) -> float:
    boxes = sum(_height(_fitted(stage.words, MAIN)) for stage in stages)
    return 18 + 16 * len(_heading(label)) + boxes + sum(_between(stage) for stage in stages[1:])


def _between(stage: _Stage) -> float:
    """The room above a box: for the box of those who left."""
    if not stage.left:
        return BETWEEN
    return _height(_listed(stage.left, SIDE)) + 16


def _column(sheet, x, y, label, stages, colour, between) -> float:
    """Draw one arm from ``y`` down and return where its last box ends."""
    for part in _heading(label):
        sheet.text(x, y + 16, part, 13, bold=True, colour=colour)
        y += 16
    y += 14
    centre = x + MAIN / 2
    for k, stage in enumerate(stages):
        words = _fitted(stage.words, MAIN)
        if k:
            above = _between(stage)
            sheet.line(centre, y, centre, y + above - 1, QUIET, 1.2)
            _head(sheet, centre, y + above)
            if stage.left:
                told = _listed(stage.left, SIDE)
                at = y + (above - _height(told)) / 2
                sheet.line(centre, y + above / 2, x + MAIN + between, y + above / 2, QUIET, 1.2)
                _box(sheet, x + MAIN + between, at, SIDE, told, "#b9c3cd", WASH, "start")
            y += above
        is_last = k == len(stages) - 1
        _box(sheet, x, y, MAIN, words, colour, "#ffffff", bold=is_last, line=2.0 if is_last else 1)
        y += _height(words)
    return y


def _join(sheet, ends, pairs: int, beside: int, y: float) -> None:
    """The box of the matched pairs, to which both arms lead."""
    words = [f"Matched 1:1: {rounded(pairs, 0)} pairs"]
    if beside > 1:
        middle = sheet.width / 2
        for x, end in ends:
            at = x + MAIN / 2
            sheet.path([(at, end), (at, y - 14), (middle, y - 14), (middle, y - 1)], QUIET, 1.2)
    else:
        middle = ends[-1][0] + MAIN / 2
        sheet.line(middle, ends[-1][1], middle, y - 1, QUIET, 1.2)
        words = [f"Both arms matched 1:1: {rounded(pairs, 0)} pairs"]
    _head(sheet, middle, y)
    wide = text_width(words[0], SMALL, bold=True) + 4 * PAD
    start = max(8.0, middle - wide / 2)
    _box(sheet, start, y, wide, words, INK, WASH, bold=True, line=1.5)


def _listed(left: list[str], width: float) -> list[str]:
    """Those who left, one or several reasons, with their sum where there are several."""
    if len(left) == 1:
        return _fitted(left, width)
    total = sum(int(one.rsplit("=", 1)[1].rstrip(")").replace(",", "")) for one in left)
    return _fitted([f"Excluded (n={rounded(total, 0)})", *(f"• {one}" for one in left)], width)


def _fitted(words: list[str], width: float) -> list[str]:
    return [part for one in words for part in wrapped(one, SMALL, width - 2 * PAD + 14)]


def _height(words: list[str]) -> float:
    return LEADING * len(words) + 2 * PAD - 2


def _head(sheet, x: float, y: float) -> None:
    sheet.path([(x - 3.5, y - 6), (x + 3.5, y - 6), (x, y)], "none", 0, QUIET)


def _box(sheet, x, y, width, words, colour, fill="#ffffff", anchor="middle", bold=False,
         line=1.0) -> None:  # fmt: skip
    sheet.rect(x, y, width, _height(words), fill, colour, 3, line)
    at = x + width / 2 if anchor == "middle" else x + PAD
    for k, part in enumerate(words):
        sheet.text(at, y + PAD + 6 + LEADING * k, part, SMALL, anchor, bold=bold and k == 0)
