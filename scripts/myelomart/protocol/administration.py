"""What surrounds a study: its fields of registration, its source, its software, who may see it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping

from myelomart.display.numbers import rounded
from myelomart.display.table import Table
from myelomart.protocol.part import NOT_STATED
from myelomart.study import Study

TITLE = "Registration, ethics, version"
FIELDS = {
    "protocol_version": "Version of the protocol",
    "amendments": "Amendments",
    "registration": "Registration",
    "ethics": "Ethics and protection of patients",
    "contributors": "Contributors",
    "funding": "Sponsor and funding",
    "conflicts_of_interest": "Conflicts of interest",
    "milestones": "Milestones",
    "rationale": "Rationale and background",
    "study_size": "Study size and precision",
    "data_access": "Access to the data",
    "data_linkage": "Linkage of sources",
    "validation": "Validation of codes and algorithms",
    "adverse_event_reporting": "Reporting of adverse events",
    "interpretation": "Key results and interpretation",
    "generalisability": "Generalisability",
}
SOFTWARE = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn")
SOURCE_FACTS = {
    "holder": "holder", "description": "description", "release_date": "released",
    "person_count": "persons", "site_count": "sites", "vocabulary_version": "vocabularies",
}  # fmt: skip


def fields_table(study: Study) -> Table:
    """A row per field that a protocol has beside its methods; the last names those not stated."""
    rows = [[words, study.said[name]] for name, words in FIELDS.items() if name in study.said]
    lacking = [words for name, words in FIELDS.items() if name not in study.said]
    if lacking:
        rows.append([NOT_STATED.removesuffix("."), "; ".join(lacking)])
    note = "Stated in seeds/studies/study_protocol.csv."
    return Table(TITLE, ["", "stated"], rows, note)


def data_source(study: Study, sources: Iterable[Mapping[str, object]]) -> tuple[Table, ...]:
    """A row per source and fact that it tells of itself."""
    rows: list[list[str]] = []
    for one in sources:
        rows.append([str(one.get("database_name") or one.get("source_name"))])
        for name, words in SOURCE_FACTS.items():
            value = one.get(name)
            rows.append([words, "not stated" if _is_empty(value) else _shown(value)])
    return (Table("Data sources", ["", "as the source says of itself"], rows),) if rows else ()


def _is_empty(value: object) -> bool:
    return value is None or value != value or value == ""


def _shown(value: object) -> str:
    return rounded(value, 0) if isinstance(value, int) else str(value).removesuffix(" 00:00:00")


def software() -> str:
    """The packages that compute, with their versions."""
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("myelomart", *SOFTWARE))
    return f"{', '.join(versions)}."
