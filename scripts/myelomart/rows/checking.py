"""Holds rows to what is declared of their tables, before dbt does, and says every fault at once."""

from __future__ import annotations

import datetime
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from myelomart.rows.declared import Table, tables
from myelomart.rows.faults import FEW, Fault, Place, nearest
from myelomart.rows.relations import Known

LOCAL_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
EVENTS = "event_groups"
REPLACE = "give it another name, or say overrides: true to replace ours"
INTEGERS, NUMBERS = ("integer", "bigint"), ("double", "decimal", "float")


@dataclass
class Row:
    """A row that somebody wrote: its cells, and where each of them stands under which name."""

    table: str
    cells: dict[str, str]
    place: Place
    places: dict[str, Place] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # columns whose absence was noted before

    def fault(self, column: str, sentence: str) -> Fault:
        """A fault of one cell."""
        name = self.called.get(column, column)
        return Fault(self.places.get(column, self.place), f"{name}: {sentence}")


def faults_of(written: Iterable[Row], known: Known) -> list[Fault]:
    """What is wrong with the rows ``written``; ``known`` are all rows, with them in it."""
    rows = list(written)
    found = [fault for row in rows for fault in (*_of_cells(row, known), *_in_order(row))]
    found += [fault for row in rows for fault in _of_its_study(row, known)]
    return found + _repeated(rows, known)


def _of_cells(row: Row, known: Known) -> Iterable[Fault]:
    table = tables()[row.table]
    for column, kind in table.types.items():
        text = row.cells.get(column, "")
        if not text:
            if column in table.needed - row.told:
                yield row.fault(column, "is needed, and is not given")
            continue
        wrong = type_fault(text, kind) or _word_fault(text, table.words(column))
        wrong = wrong or _form_fault(text, table.form(column))
        wrong = wrong or _name_fault(text, table.names(column), known)
        if wrong:
            yield row.fault(column, wrong)


def _in_order(row: Row) -> Iterable[Fault]:
    """Windows and periods that end before they begin."""
    table = tables()[row.table]
    for first, last in table.in_order():
        start, end = row.cells.get(first, ""), row.cells.get(last, "")
        kind = table.types[first]
        if not (start and end) or type_fault(start, kind) or type_fault(end, kind):
            continue
        if (start > end) if kind == "date" else (float(start) > float(end)):
            said = f"«{start} to {end}» ends before it begins; write {end} to {start}"
            yield row.fault(last, said)


def type_fault(text: str, kind: str) -> str | None:
    """Why ``text`` is no value of the type ``kind``; None when it is one."""
    if kind in INTEGERS:
        return None if re.fullmatch(r"[+-]?\d{1,18}", text) else f"«{text}» is not a whole number"
    if kind in NUMBERS:
        number = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.IGNORECASE)
        return None if number else f"«{text}» is not a number (write a decimal point, no unit)"
    if kind == "boolean":
        return None if text in ("true", "false") else f"«{text}» is not true or false"
    return _date_fault(text) if kind == "date" else None


def _date_fault(text: str) -> str | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            datetime.date.fromisoformat(text)
            return None
    except ValueError:
        return f"«{text}» is no day of the calendar"
    local = LOCAL_DATE.fullmatch(text)
    first, second = (int(local[1]), int(local[2])) if local else (0, 0)
    if local and first != second and 1 <= min(first, second) <= 12 < max(first, second) <= 31:
        day, month = max(first, second), min(first, second)
        return f"«{text}» is not a date: write {local[3]}-{month:02}-{day:02}"
    return f"«{text}» is not a date: write year, month and day, as 2021-03-26"


def _word_fault(text: str, words: tuple[str, ...]) -> str | None:
    if not words or text in words:
        return None
    near = nearest(text, words)
    listed = [near] if "?" in near else []
    listed += [f"known are {', '.join(words)}"] if len(words) <= FEW or not listed else []
    return f"«{text}» is not one of the known words; {' '.join(listed)}"


def _form_fault(text: str, form: tuple[str, str] | None) -> str | None:
    if form is None or re.fullmatch(form[0], text):
        return None
    return f"«{text}» is not {form[1]}"


def _name_fault(text: str, names: tuple | None, known: Known) -> str | None:
    if names is None:
        return None
    allowed = known.values(*names)
    if text in allowed:
        return None
    said = f"«{text}» is not a known {in_words(names[1])}; "
    return said + (_not_yet_named(text, known) if names[0] == EVENTS else nearest(text, allowed))


def _not_yet_named(text: str, known: Known) -> str:
    """What to do about an event that nobody named: the nearest name, or the event to name."""
    groups = known.values(EVENTS, "event_group_id")
    codes = {row["event_code"]: row["event_type"] for row in known.rows("known_event_codes")}
    near = difflib.get_close_matches(text, [*groups, *codes], n=1, cutoff=0.8)
    if near and near[0] not in groups:
        kind = codes[near[0]]
        return f"to name one, write in events: {near[0]}: {{label: …, {kind}: {near[0]}}}"
    return nearest(text, groups)


def in_words(column: str) -> str:
    """A column as it is spoken of: `event_group_id` is an event group."""
    return column.removesuffix("_id").replace("_", " ")


def _of_its_study(row: Row, known: Known) -> Iterable[Fault]:
    """Names, alone or several with semicolons, that the same study does not define."""
    for name in tables()[row.table].names_of_its_study():
        text = row.cells.get(name["column"], "")
        given = text.split(";") if text else []
        if not given:
            continue
        defined = known.defined_by(row.cells["study_id"], name["to"], name["field"])
        for one in given:
            if one not in defined:
                sentence = f"the study defines no {in_words(name['field'])} «{one}»"
                yield row.fault(name["column"], f"{sentence}; {nearest(one, defined)}")
        if len(given) > len(set(given)):
            yield row.fault(name["column"], "names something twice")


def _repeated(rows: list[Row], known: Known) -> list[Fault]:
    """Rows whose key another row has as well; where a whole study is there twice, that alone."""
    found: dict[str, list[Fault]] = {}
    for name in dict.fromkeys(row.table for row in rows):
        table = tables()[name]
        keys = Counter(key_of(row, table) for row in known.rows(name))
        ours = Counter(key_of(row.cells, table) for row in rows if row.table == name)
        for row in (row for row in rows if row.table == name):
            key = key_of(row.cells, table)
            if keys[key] > 1:
                said = " ".join(cell for cell in key if cell)
                why = "is written twice" if ours[key] > 1 else f"is there already: {REPLACE}"
                found.setdefault(name, []).append(row.fault(table.key[-1], f"«{said}» {why}"))
    if "studies" in found:
        return found["studies"]
    return [fault for faults in found.values() for fault in faults]


def key_of(row: Mapping[str, str], table: Table) -> tuple[str, ...]:
    """The cells that name a row of ``table``."""
    return tuple(row.get(column, "") for column in table.key)
