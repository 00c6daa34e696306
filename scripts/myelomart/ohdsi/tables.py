"""The schema `exports` as files: cohorts as omopgenerics reads them, drug eras, episodes."""

from __future__ import annotations

from pathlib import Path

import duckdb

from myelomart import warehouse, whole
from myelomart.errors import MyelomartError, WarehouseError
from myelomart.private_files import private

TABLES = {
    "cohort": "cohort_definition_id, subject_id",
    "cohort_set": "cohort_definition_id",
    "cohort_attrition": "cohort_definition_id, reason_id",
    "cohort_codelist": "cohort_definition_id, codelist_type, codelist_name, concept_id",
    "cohort_count": "cohort_definition_id",
    "drug_era": "person_id, drug_era_start_date, drug_concept_id",
    "episode": "person_id, episode_number",
    "episode_event": "episode_id, event_id",
}  # with the order of the rows of each: the same warehouse gives the same bytes
FORMS = {"parquet": "format parquet", "csv": "format csv, header true"}
MADE_BY = "export omop"
EXACT = 2**53  # a double, as R reads a bigint, holds every whole number up to here


def export_tables(database: Path, out: Path, form: str = "parquet") -> dict[str, int]:
    """Write every table as a file in the folder ``out``, whole or not at all; the rows of each.

    Raises ``MyelomartError`` where R would read two persons as one, ``WarehouseError`` where the
    database has no such tables.
    """
    if form not in FORMS:
        raise MyelomartError(f"--format {form} is unknown: use {' or '.join(FORMS)}.")
    rows = {}
    with (
        private(),
        whole.folder(out, MADE_BY) as made,
        warehouse.database(database, reach=[made]) as connection,
    ):
        _refuse_missing(connection, database)
        _refuse_rounded(connection)
        for name, order in TABLES.items():
            file = warehouse.literal(made / f"{name}.{form}")
            query = f"from exports.{name} order by {order}"
            rows[name] = warehouse.value(connection, f"copy ({query}) to {file} ({FORMS[form]})")
    return rows


def _refuse_missing(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    found = warehouse.rows(
        connection,
        "select table_name from information_schema.tables where table_schema = 'exports'",
    )
    missing = [name for name in TABLES if (name,) not in found]
    if missing:
        raise WarehouseError(
            f"{database} has no exports.{missing[0]}: build it again with `myelomart build`."
        )


def _refuse_rounded(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse persons that R could not tell apart; no number of a person is said."""
    too_large = warehouse.value(
        connection,
        f"""
        select count(distinct person_id)
        from (
            select subject_id as person_id from exports.cohort
            union all select person_id from exports.episode
            union all select person_id from exports.drug_era
        )
        where abs(person_id) > {EXACT}
        """,
    )
    if too_large:
        raise MyelomartError(
            f"{too_large:,} persons have numbers above 2^53 in the source, which R would round: "
            "give the source a name (`myelomart build --source NAME=…`), and persons get smaller "
            "numbers."
        )
