"""The export is whole, of the types that omopgenerics asks for, and R counts it alike."""

import shutil
import subprocess

import duckdb
import pytest
from typer.testing import CliRunner

from myelomart import warehouse
from myelomart.cli import app
from myelomart.errors import MyelomartError, WarehouseError
from myelomart.ohdsi.tables import TABLES, export_tables
from myelomart.project import project_root

SCRIPT = project_root() / "examples" / "r" / "read_export.R"
# columns and types of omopgenerics 1.3 (R/classCohortTable.R), of DRUG_ERA and EPISODE of CDM 5.4
NEEDED = {
    "cohort": "cohort_definition_id INTEGER, subject_id BIGINT, cohort_start_date DATE, "
    "cohort_end_date DATE",
    "cohort_set": "cohort_definition_id INTEGER, cohort_name VARCHAR",
    "cohort_attrition": "cohort_definition_id INTEGER, number_records INTEGER, "
    "number_subjects INTEGER, reason_id INTEGER, reason VARCHAR, excluded_records INTEGER, "
    "excluded_subjects INTEGER",
    "cohort_codelist": "cohort_definition_id INTEGER, codelist_name VARCHAR, concept_id BIGINT, "
    "codelist_type VARCHAR",
    "cohort_count": "cohort_definition_id INTEGER, number_records INTEGER, number_subjects INTEGER",
    "drug_era": "drug_era_id BIGINT, person_id BIGINT, drug_concept_id BIGINT, "
    "drug_era_start_date DATE, drug_era_end_date DATE, drug_exposure_count INTEGER, "
    "gap_days INTEGER",
    "episode": "episode_id BIGINT, person_id BIGINT, episode_concept_id BIGINT, "
    "episode_start_date DATE, episode_start_datetime TIMESTAMP, episode_end_date DATE, "
    "episode_end_datetime TIMESTAMP, episode_parent_id BIGINT, episode_number INTEGER, "
    "episode_object_concept_id BIGINT, episode_type_concept_id BIGINT, "
    "episode_source_value VARCHAR, episode_source_concept_id BIGINT",
    "episode_event": "episode_id BIGINT, event_id BIGINT, episode_event_field_concept_id BIGINT",
}


@pytest.fixture
def tiny(tmp_path):
    """A database with the tables of the export, one person in the one cohort."""
    path = tmp_path / "tiny.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema exports")
        for name, columns in NEEDED.items():
            connection.execute(f"create table exports.{name} ({columns})")
        connection.execute(
            "insert into exports.cohort values (1, 7, '2020-01-01', '2020-02-01');"
            "insert into exports.cohort_set values (1, 'a');"
            "insert into exports.cohort_attrition values (1, 1, 1, 1, 'all', 2, 2);"
            "insert into exports.cohort_count values (1, 1, 1)"
        )
    return path


def test_a_warehouse_is_exported_alike_in_both_forms(small, tmp_path):
    database = small / "myelomart.duckdb"
    rows = export_tables(database, tmp_path / "parquet")
    assert rows == export_tables(database, tmp_path / "csv", "csv")
    assert rows["cohort"] > 100 and rows["episode"] > 100 and rows["drug_era"] > 100
    with duckdb.connect() as connection:
        for name, columns in NEEDED.items():
            file = tmp_path / "parquet" / f"{name}.parquet"
            found = connection.sql(f"describe from '{file}'").fetchall()
            types = {column: kind for column, kind, *_ in found}
            wanted = dict(one.split() for one in columns.split(", "))
            assert {column: types.get(column) for column in wanted} == wanted, name
            read = f"read_csv('{tmp_path}/csv/{name}.csv', all_varchar = true)"
            asked = ", ".join(f"cast({column} as varchar) as {column}" for column in types)
            differs = connection.sql(
                f"(select {asked} from '{file}' except all select {asked} from {read}) union all "
                f"(select {asked} from {read} except all select {asked} from '{file}')"
            )
            assert differs.fetchall() == [], name


@pytest.mark.skipif(not shutil.which("Rscript"), reason="Rscript (Debian: r-base-core) is absent")
def test_r_counts_what_the_export_counts(small, tmp_path):
    database = small / "myelomart.duckdb"
    export_tables(database, tmp_path / "csv", "csv")
    done = subprocess.run(
        ["Rscript", str(SCRIPT), str(tmp_path / "csv")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with warehouse.database(database) as connection:
        counts = connection.sql(
            "select cohort_id, count(*) from cohorts.cohort_members group by 1"
        ).fetchall()
    told = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    assert all(told[cohort] == [str(count), str(count)] for cohort, count in counts)
    assert "the counts agree" in done.stdout


@pytest.mark.skipif(not shutil.which("Rscript"), reason="Rscript (Debian: r-base-core) is absent")
def test_r_says_where_it_counts_otherwise(tiny, tmp_path):
    export_tables(tiny, tmp_path / "csv", "csv")
    run = ["Rscript", str(SCRIPT), str(tmp_path / "csv")]
    with (tmp_path / "csv" / "cohort.csv").open("a") as lines:
        lines.write("1,8,2020-01-01,2020-02-01\n")
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode != 0 and "R counts otherwise" in done.stderr


def test_a_failed_export_leaves_the_former_one(tiny, tmp_path):
    out = tmp_path / "out"
    assert export_tables(tiny, out, "csv")["cohort"] == 1
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    with duckdb.connect(str(tiny)) as connection:
        connection.execute("drop table exports.episode_event")
    with pytest.raises(WarehouseError, match=r"has no exports\.episode_event: build it again"):
        export_tables(tiny, out, "csv")
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert set(before) == {".myelomart", *(f"{name}.csv" for name in TABLES)}


@pytest.mark.parametrize("person, is_refused", [(2**53, False), (2**53 + 1, True)])
def test_persons_whom_r_would_round_are_refused(tiny, tmp_path, person, is_refused):
    with duckdb.connect(str(tiny)) as connection:
        connection.execute("update exports.cohort set subject_id = ?", [person])
    if is_refused:
        with pytest.raises(MyelomartError, match="give the source a name") as refused:
            export_tables(tiny, tmp_path / "out")
        assert str(person) not in str(refused.value)
    else:
        assert export_tables(tiny, tmp_path / "out")["cohort"] == 1


def test_files_are_their_owners_and_foreign_folders_stay(tiny, tmp_path):
    run = ["export", "omop", "--db", str(tiny), "--out"]
    assert CliRunner().invoke(app, [*run, str(tmp_path / "out")]).exit_code == 0
    assert (tmp_path / "out" / "cohort.parquet").stat().st_mode & 0o077 == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    done = CliRunner().invoke(app, [*run, str(tmp_path / "mine")])
    assert isinstance(done.exception, MyelomartError) and "did not make" in str(done.exception)
    with pytest.raises(MyelomartError, match="use parquet or csv"):
        export_tables(tiny, tmp_path / "out", "xlsx")
