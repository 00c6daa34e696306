"""What the rows of a study add to a table: parts below their whole, footnotes with their marks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from myelomart.display.table import INDENT, MARKS, RowLabel, Table
from myelomart.population.levels import level_in_words
from myelomart.study import Analysis, Study


def annotated(table: Table | None, study: Study, analysis: Analysis) -> Table | None:
    """``table`` with the parts of a covariate below it, indented, and its footnotes.

    The covariate that makes the groups of ``analysis`` has its footnote without a mark.
    """
    if table is None or not any(one.part_of or one.note for one in study.table_rows):
        return table
    of_whole = {one.covariate_id: one.part_of for one in study.table_rows if one.part_of}
    notes = {
        (one.covariate_id, _words(one.level)): one.note for one in study.table_rows if one.note
    }
    rows = _below(table.rows, of_whole)
    marked, told = _marked(rows, notes, of_whole)
    if by := notes.get((analysis.group_covariate_id, None)):
        told.append(f"{study.covariate(analysis.group_covariate_id).label}: {by}")
    return replace(table, rows=marked, note="\n".join(part for part in (table.note, *told) if part))


def _words(level: str | None) -> str | None:
    return level_in_words(level) if level else None


def _key(row: list[str]) -> str | None:
    return getattr(row[0], "covariate_id", None) if len(row) > 1 else None


def _below(rows: list[list[str]], of_whole: dict[str, str]) -> list[list[str]]:
    """The rows with each part moved below its whole, where the table has both."""
    present = {_key(row) for row in rows}
    moved = {part: whole for part, whole in of_whole.items() if {part, whole} <= present}
    if not moved:
        return rows
    placed: list[list[str]] = []
    for position, row in enumerate(rows):
        if _key(row) in moved:
            continue
        placed.append(row)
        is_last = position + 1 == len(rows) or _key(rows[position + 1]) != _key(row)
        if _key(row) and is_last:
            parts = [part for part in rows if moved.get(_key(part)) == _key(row)]
            placed += [[RowLabel(INDENT + part[0], _key(part)), *part[1:]] for part in parts]
    following = [*placed[1:], [""]]
    return [row for row, after in zip(placed, following, strict=True)
            if len(row) > 1 or len(after) > 1]  # fmt: skip


def _marked(
    rows: list[list[str]], notes: dict, parts: Collection[str]
) -> tuple[list[list[str]], list[str]]:
    """The rows with a letter where a footnote belongs, and the footnotes in that order."""
    letters: dict[str, str] = {}
    marked = []
    for row in rows:
        covariate_id, label = _key(row), row[0]
        is_level = label.startswith(INDENT) and covariate_id not in parts
        note = notes.get((covariate_id, label.removeprefix(INDENT) if is_level else None))
        if note is None:
            marked.append(row)
            continue
        letter = letters.setdefault(note, MARKS[len(letters) % len(MARKS)])
        marked.append([RowLabel(label + letter, covariate_id), *row[1:]])
    return marked, [f"{letter} {note}" for note, letter in letters.items()]
