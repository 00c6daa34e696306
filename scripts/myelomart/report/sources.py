"""What the sources of a warehouse say of themselves, and the notice that is owed for them."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from myelomart.disclosure.policies import Policy
from myelomart.display.numbers import rounded
from myelomart.study import study_frame

SILENT = "not stated"  # by the source


@dataclass(frozen=True)
class Source:
    """One source, as its latest delivery describes it."""

    source_name: str
    database_name: str | None
    holder: str | None
    description: str | None
    vocabulary_version: str | None
    notice: str | None
    person_count: int | None  # None where it may not be shown
    site_count: int
    release_date: str | None

    @property
    def facts(self) -> dict[str, str]:
        """What the first screen shows of it, by title."""
        persons = "not shown" if self.person_count is None else rounded(self.person_count, 0)
        return {
            "Source": self.database_name or self.source_name,
            "Holder": self.holder or SILENT,
            "Released": self.release_date or SILENT,
            "Sites": rounded(self.site_count, 0) if self.site_count else SILENT,
            "Persons": persons,
        }


def read_sources(
    connection: duckdb.DuckDBPyConnection, policy: Policy | None = None
) -> tuple[Source, ...]:
    """The sources of a warehouse in order of name, their persons as ``policy`` lets them show."""
    frame = study_frame(connection, "study_sources", None, "source_name").astype(object)
    frame = frame.where(frame.notna(), None)
    return tuple(_source(row, policy) for row in frame.to_dict("records"))


def notice_of(sources: tuple[Source, ...]) -> str | None:
    """What stands beside every number of these sources; it names them where it is not true of all.

    >>> one = Source("a", None, None, None, None, "Made up", 3, 1, None)
    >>> notice_of((one,)), notice_of((one, Source("b", None, None, None, None, None, 3, 1, None)))
    ('Made up', 'Made up (source a)')
    """
    owing = [one for one in sources if one.notice]
    if not owing:
        return None
    notices = "; ".join(dict.fromkeys(str(one.notice) for one in owing))
    if len(owing) == len(sources):
        return notices
    return f"{notices} (source {', '.join(one.source_name for one in owing)})"


def _source(row: dict, policy: Policy | None) -> Source:
    count = int(row["person_count"])
    hidden = policy is not None and policy.is_small(count)
    shown = int(policy.round(count)) if policy else count
    day = row["release_date"]
    return Source(
        row["source_name"],
        row["database_name"],
        row["holder"],
        row["description"],
        row["vocabulary_version"],
        row["notice"],
        None if hidden else shown,
        int(row["site_count"]),
        None if day is None else pd.Timestamp(day).date().isoformat(),
    )
