"""The checks: rows of `seeds/quality/quality_checks.csv`, and what a site puts over or beside them.

Categories are those of Kahn et al. (eGEMs 2016;4:1244), levels those of the OHDSI
DataQualityDashboard. ``counted`` and ``fails`` are SQL conditions. Where ``rows_from`` is empty
they look at the rows of the table: ``event`` is the row, ``person`` its person, ``visit`` its
visit, ``concept`` its concept, ``span`` the days that are possible, ``lab`` and ``known_unit`` the
test and its limits, ``launch`` the approval of the drug (`lookups.py`). Else ``rows_from`` names a
relation of `relations.py`. A row with an ``expectation`` is judged by Great Expectations
(`expectations.py`).
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from myelomart.errors import QualityError
from myelomart.project import project_root
from myelomart.sources import layout

BLOCKING, WARNING, NOTED, PASSED, OFF = "blocking", "warning", "noted", "passed", "off"
SET_ASIDE, DATE_EMPTIED, RENUMBERED = "set_aside", "date_emptied", "renumbered"
NOT_USED, KEPT = "not_used", "kept"
CHANGED = (SET_ASIDE, DATE_EMPTIED, RENUMBERED)  # by us: never without a warning
ALLOWED = {
    "category": ("conformance", "completeness", "plausibility"),
    "level": ("table", "field", "concept"),
    "severity": (BLOCKING, WARNING, OFF),
    "failing_rows": (KEPT, NOT_USED, *CHANGED),
}
DEFAULTS = {"category": "plausibility", "level": "field", "severity": WARNING}
DEFAULTS |= {"failing_rows": KEPT, "threshold": "0"}
NUMBERS = ("threshold", "threshold_myeloma", "at_least")


@dataclass(frozen=True)
class Check:
    """One check of one table, named by what is wrong when it fails.

    ``threshold`` is the share of the counted rows that may fail, ``threshold_myeloma`` that share
    among the rows of persons with myeloma (None: not asked). With fewer than ``at_least`` counted
    rows nothing is judged. ``failing_rows`` says what becomes of a row that fails. ``changed_by``
    names the file of a site that changed or added the row.
    """

    check_id: str
    check_name: str
    category: str
    level: str
    table_name: str
    column_name: str
    rows_from: str
    needs: str
    counted: str
    fails: str
    expectation: str
    threshold: float
    threshold_myeloma: float | None
    at_least: int
    severity: str
    failing_rows: str
    meaning: str
    what_to_do: str
    changed_by: str = ""


COLUMNS = tuple(field.name for field in fields(Check) if field.name != "changed_by")


@dataclass(frozen=True)
class Count:
    """How many of the ``counted`` rows of a source fail a check, and whom that touches.

    ``myeloma_counted`` and ``myeloma_failing`` are the rows of persons with myeloma, ``persons``
    and ``myeloma_persons`` the people of the failing rows; None where rows have no person.
    ``detail`` says in a word what failed (which columns, which dates), never a value of a row.
    """

    source: str
    check: Check
    counted: int
    failing: int
    persons: int | None = None
    myeloma_persons: int | None = None
    myeloma_counted: int | None = None
    myeloma_failing: int | None = None
    # what Great Expectations said, where it judged; else the shares decide
    success: bool | None = None
    detail: str = ""

    @property
    def share(self) -> float:
        """Failing rows among those counted; 0 when none is counted."""
        return self.failing / self.counted if self.counted else 0.0

    @property
    def myeloma_share(self) -> float:
        """The same among the rows of persons with myeloma."""
        return self.myeloma_failing / self.myeloma_counted if self.myeloma_counted else 0.0

    @property
    def status(self) -> str:
        """The check's severity above a threshold; within it a warning where the door changes the
        failing rows, else noted; passed when no row fails."""
        if self.success is not None:
            return PASSED if self.success else self.check.severity
        if not self.failing:
            return PASSED
        if self.counted >= self.check.at_least and self.is_above:
            return self.check.severity
        return WARNING if self.check.failing_rows in CHANGED else NOTED

    @property
    def is_above(self) -> bool:
        """Do more rows fail than one of the thresholds allows?"""
        of_myeloma = self.check.threshold_myeloma
        return self.share > self.check.threshold or (
            of_myeloma is not None and self.myeloma_share > of_myeloma
        )


def checks_in_force(folder: Path | None = None) -> tuple[Check, ...]:
    """The shipped checks, with the rows of the CSV files in ``folder`` put over or beside them.

    A row whose ``check_id`` is known, or a pattern with ``*``, changes the cells that it gives; any
    other adds a check. Raises ``QualityError`` that names file, line and column.
    """
    found = {check.check_id: check for check in shipped_checks()}
    if folder is None:
        return tuple(found.values())
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not files:
        raise QualityError(f"{folder} holds no CSV file: name a folder with rows of checks.")
    for file in files:
        for line, cells in _rows_of(file):
            _put(found, cells, file, line)
    return tuple(check for check in found.values() if check.severity != OFF)


@cache
def shipped_checks() -> tuple[Check, ...]:
    """The rows of the seed."""
    file = project_root() / "seeds" / "quality" / "quality_checks.csv"
    return tuple(_check(cells, file, line) for line, cells in _rows_of(file))


def _rows_of(file: Path) -> list[tuple[int, dict[str, str]]]:
    """Each row of a file of checks with its line; ``QualityError`` for an unknown column."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            unknown = [name for name in reader.fieldnames or [] if name not in COLUMNS]
            if unknown or "check_id" not in (reader.fieldnames or []):
                what = f"does not know the column {unknown[0]}" if unknown else "needs check_id"
                raise QualityError(
                    f"{file}: a file of checks {what}; its columns are {', '.join(COLUMNS)}."
                )
            rows = [(reader.line_num, cells) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise QualityError(f"{file} cannot be read as a CSV file in UTF-8: {error}.") from error
    for line, cells in rows:
        if None in cells:
            raise QualityError(f"{file}, line {line}: has more cells than the header has columns.")
    return rows


def _put(found: dict[str, Check], cells: dict[str, str], file: Path, line: int) -> None:
    wanted = cells["check_id"].strip()
    known = [name for name in found if name == wanted or fnmatchcase(name, wanted)]
    given = {name: cell for name, cell in cells.items() if cell.strip() and name != "check_id"}
    if "*" in wanted and not known:
        raise QualityError(f"{file}, line {line}: no check is called {wanted}.")
    for name in known:
        before = {
            column: ""
            if getattr(found[name], column) is None
            else str(getattr(found[name], column))
            for column in COLUMNS
        }
        found[name] = replace(_check(before | given, file, line), changed_by=file.name)
    if not known:
        found[wanted] = replace(_check(cells, file, line), changed_by=file.name)


def _check(cells: dict[str, str], file: Path, line: int) -> Check:
    """A row as a check; ``QualityError`` says which cell is wrong."""
    where = f"{file}, line {line}"
    text = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    text = {name: cell or DEFAULTS.get(name, "") for name, cell in text.items()}
    if not text["check_id"]:
        raise QualityError(f"{where}: check_id is empty: give the check a name.")
    text["check_name"] = text["check_name"] or text["check_id"]
    for column, words in ALLOWED.items():
        if text[column] not in words:
            raise QualityError(
                f"{where}: {column} is «{text[column]}»; known are {', '.join(words)}."
            )
    _check_place(text, where)
    if not text["fails"] and not text["expectation"]:
        raise QualityError(f"{where}: give a condition in fails, or an expectation.")
    if text["expectation"]:
        try:
            json.loads(text["expectation"])
        except ValueError as error:
            raise QualityError(f"{where}: the expectation is not JSON: {error}.") from error
    numbers = {name: _number(text[name], name, where) for name in NUMBERS}
    return Check(
        **{name: cell for name, cell in text.items() if name not in NUMBERS},
        threshold=numbers["threshold"] or 0.0,
        threshold_myeloma=numbers["threshold_myeloma"],
        at_least=int(numbers["at_least"] or 0),
    )


def _check_place(text: dict[str, str], where: str) -> None:
    table, column = text["table_name"], text["column_name"]
    if table not in layout.tables():
        raise QualityError(
            f"{where}: there is no table «{table}»; see sources/cdm_v54_columns.csv."
        )
    if column and column not in {one.name for one in layout.tables()[table]}:
        raise QualityError(f"{where}: the table {table} has no column «{column}».")


def _number(cell: str, name: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        number = -1.0
    if number < 0 or (name != "at_least" and number > 1):
        wanted = "a number of rows" if name == "at_least" else "a share from 0 to 1"
        raise QualityError(f"{where}: {name} is «{cell}», not {wanted}.")
    return number
