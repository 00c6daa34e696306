"""A cohort that leaves the builder as a study file is, once built, the cohort that was shown."""

from dataclasses import replace

import duckdb
import pytest

from myelomart import warehouse
from myelomart.explore.definition import Criterion
from myelomart.explore.export import as_study_file
from myelomart.explore.opened import Opened
from myelomart.explore.trial import COHORT_MODELS, DECISIONS, Trial, definition_of
from myelomart.rows.declared import tables
from myelomart.site.own_rows import OwnRows
from myelomart.study_file.rows import rows_by_table

MADE = COHORT_MODELS[: COHORT_MODELS.index("cohort_attrition") + 1]
FROM_FILE = ("cohorts", "cohort_criteria", "event_groups")
READ = ("core", "clinical_rules", "studies", "omop")
MEMBERS = "select person_id, index_date from {} where is_member order by all"


@pytest.fixture(scope="module")
def opened(demo):
    one = Opened(demo / "myelomart.duckdb")
    yield one
    one.close()


@pytest.fixture
def built(demo, compiled, tmp_path):
    """What makes the cohorts of a study file by the models as dbt compiled them."""

    def build(text: str) -> duckdb.DuckDBPyConnection:
        file = tmp_path / "study.yml"
        file.write_text(text, encoding="utf-8")
        own = OwnRows(None, [file])
        own.refuse_faults()
        rows = rows_by_table(own.study_files)
        connection = duckdb.connect(config=warehouse.settings())
        warehouse.attach(connection, demo / "myelomart.duckdb", "demo")
        for schema, table in connection.sql(
            "select table_schema, table_name from information_schema.tables "
            f"where table_catalog = 'demo' and table_schema in {READ}"
        ).fetchall():
            if table not in FROM_FILE + MADE:
                connection.execute(f"create or replace view {table} as from demo.{schema}.{table}")
        for table in FROM_FILE:
            types = tables()[table].types
            shape = ", ".join(f"{name} {_type(kind)}" for name, kind in types.items())
            connection.execute(f"create table {table} ({shape})")
            for row in rows[table]:
                marks = ", ".join("?" for _ in types)
                cells = [row.cells.get(name) or None for name in types]
                connection.execute(f"insert into {table} values ({marks})", cells)
        connection.execute("insert into event_groups by name from demo.studies.event_groups")
        for name, sql in compiled(*MADE).items():
            connection.execute(f"create table {name} as {sql}")
        return connection

    return build


def _type(kind: str) -> str:
    return {"string": "varchar"}.get(kind, kind)


def test_every_cohort_of_the_studies_is_built_again_from_its_export(opened, built):
    cohorts = warehouse.rows(opened.cursor(), "select cohort_id from studies.cohorts order by 1")
    some = [one for (one,) in cohorts][::6]
    assert len(some) >= 5
    for cohort_id in some:
        text = as_study_file(definition_of(opened.cursor(), cohort_id), f"{cohort_id} again")
        made = built(text).execute(MEMBERS.format("cohort_decisions")).fetchall()
        query = "select person_id, index_date from cohorts.cohort_members where cohort_id = ?"
        assert made == warehouse.rows(opened.cursor(), f"{query} order by all", [cohort_id])
        assert made, cohort_id


def test_an_own_event_a_limit_a_switch_and_alternatives_leave_as_they_were_shown(opened, built):
    """Events that no study names, a value, a count, a text, a step of two, one that is off."""
    more = [
        Criterion(step=8, kind="include", label="Drug: often", event_group="coded.dexamethasone",
                  min_count=3, window_start_days=-365, window_end_days=-1),
        Criterion(step=8, kind="include", label="Anemia", event_group="lab.hemoglobin",
                  value_operator="<", value_number=9.5, window_end_days=0),
        Criterion(step=9, kind="include", label="Women", characteristic="sex", value_text="female"),
        Criterion(step=10, kind="exclude", label="Off", characteristic="age", value_operator=">=",
                  value_number=18.0, is_on=False),
    ]  # fmt: skip
    whole = definition_of(opened.cursor(), "evidence_car_t")
    whole = replace(
        whole,
        index_from="2019-01-01",
        criteria=(*whole.criteria, *more),
        groups={"coded.dexamethasone": ("coded", "dexamethasone"),
                "lab.hemoglobin": ("lab", "hemoglobin"), "lab.ldh": ("lab", "ldh")},
    )  # fmt: skip
    trial = Trial(opened)
    flow = trial.attrition(whole)
    connection = built(as_study_file(whole, "What I tried: 2nd"))
    made = connection.execute(MEMBERS.format("cohort_decisions")).fetchall()
    shown = warehouse.rows(trial.connection, MEMBERS.format(DECISIONS))
    assert 0 < len(made) < flow["persons_after"].iloc[1]
    assert made == shown
    again = connection.execute("select * from cohort_attrition order by step").df()
    counts = ["persons_before", "persons_excluded", "persons_unknown", "persons_after"]
    assert again[counts].equals(flow[counts])
    assert again["label"].tolist() == flow["label"].tolist()
