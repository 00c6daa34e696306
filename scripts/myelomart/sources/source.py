"""A source as it goes through the door: named once, opened once, landed once, checked once.

``Source`` is what the user named. ``OpenSource`` is the same source opened: it knows its kind, its
tables, the files that nobody reads, and what it lacks. ``RowAccount`` says what became of every row
of one table. Whoever checks rows reads the account from the landing's manifest
(``manifest["sources"][i]["tables"][table]``), where it stands as plain values under these names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from myelomart.errors import SourceError

DEFAULT_NAME = "cdm"
FORMATS = ("auto", "omop", "trinetx", "fhir")
SHIFTS = ("person", "site")  # by whom dates are moved: each person by days of their own, or a site
COHORTS = ("myeloma",)
Say = Callable[[str], None]  # takes what a user is told, line by line


@dataclass(frozen=True)
class Source:
    """Where data come from: a name of ours, a folder, file or address, and what is said of it.

    ``timezone`` is the zone whose days count for instants (``Europe/Berlin``); without it an
    instant that is not midnight UTC is refused where its day matters. ``vocabulary`` is where the
    vocabulary stands when it is not with the persons: a schema of the database, or a folder or
    file of its own. ``dates_shifted`` declares that dates are moved, per person or per site, so
    that intervals hold and the calendar does not. ``cohort`` (myeloma) reads only those persons
    out of a database. ``allow_views`` reads the views of a DuckDB or SQLite file, which is to run
    the SQL that stands in it.
    """

    name: str
    location: str
    format: str = "auto"
    timezone: str | None = None
    vocabulary: str | None = None
    dates_shifted: str | None = None
    cohort: str | None = None
    allow_views: bool = False


@dataclass(frozen=True)
class DataFile:
    """One file of a table as the user has it.

    ``form`` is 'parquet' or 'csv' (any delimited text); ``packed`` how it is compressed ('' for
    not at all); ``partition`` the names and values that its folders add (``year=2020``).
    """

    path: Path
    form: str
    packed: str = ""
    partition: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Table:
    """One table of an open source.

    Either ``files`` holds its rows, or ``relation``, the SQL name of a table in an attached DuckDB
    file. ``place`` is what a message calls it. ``rows`` is how many rows the owner of the table
    counts, where somebody else than our reader can say so (databases, Delta, Iceberg);
    ``rows_left_out`` how many more there are that the cohort leaves out. ``of_properties`` says
    that its columns are not known before: each cell is one property. ``set_aside`` are the rows
    that were set aside while the source was opened, as files by why; ``made_of`` names the user's
    files, where ``files`` are made of them.
    """

    name: str
    place: str
    files: tuple[DataFile, ...] = ()
    relation: str = ""
    where: str = ""
    rows: int | None = None
    rows_left_out: int = 0
    of_properties: bool = False
    set_aside: dict[str, Path] = field(default_factory=dict)
    made_of: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """'parquet' or 'csv' for files, 'database' for a relation."""
        return self.files[0].form if self.files else "database"


@dataclass(frozen=True)
class UnusedFile:
    """A file that no table takes, and why."""

    path: str
    reason: str


@dataclass
class OpenSource:
    """A source that was opened: its kind in words, its tables by name, the files nobody reads.

    ``is_trinetx`` tells the two layouts apart; ``vocabulary_place`` is where the vocabulary was
    found, None where there is none; ``notes`` are sentences for the user; ``attached`` is the
    DuckDB file whose tables are read in place.
    """

    source: Source
    kind: str
    shown: str
    tables: dict[str, Table]
    unused: list[UnusedFile] = field(default_factory=list)
    vocabulary_place: str | None = None
    notes: list[str] = field(default_factory=list)
    attached: Path | None = None

    @property
    def is_trinetx(self) -> bool:
        """True for a TriNetX export, False for an OMOP CDM."""
        return self.kind.startswith("TriNetX")

    @property
    def is_fhir(self) -> bool:
        """True for a bulk export of FHIR resources."""
        return self.kind.startswith("FHIR")


@dataclass
class RowAccount:
    """What became of the rows of one table: ``rows_in`` is all of these together.

    ``rows`` landed; ``rows_set_aside`` were kept apart, each with its reason; ``rows_left_out``
    belong to persons outside the cohort that was asked for. Counted beside them, and part of the
    rows that landed: ``rows_renumbered`` (they had no id that is a number, and got one),
    ``cells_emptied`` (could not be read as their type), ``ends_capped`` (an end of time such as
    9999-12-31 became the day the data were cut). ``reasons`` lists action, column, reason, the form
    of the first such text (digits as 9, letters as a) and how many. Rows that the checks at the
    door set aside later are among those that landed.
    """

    form: str = "absent"
    rows_in: int = 0
    rows: int = 0
    rows_set_aside: int = 0
    rows_left_out: int = 0
    rows_renumbered: int = 0
    cells_emptied: int = 0
    ends_capped: int = 0
    columns_dropped: list[str] = field(default_factory=list)
    columns_missing: list[str] = field(default_factory=list)
    reasons: list[dict] = field(default_factory=list)

    def note(self, action: str, column: str, reason: str, count: int, form: str = "") -> None:
        """Add ``count`` rows or cells to the reasons."""
        if count:
            self.reasons.append(
                {"action": action, "column": column, "reason": reason, "form": form, "rows": count}
            )

    def close(self, table: str, place: str) -> None:
        """Raise ``SourceError`` unless every row that came in is landed, set aside or left out."""
        out = self.rows + self.rows_set_aside + self.rows_left_out
        if out != self.rows_in:
            raise SourceError(
                f"{place}: table {table} has {self.rows_in:,} rows, but {self.rows:,} landed, "
                f"{self.rows_set_aside:,} were set aside and {self.rows_left_out:,} left out: a "
                "row was read twice or lost, most often by a stray quotation mark or line end. "
                "Export the table again, as Parquet if you can."
            )

    def as_dict(self) -> dict:
        """The account as the manifest keeps it."""
        return asdict(self)


def parse_source(text: str) -> Source:
    """``NAME=LOCATION`` or ``LOCATION`` (then named 'cdm') as a Source."""
    if text.startswith("service="):  # of pg_service.conf, and no name of ours
        return Source(DEFAULT_NAME, text)
    match = re.match(r"^([A-Za-z][A-Za-z0-9_]*)=(.+)$", text)
    return Source(*match.groups()) if match else Source(DEFAULT_NAME, text)
