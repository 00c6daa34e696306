"""The rows of a site: read from its folder, checked, and put beside or over ours.

Nothing of ours is replaced in silence: a row, study or event whose name is taken is a fault
unless it says `overrides`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from myelomart.project import own_seed
from myelomart.rows.checking import Row, faults_of, key_of
from myelomart.rows.declared import Table, tables
from myelomart.rows.faults import Fault, Place, RowFaults, nearest
from myelomart.rows.relations import Known
from myelomart.site.settings import CODES, RULES, STUDIES
from myelomart.study_file.expansion import StudyFile
from myelomart.study_file.rows import definitions, files_in, read_files, rows_by_table

SEEDS_OF = {CODES: "concept_sets", RULES: "clinical_rules"}
OVERRIDES = "overrides"


class OwnRows:
    """What a site wrote, table by table, and what is wrong with it."""

    def __init__(self, folder: Path | None, files: Iterable[Path] | None = None):
        """Read the site in ``folder``; ``files`` are other study files than those it holds."""
        ours = {row["event_group_id"]: row["label"] for row in own_seed("studies/event_groups")}
        given = files_in(folder / STUDIES) if files is None and folder else list(files or [])
        self.study_files = read_files(given, ours)
        self.faults = [fault for one in self.study_files for fault in one.faults]
        self._rows = rows_by_table(self.study_files)
        self._replaced: dict[str, set[tuple[str, ...]]] = {}
        self._replaced_events: set[str] = set()
        for name in SEEDS_OF if folder else ():
            for file in sorted((folder / name).glob("*.csv")):
                self._read(file, SEEDS_OF[name])
        self._replace_studies(self.study_files)
        self.known = Known(self.merged)
        written = [row for rows in self._rows.values() for row in rows]
        self.faults += self._events_of_ours() + faults_of(written, self.known)

    @property
    def changed(self) -> list[Table]:
        """The tables that the site adds to, or takes rows of ours from."""
        names = [*(name for name, rows in self._rows.items() if rows), *self._replaced]
        return [tables()[name] for name in dict.fromkeys(names)]

    def merged(self, name: str) -> list[dict[str, str]]:
        """Our rows that stay, then the site's."""
        table = tables()[name]
        gone = self._replaced.get(name, set())
        kept = [row for row in own_seed(table.seed) if key_of(row, table) not in gone]
        return kept + [row.cells for row in self._rows.get(name, [])]

    def refuse_faults(self) -> None:
        """Raise what is wrong, all of it."""
        if self.faults:
            raise RowFaults(self.faults)

    def _read(self, file: Path, folder: str) -> None:
        """The rows of a CSV file named as the seed that it adds to."""
        names = [one.name for one in tables().values() if one.folder == folder]
        if file.stem not in names:
            said = f"is named as no table that rows can be added to; {nearest(file.stem, names)}"
            self.faults.append(Fault(Place(file, 1), said))
            return
        table = tables()[file.stem]
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                reader = csv.DictReader(lines, restval="")
                header = reader.fieldnames or []
                rows = [(reader.line_num, cells) for cells in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            self.faults.append(Fault(Place(file, 1), f"cannot be read as CSV in UTF-8: {error}"))
            return
        for column in header:
            if column not in (*table.types, OVERRIDES):
                said = f"{table.name} has no column «{column}»; {nearest(column, table.types)}"
                self.faults.append(Fault(Place(file, 1), said))
        for line, cells in rows:
            if None in cells:
                said = "has more cells than the header has columns"
                self.faults.append(Fault(Place(file, line), said))
            elif any(cells.values()):
                self._add(Row(table.name, _texts(cells, table), Place(file, line)), cells, table)

    def _add(self, row: Row, cells: dict[str, str], table: Table) -> None:
        self._rows.setdefault(table.name, []).append(row)
        if cells.get(OVERRIDES, "") not in ("true", ""):
            self.faults.append(row.fault(OVERRIDES, "is true, or empty"))
        if cells.get(OVERRIDES) == "true":
            key = key_of(row.cells, table)
            if key not in {key_of(one, table) for one in own_seed(table.seed)}:
                said = f"overrides nothing: we have no row «{' '.join(key)}»"
                self.faults.append(row.fault(table.key[-1], said))
            self._replaced.setdefault(table.name, set()).add(key)

    def _replace_studies(self, files: list[StudyFile]) -> None:
        """Take out what the files replace; one of our own files stands for its own rows."""
        ours = definitions().resolve()
        whole = {one for one in files if ours in one.notes.file.resolve().parents}
        studies = {one.study for one in files if one.overrides or one in whole}
        events = {name for one in files for name in one.overridden_events}
        events |= {
            row.cells["event_group_id"]
            for one in whole
            for row in one.rows
            if row.table == "event_groups"
        }
        cohorts = {
            row["cohort_id"] for row in own_seed("studies/cohorts") if row["study_id"] in studies
        }
        self._replaced_events = events
        gone = {"study_id": studies, "event_group_id": events, "cohort_id": cohorts}
        for name in rows_by_table([]):
            table = tables()[name]
            by = next(column for column in gone if column in table.types)
            for row in own_seed(table.seed):
                if row[by] in gone[by]:
                    self._replaced.setdefault(name, set()).add(key_of(row, table))

    def _events_of_ours(self) -> list[Fault]:
        """Events whose name is taken: a row more would widen ours in silence."""
        ours = {row["event_group_id"] for row in own_seed("studies/event_groups")}
        return [
            row.fault(
                "event_group_id",
                f"the event «{row.cells['event_group_id']}» is one of ours: give it another name, "
                "or say overrides: true",
            )
            for row in self._rows["event_groups"]
            if row.cells["event_group_id"] in ours - self._replaced_events
        ]


def _texts(cells: dict[str, str], table: Table) -> dict[str, str]:
    return {column: (cells.get(column) or "").strip() for column in table.types}
