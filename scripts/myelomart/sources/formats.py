"""Recognises what a source is and lists its tables as files that can be read."""

from __future__ import annotations

from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources import cdm, files


def open_source(source, landing: Path, say) -> tuple[str, dict[str, files.TableFiles]]:
    """The format of ``source`` in words and its files by CDM table.

    Raises ``SourceError`` when there is nothing at its location, or nothing we know.
    """
    folder = Path(source.location).expanduser()
    if not folder.exists():
        raise SourceError(f"There is no folder {folder}: check the path after --source.")
    found = files.find_tables(folder, set(cdm.tables()))
    if "person" not in found:
        raise SourceError(
            f"{folder} has no person table: a source is a folder with files named as "
            "the OMOP tables (person.parquet, person.csv, person.csv.gz …)."
        )
    forms = sorted({table.form for table in found.values()})
    return f"OMOP CDM as {' and '.join(forms)}", found
