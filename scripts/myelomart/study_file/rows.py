"""Several study files together: their rows, table by table, and what is wrong with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from myelomart.project import project_root
from myelomart.rows.checking import Row
from myelomart.rows.declared import tables
from myelomart.study_file.expansion import StudyFile
from myelomart.study_file.shape import TABLES, further_parts

LAST = 10**9


def definitions() -> Path:
    """The folder of our own study files."""
    return project_root() / "seeds" / "studies" / "definitions"


def files_in(folder: Path) -> list[Path]:
    """The study files of a folder."""
    return sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])


def read_files(files: Iterable[Path], labels: Mapping[str, str] | None = None) -> list[StudyFile]:
    """The files, those with shared events first; ``labels`` are those of events known before."""
    known = dict(labels or {})
    found = [StudyFile(file, known) for file in files]
    shared = [one for one in found if one.is_shared]
    own = [one for one in found if not one.is_shared]
    if shared:
        for one in shared:
            known |= one.labels
        own = [StudyFile(one.notes.file, known) for one in own]
    return shared + sorted(own, key=_order)


def _order(one: StudyFile) -> tuple[int, str]:
    """The place of a study among others: that of its row, then of its name."""
    said = next((row.cells["sort_order"] for row in one.rows if row.table == "studies"), "")
    return int(said) if said.isdigit() else LAST, one.study


def rows_by_table(files: Iterable[StudyFile]) -> dict[str, list[Row]]:
    """The rows that the files expand into."""
    found: dict[str, list[Row]] = {table: [] for table in (*TABLES, *further_parts())}
    for one in files:
        for row in one.rows:
            found[row.table].append(row)
    return found


def as_csv(table: str, rows: Iterable[Mapping[str, str]]) -> str:
    """Rows as the CSV file of their seed."""
    text = io.StringIO()
    columns = list(tables()[table].types)
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def expanded(files: Iterable[Path]) -> dict[str, str]:
    """The text of every seed that study files make, by the name of the table.

    A further table that no file speaks of stays as it is.
    """
    rows = rows_by_table(read_files(files)).items()
    kept = {name: found for name, found in rows if found or name in TABLES}
    return {name: as_csv(name, [row.cells for row in found]) for name, found in kept.items()}
