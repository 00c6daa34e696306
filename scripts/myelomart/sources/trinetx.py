"""Finds the tables of a TriNetX dataset export.

A table is one file (``patient.csv``), a run of numbered files as users split them
(``lab_results0001.csv``), or a folder of either. Columns are read by the names in the header, never
by position: layouts differ. Of tumor_properties and oncology_treatment no public layout is known:
each of their cells lands as a property of the patient, under the name that the header gives it.
"""

from __future__ import annotations

import re
from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.files import SUFFIXES, TableFiles, check_readable, suffix_of

PREFIX = "trinetx_"
OF_PROPERTIES = {PREFIX + "tumor_properties", PREFIX + "oncology_treatment"}
OTHER_NAMES = {
    "patients": "patient",
    "lab_results": "lab_result",
    "vital_signs": "vitals_signs",
    "vital_sign": "vitals_signs",
    "medication": "medication_ingredient",
    "medications": "medication_ingredient",
    "tumors": "tumor",
}


def is_export(folder: Path) -> bool:
    """True when ``folder`` has a patient table."""
    return any(_table_of(entry) == PREFIX + "patient" for entry in folder.iterdir())


def find_tables(folder: Path) -> dict[str, TableFiles]:
    """Files by table (``trinetx_patient`` …); ``SourceError`` for files that cannot be read."""
    paths: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        table = _table_of(entry)
        if table is None:
            continue
        inside = sorted(entry.rglob("*")) if entry.is_dir() else [entry]
        paths.setdefault(table, []).extend(path for path in inside if suffix_of(path))
    found = {}
    for table, files in paths.items():
        forms = {SUFFIXES[suffix_of(path)] for path in files}
        if len(forms) > 1:
            raise SourceError(f"{folder}: {table} is there as Parquet and CSV: keep one of them.")
        if not files:
            continue
        form = forms.pop()
        for path in files:
            check_readable(path, form)
        found[table] = TableFiles(table, form, tuple(files), table in OF_PROPERTIES)
    if PREFIX + "patient" not in found:
        raise SourceError(f"{folder} has no patient.csv: it is not a TriNetX export.")
    return found


def _table_of(entry: Path) -> str | None:
    name = entry.name.lower()
    suffix = suffix_of(entry)
    if suffix:
        name = name.removesuffix(suffix)
    elif not entry.is_dir():
        return None
    name = re.sub(r"[-_]?\d+$", "", name)
    table = PREFIX + OTHER_NAMES.get(name, name)
    return table if table in layout.trinetx_tables() else None
