"""One entry of a study file on its way to a row: keys become columns, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from myelomart.rows.checking import Row
from myelomart.rows.faults import Fault, Place, nearest
from myelomart.study_file.nodes import Listed, Mapped, Node, Text
from myelomart.study_file.shape import COMPARED, Part

NAME = re.compile(r"[a-z0-9_]{1,100}")
SUBJECT = re.compile(r"(?P<name>\w+)\s*(?:(?P<sign>[<>=!~]+)\s*(?P<value>.*))?")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
DAYS = re.compile(r"(?:(?P<start>[+-]?\d+)\s+)?to\s+(?P<end>[+-]?\d+)|from\s+(?P<after>[+-]?\d+)")
DAYS_SAID = "write -365 to -1, to -1 (until the day before), from 0 (index and after), 0, or any"


class Notes:
    """What is wrong with one file, as it is found."""

    def __init__(self, file: Path):
        self.file, self.faults = file, []

    def place(self, line: int) -> Place:
        """A line of the file."""
        return Place(self.file, line)

    def note(self, line: int, sentence: str) -> None:
        """Keep a fault."""
        self.faults.append(Fault(self.place(line), sentence))

    def mapped(self, node: Node | None, what: str) -> Mapped:
        """``node`` as a mapping; an empty one, and a fault, where it is something else."""
        if isinstance(node, Mapped):
            return node
        line = node.line if node else 1
        if node and not (isinstance(node, Text) and node.text is None):
            self.note(line, f"{what} needs keys with values below it (name: value)")
        return Mapped({}, line)

    def listed(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if isinstance(node, Listed):
            return node.items
        if node and not (isinstance(node, Text) and node.text is None):
            self.note(node.line, f"{what} needs a list: one - per item")
        return ()

    def text(self, node: Node, what: str) -> str:
        """A text; empty, and a fault, where something else stands."""
        if isinstance(node, Text):
            return node.text or ""
        self.note(node.line, f"{what} needs one text, not a list or keys")
        return ""

    def check_name(self, name: str, line: int, what: str) -> None:
        """A name that others refer to: letters that a file and SQL can hold."""
        if not NAME.fullmatch(name):
            said = "small letters, digits and _, at most 100"
            self.note(line, f"«{name}» cannot be the name of {what}: take {said}")

    def check_keys(self, node: Mapped, known: Iterable[str], what: str) -> None:
        """Keys that nobody reads."""
        for key in node.key_lines:
            if key not in known:
                said = nearest(key, known)
                self.note(node.line_of(key), f"{what} has no key «{key}»; {said}")


def a(what: str) -> str:
    """A noun with its article."""
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def start_row(part: Part, notes: Notes, node: Mapped, line: int, **named: str) -> Row:
    """A row with its name and the defaults of its table."""
    row = Row(part.table, part.defaults | named, notes.place(line))
    row.called = {column: key for key, column in part.keys.items() if key in node.values}
    return row


def put(row: Row, part: Part, notes: Notes, node: Mapped, what: str) -> None:
    """Fill ``row`` from the keys of ``node``; ``what`` names the entry in faults."""
    for key in part.needed:
        missing = node.values.get(key)
        if missing is None or (isinstance(missing, Text) and not missing.text):
            notes.note(node.line_of(key), f"{what} needs {key}:")
            row.told.add(part.keys.get(key, f"{key}_id"))
    for key, column in part.keys.items():
        if key not in node.values:
            continue
        value = node.values[key]
        if column in part.lists and not isinstance(value, Text):
            texts = [notes.text(one, key) for one in notes.listed(value, key)]
            row.cells[column] = ";".join(texts)
        else:
            row.cells[column] = notes.text(value, key)
        row.places[column] = notes.place(value.line)
    if part.window and "days" in node.values:
        _put_days(row, part.window, notes, node.values["days"])


def _put_days(row: Row, columns: tuple[str, str], notes: Notes, node: Node) -> None:
    """`days`: a window in days from index; an open end stays empty."""
    text = notes.text(node, "days")
    found = DAYS.fullmatch(text)
    if found:
        start, end = found["start"] or found["after"] or "", found["end"] or ""
    elif re.fullmatch(r"[+-]?\d+", text):
        start = end = text
    elif text == "any":
        start = end = ""
    else:
        notes.note(node.line, f"days: «{text}» is not a window: {DAYS_SAID}")
        return
    for column, day in zip(columns, (start, end), strict=True):
        row.cells[column] = day
        row.places[column], row.called[column] = notes.place(node.line), "days"


def put_subject(row: Row, part: Part, notes: Notes, node: Mapped, key: str, column: str) -> None:
    """What an entry looks at, with the value it is compared with: `age >= 18`."""
    value = node.values[key]
    text = notes.text(value, key)
    found = SUBJECT.fullmatch(text)
    row.places |= {one: notes.place(value.line) for one in (column, "value_number", "value_text")}
    row.called |= {one: key for one in (column, "value_operator", "value_number", "value_text")}
    row.cells[column] = found["name"] if found else text
    if not found or not found["sign"]:
        return
    sign, against = found["sign"], found["value"].strip().strip("'\"")
    quoted = against != found["value"].strip()
    if not part.compared:
        notes.note(value.line, f"{key}: is not compared with a value here; write {found['name']}")
    elif sign not in COMPARED:
        said = nearest("".join(reversed(sign)), COMPARED)
        notes.note(value.line, f"{key}: «{sign}» is not a comparison; {said}")
    elif NUMBER.fullmatch(against) and not quoted:
        row.cells |= {"value_operator": sign, "value_number": against}
    elif sign == "=" and against and part.subjects:
        row.cells["value_text"] = against
    else:
        notes.note(value.line, f"{key}: «{against}» is not a number to compare with")
