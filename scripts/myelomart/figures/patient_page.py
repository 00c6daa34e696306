"""One patient on a sheet: lines, drugs, procedures, progressions and laboratory values."""

from __future__ import annotations

from datetime import date

from myelomart.figures.canvas import (
    GRID,
    INK,
    QUIET,
    WASH,
    Canvas,
    Scale,
    text_width,
    wrapped,
)

WIDTH, LEFT, RIGHT = 1000.0, 150.0, 984.0
ROW, LAB = 17.0, 40.0
ROLES = {
    "core": "#1f5fa8",
    "steroid": "#b7c2cd",
    "bridging": "#c4501b",
    "mobilisation": "#8a6d1a",
    "conditioning": "#7a4fa3",
    "lymphodepletion": "#2e7d54",
}
LINES = ("#6b8299", "#1f5fa8")  # in turn, in no colour of another role
BAD = "#b3261e"


def patient_page(
    heads: tuple[str, str],
    span: tuple[date, date],
    lines: list[dict],
    drugs: dict[str, list[tuple[date, date, str]]],
    marks: list[tuple[date, str, str]],
    progressions: list[date],
    death: date | None,
    labs: dict[str, list[tuple[date, float]]],
    sections: dict[str, list[str]],
) -> str:
    """Draw a page from the first to the last day of ``span``.

    ``lines``: number, start, end, name, why, ended, response; ``drugs``: spans and role by name;
    ``marks``: day, letter and words of a transplant or an infusion; ``sections``: sentences by
    title, which stand below.
    """
    first, last = span
    across = Scale(first.toordinal(), max(last.toordinal(), first.toordinal() + 1), LEFT, RIGHT)
    told = [_told(line) for line in lines] or [([], ["No line of therapy is recorded."])]
    below = {
        title: [line for told in sentences for line in _hung(told)]
        for title, sentences in sections.items()
        if sentences
    }
    top = 78.0
    chart = top + 40 + ROW * (len(drugs) + 2) + LAB * len(labs) + 8
    height = chart + 46 + sum(15 * (len(b) + len(w)) + 5 for b, w in told)
    height += sum(26 + 14 * len(lines) for lines in below.values()) + 10
    sheet = Canvas(WIDTH, height, heads[0], is_scaled=False)
    sheet.rect(0, 0, WIDTH, height, "#ffffff")
    sheet.text(16, 20, heads[0], 14, bold=True)
    sheet.text(16, 40, heads[1], 11, colour=QUIET)
    _years(sheet, across, first, last, top, chart)
    y = _lines(sheet, across, lines, top)
    y = _drugs(sheet, across, drugs, y)
    y = _marks(sheet, across, marks, y + ROW)
    y += ROW
    sheet.text(LEFT - 8, y, "progression, death", 10, "end")
    for day in progressions:
        x = across(day.toordinal())
        sheet.line(x, top + 35, x, chart, BAD, 0.8, "3 3")
        sheet.path([(x - 5, y - 4), (x + 5, y - 4), (x, y + 5)], "none", 0, BAD)
    if death:
        x = across(death.toordinal())
        sheet.line(x, top, x, chart, INK, 1.4)
        sheet.path([(x - 4, y - 4), (x + 4, y + 4)], INK, 2)
        sheet.path([(x - 4, y + 4), (x + 4, y - 4)], INK, 2)
    y += ROW / 2
    for name, values in labs.items():
        _lab(sheet, across, name, values, y)
        y += LAB
    _legend(sheet, chart + 16)
    y = chart + 44
    for bold, words in told:
        for k, line in enumerate([*bold, *words]):
            sheet.text(16 if k < len(bold) else 34, y, line, 10.5, bold=k < len(bold))
            y += 15
        y += 5
    for title, lines in below.items():
        y += 8
        sheet.text(16, y, title, 11, bold=True)
        y += 18
        for indent, line in lines:
            sheet.text(34 + indent, y, line, 10)
            y += 14
    return sheet.svg()


def _hung(sentence: str) -> list[tuple[float, str]]:
    """The lines of a sentence, those after the first set in."""
    lines = wrapped(sentence, 10, WIDTH - 80)
    return [(0.0 if k == 0 else 12.0, line) for k, line in enumerate(lines)]


def _told(line: dict) -> tuple[list[str], list[str]]:
    """What is said of a line: a bold row, and why it began and ended."""
    head = f"{line['number']}  {line['name']}   {line['start']} to {line['end']}"
    words = f"began: {line['why']}; ended: {line['ended']}; best response {line['response']}"
    return [head], wrapped(words, 10.5, WIDTH - 60)


def _years(sheet: Canvas, across: Scale, first: date, last: date, top: float, end: float) -> None:
    """A hairline where a year begins, named unless two names would touch."""
    named = -100.0
    for year in range(first.year + 1, last.year + 1):
        x = across(date(year, 1, 1).toordinal())
        sheet.line(x, top - 12, x, end, GRID, 0.8)
        if x - named > 34:
            sheet.text(x, top - 18, str(year), 9.5, "middle", QUIET)
            named = x


def _lines(sheet: Canvas, across: Scale, lines: list[dict], top: float) -> float:
    """Lines as blocks with their number, and their name where it fits; the response below."""
    sheet.rect(LEFT, top, RIGHT - LEFT, 34, WASH)
    sheet.text(LEFT - 8, top + 10, "line of therapy", 10, "end")
    sheet.text(LEFT - 8, top + 26, "best response", 10, "end")
    for line in lines:
        x = across(line["start"].toordinal())
        wide = max(across(line["end"].toordinal() + 1) - x, 3.0)
        sheet.rect(x, top + 1, wide, 18, LINES[line["number"] % 2])
        full = f"{line['number']} {line['name']}"
        for words in (full, str(line["number"])):
            if text_width(words, 9.5, bold=True) + 4 <= wide:
                sheet.text(x + wide / 2, top + 10, words, 9.5, "middle", "#ffffff", bold=True)
                break
        else:
            sheet.text(x + wide / 2, top - 5, str(line["number"]), 8.5, "middle", bold=True)
        if text_width(line["response"], 9) <= wide + 4 and line["response"] != "not known":
            sheet.text(x + wide / 2, top + 27, line["response"], 9, "middle")
    return top + 36


def _drugs(
    sheet: Canvas, across: Scale, drugs: dict[str, list[tuple[date, date, str]]], y: float
) -> float:
    """A row of bars per drug, in the colour of the part it plays."""
    for name, spans in drugs.items():
        y += ROW
        sheet.text(LEFT - 8, y, name, 10, "end")
        for start, end, role in spans:
            wide = max(across(end.toordinal() + 1) - across(start.toordinal()), 2.0)
            sheet.rect(across(start.toordinal()), y - 5, wide, 10, ROLES[role])
    return y


def _marks(sheet: Canvas, across: Scale, marks: list[tuple[date, str, str]], y: float) -> float:
    """A disc per transplant and infusion, with its words where there is room."""
    sheet.text(LEFT - 8, y, "procedures", 10, "end")
    free = LEFT
    for k, (day, letter, words) in enumerate(marks):
        x, wide = across(day.toordinal()), text_width(words, 9)
        following = across(marks[k + 1][0].toordinal()) - 8 if k + 1 < len(marks) else RIGHT
        if words and x + 12 + wide <= following:
            sheet.text(x + 11, y, words, 9)
        elif words and x - 12 - wide >= free:
            sheet.text(x - 11, y, words, 9, "end")
        sheet.circle(x, y, 7.5, INK)
        sheet.text(x, y, letter, 9.5, "middle", "#ffffff", bold=True)
        free = x + 8
    return y


def _lab(
    sheet: Canvas, across: Scale, name: str, values: list[tuple[date, float]], top: float
) -> None:
    """One test as a curve between its own lowest and highest value, which stand beside it."""
    label, unit = name.split("|")
    numbers = [value for _, value in values]
    low, high = min(numbers), max(numbers)
    up = Scale(low, high if high > low else low + 1, top + LAB - 6, top + 8)
    sheet.line(LEFT, top + LAB - 2, RIGHT, top + LAB - 2, GRID, 0.8)
    sheet.text(LEFT - 8, top + 13, label, 10, "end")
    sheet.text(LEFT - 8, top + 27, f"{low:g} to {high:g} {unit}".strip(), 8.5, "end", QUIET)
    points = [(across(day.toordinal()), up(value)) for day, value in values]
    if len(points) > 1:
        sheet.path(points, QUIET, 1.0)
    for x, y in points:
        sheet.circle(x, y, 1.5, INK)


def _legend(sheet: Canvas, y: float) -> None:
    """What the colours and letters mean."""
    x = 16.0
    for role, colour in ROLES.items():
        sheet.rect(x, y - 5, 10, 10, colour)
        sheet.text(x + 14, y, role, 9.5)
        x += 24 + text_width(role, 9.5)
    sheet.text(x + 4, y, "A autologous, L allogeneic transplant, C CAR-T", 9.5, colour=QUIET)
