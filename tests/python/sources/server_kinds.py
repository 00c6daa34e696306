"""The servers that tests read a CDM from, and the tables that they hold.

PostgreSQL is a real one, where it can be started. The others are fakes of ours that speak the
protocol of the server to its real client: they read each statement in its own dialect and run it
in DuckDB. None was tested against the real service.
"""

import importlib
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from postgres_server import NoServer, running_server
from small_cdm import PERSON

from myelomart import extras, warehouse

PASSWORDS = {
    "databricks": "DATABRICKS_TOKEN", "mssql": "SQLCMDPASSWORD", "snowflake": "SNOWFLAKE_PASSWORD"
}  # fmt: skip
CAPITALS = {"snowflake"}  # where names are stored so
FAKES = {
    "bigquery": "fake_bigquery", "databricks": "fake_databricks", "mssql": "fake_sql_server",
    "snowflake": "fake_snowflake",
}  # fmt: skip
CLIENTS = {kind: extras.MODULES[kind] for kind in FAKES}
DIALECTS = {kind: "tsql" if kind == "mssql" else kind for kind in FAKES}
NAMES = {
    "bigquery": "BigQuery", "databricks": "Databricks", "mssql": "SQL Server",
    "snowflake": "Snowflake",
}  # fmt: skip
# SQL that DuckDB and PostgreSQL both run
TABLES = {
    "person": PERSON,
    "observation_period": """
        select 1 as observation_period_id, 1 as person_id,
            date '2015-01-01' as observation_period_start_date,
            date '9999-12-31' as observation_period_end_date
    """,
    "death": "select 3 as person_id, date '2021-02-28' as death_date where 1 = 0",
    "condition_occurrence": """
        select *, date '2020-01-01' as condition_start_date from (values
            (1, 1, 0, 0, ' |c90.00| '), (2, 1, 0, 0, 'E11.9'), (3, 2, 0, 0, 'E11.9'),
            (4, 3, 437233, 0, 'local'), (5, 4, 7, 0, null), (6, 5, 0, 8, ''), (7, 6, 9, 0, 'C9'),
            (8, 7, null, null, null), (9, 8, 0, 0, 'C90.02^Relapse'), (10, 9, 10, 0, 'x')
        ) as conditions (
            condition_occurrence_id, person_id, condition_concept_id, condition_source_concept_id,
            condition_source_value
        )
    """,
    "concept": """
        select * from (values
            (7, 'a code', 'ICD10CM', 'C90.00'), (8, 'O''Neill \\ "x"', 'ICD10CM', ' c90.01 '),
            (9, 'another', 'ICD10CM', 'E11.9'), (10, 'not theirs', 'icd10cm', 'C90.00')
        ) as concepts (concept_id, concept_name, vocabulary_id, concept_code)
    """,
    "concept_ancestor": """
        select 437233 as ancestor_concept_id, 11 as descendant_concept_id,
            0 as min_levels_of_separation, 0 as max_levels_of_separation
    """,
    "measurement": """
        select *, case when measurement_id = 1 then 'Ω µ 😀 ''"' || chr(10) || 'line' else '' end
            as value_source_value from (values
            (9007199254740993, 1, 3000963, date '2020-01-05',
                timestamp '2020-01-05 23:59:59.999999', cast(1234567890123.125 as decimal(38, 3)),
                cast(2.4 as real), cast(0.1 as double precision), 'g/dL'),
            (2, 2, 3000963, date '0999-12-31', null, cast(-0.001 as decimal(38, 3)),
                cast(null as real), cast(1e300 as double precision), null),
            (3, 3, 3000963, date '2020-02-29', timestamp '1677-01-01 00:00:00', null,
                cast(-1.5 as real), cast(null as double precision), ' '),
            (4, 1, 3000963, cast(null as date), null, null, null, null, 'mg')
        ) as rows (
            measurement_id, person_id, measurement_concept_id, measurement_date,
            measurement_datetime, value_as_number, range_low, range_high, unit_source_value
        )
    """,
    "drug_exposure": """
        select 1 as drug_exposure_id, 1 as person_id, 0 as drug_concept_id,
            date '2020-01-05' as drug_exposure_start_date,
            cast('2020-01-05 10:30:00+00' as timestamptz) as drug_exposure_start_datetime,
            true as days_supply, 1 as not_of_the_layout
    """,
    "payer_plan_period": "select 1 as payer_plan_period_id",
}
COHORT = [1, 3, 4, 5, 8]  # by text, by concept, by the concept's code, by the source concept's


@dataclass
class Postgres:
    """A real server with the same face as the fakes."""

    where: str
    behind: "Postgres" = None

    def __post_init__(self):
        self.behind = self

    def address(self, options: str = "") -> str:
        return self.where + options

    def load(self, schema: str, tables: dict[str, str]) -> None:
        with warehouse.postgres(self.where, "test") as connection, connection.cursor() as cursor:
            cursor.execute(f"create schema {schema}")
            for name, query in tables.items():
                cursor.execute(f"create table {schema}.{name} as {query}")
            connection.commit()


@contextmanager
def started(kind: str):
    if kind == "postgresql":
        try:
            with running_server() as where:
                yield Postgres(where)
        except NoServer as reason:
            pytest.skip(str(reason))
        return
    pytest.importorskip("sqlglot")
    for module in CLIENTS[kind]:
        pytest.importorskip(module, reason=f"the extra {kind} is not installed")
    with importlib.import_module(FAKES[kind]).running() as fake:
        fake.kind = kind
        yield fake


def loaded(server, tables: dict[str, str], schema: str = "cdm", **more) -> None:
    is_upper = getattr(server, "kind", "") in CAPITALS
    if is_upper:
        schema, tables = schema.upper(), {name.upper(): query for name, query in tables.items()}
    server.behind.load(schema, tables, **more)
