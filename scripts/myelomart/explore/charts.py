"""Small figures of counts that the report does not need, drawn on its sheet in its colours."""

from __future__ import annotations

from myelomart.disclosure.policies import Policy
from myelomart.figures.canvas import (
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


def part_of_all(
    bars: list[tuple[str, int, int]], title: str, policy: Policy | None, width: float = 320.0
) -> str:
    """``bars``: label, all, and those of them who are in; in pale and in full colour.

    What the policy hides has no height: a dot stands in its place.
    """
    sheet = Canvas(width, TALL + 52, title)
    sheet.text(4, 10, title, 11.5, bold=True)
    shown = [(label, _seen(whole, policy), _seen(own, policy)) for label, whole, own in bars]
    most = max((whole or 0 for _, whole, _ in shown), default=0) or 1
    up = Scale(0, most, 26 + TALL, 26)
    for tick in round_ticks(0, most, 4):
        sheet.line(LEFT, up(tick), width - 4, up(tick), GRID, 0.7)
        sheet.text(LEFT - 6, up(tick), f"{tick:,.0f}", 9, "end", QUIET)
    step = (width - LEFT - 6) / max(len(bars), 1)
    wide = min(step * 0.78, 42.0)
    every = max(1, round(max((text_width(label, 9) for label, *_ in bars), default=0) / step + 0.3))
    for k, (label, whole, own) in enumerate(shown):
        middle = LEFT + step * (k + 0.5)
        for number, colour in ((whole, PALE), (own, colour_of(0))):
            if number is None:
                sheet.circle(middle, up(0) - 3, 1.6, QUIET)
            elif number:
                sheet.rect(middle - wide / 2, up(number), wide, up(0) - up(number), colour)
        if k % every == 0:
            sheet.text(middle, up(0) + 12, label, 9, "middle", INK)
    sheet.line(LEFT, up(0), width - 4, up(0), QUIET, 0.8)
    return sheet.svg()


def stacked_columns(
    columns: list[str], parts: dict[str, list[int]], title: str, policy: Policy | None,
    width: float = 640.0, tall: float = 190.0,
) -> str:  # fmt: skip
    """A column per label of ``columns``, made up of ``parts``: name to a count per column."""
    sheet = Canvas(width, tall + 54, title)
    x = 4.0
    for k, name in enumerate(parts):
        sheet.rect(x, 4, 10, 10, colour_of(k))
        sheet.text(x + 14, 9, name, 10)
        x += 30 + text_width(name, 10)
    shown = {name: [_seen(one, policy) for one in own] for name, own in parts.items()}
    sums = [sum(own[k] or 0 for own in shown.values()) for k in range(len(columns))]
    top, most = 26.0, max(sums, default=0) or 1
    up = Scale(0, most, top + tall, top)
    for tick in round_ticks(0, most, 5):
        sheet.line(LEFT, up(tick), width - 4, up(tick), GRID, 0.7)
        sheet.text(LEFT - 6, up(tick), f"{tick:,.0f}", 9, "end", QUIET)
    step = (width - LEFT - 6) / max(len(columns), 1)
    wide = min(step * 0.76, 54.0)
    for k, label in enumerate(columns):
        middle, base = LEFT + step * (k + 0.5), 0.0
        for j, own in enumerate(shown.values()):
            number = own[k] or 0
            if number:
                y = up(base + number)
                sheet.rect(middle - wide / 2, y, wide, up(base) - y, colour_of(j), "#ffffff", line=0.6)
                base += number
        if any(own[k] is None for own in shown.values()):
            sheet.circle(middle, up(base) - 5, 1.6, QUIET)
        sheet.text(middle, up(0) + 13, label, 9, "middle", INK)
    sheet.line(LEFT, up(0), width - 4, up(0), QUIET, 0.8)
    return sheet.svg()


def _seen(number: int, policy: Policy | None) -> int | None:
    """A count as it may be drawn; None where it is hidden."""
    if policy is None:
        return int(number)
    return None if policy.is_small(number) else int(policy.round(number))
