"""Every form of a CDM folder lands in one shape; every way to be wrong ends in a sentence."""

import gzip
import json
import os
from pathlib import Path

import pytest
from small_cdm import MEASUREMENT, PERSON, write_table

from myelomart import warehouse
from myelomart.errors import MyelomartError, SourceError
from myelomart.sources import landing as landing_module
from myelomart.sources import layout
from myelomart.sources.landing import Source, land, parse_source


def landed(landing, table, what="count(*)"):
    with warehouse.scratch() as connection:
        files = warehouse.literal(landing / table / "**" / "*.parquet")
        query = f"select {what} from read_parquet({files}, hive_partitioning = true)"
        return warehouse.rows(connection, query)


def land_one(folder, tmp_path, said=None):
    landing = tmp_path / "landing"
    said = [] if said is None else said
    land([Source("cdm", str(folder))], landing, said.append)
    return landing


def described(landing, table):
    with warehouse.scratch() as connection:
        path = warehouse.literal(landing / table / "source_name=cdm" / "part.parquet")
        found = warehouse.rows(
            connection, f"describe select * from read_parquet({path}, hive_partitioning = false)"
        )
    return [(name, kind) for name, kind, *_ in found]


def test_every_table_of_the_standard_is_there_with_its_columns_and_types(small_cdm, tmp_path):
    said = []
    landing = land_one(small_cdm, tmp_path, said)
    for table, columns in layout.tables().items():
        expected = [(column.name, column.type) for column in columns]
        assert sorted(described(landing, table)) == sorted(expected), table
    assert landed(landing, "drug_exposure") == [(0,)]
    assert landed(
        landing, "measurement", "count(*), sum(value_as_number), any_value(source_name)"
    ) == [(12, 84.0, "cdm")]
    assert any("absent" in line and "drug_exposure" in line for line in said)


def test_csv_with_other_case_order_and_extra_columns_lands_the_same(small_csv, tmp_path):
    lines = (small_csv / "person.csv").read_text().splitlines()
    turned = [",".join(["x", *reversed(line.split(","))]) for line in lines]
    turned[0] = turned[0].upper().replace("X,", "EXTRA,", 1)
    (small_csv / "person.csv").unlink()
    (small_csv / "PERSON.CSV").write_text("\n".join(turned))
    landing = land_one(small_csv, tmp_path)
    assert landed(landing, "person", "sum(person_id), sum(year_of_birth)") == [(6, 5855)]
    manifest = json.loads((landing / "manifest.json").read_text())
    assert manifest["sources"][0]["tables"]["person"]["columns_dropped"] == ["extra"]


@pytest.mark.parametrize("name", ["semicolons", "bom_and_crlf", "gzip", "tabs"])
def test_csv_dialects_land_the_same(small_csv, tmp_path, name):
    path = small_csv / "measurement.csv"
    text = path.read_text()
    if name == "semicolons":
        path.write_text(text.replace(",", ";"))
    elif name == "bom_and_crlf":
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    elif name == "tabs":
        path.write_text(text.replace(",", "\t"))
    else:
        path.unlink()
        (small_csv / "measurement.csv.gz").write_bytes(gzip.compress(text.encode()))
    landing = land_one(small_csv, tmp_path)
    assert landed(landing, "measurement", "count(*), sum(value_as_number)") == [(12, 84.0)]


def test_quoted_newlines_stay_inside_their_cell(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    path.write_text(path.read_text().replace("g/dL", '"g\n/dL, ""x"""'))
    landing = land_one(small_csv, tmp_path)
    assert landed(landing, "measurement", "count(*), any_value(unit_source_value)") == [
        (12, 'g\n/dL, "x"')
    ]


def test_vocabulary_dates_without_hyphens_are_read(small_csv, tmp_path):
    (small_csv / "CONCEPT.csv").write_text(
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\t"
        "concept_code\tvalid_start_date\tvalid_end_date\tinvalid_reason\n"
        '437233\tMultiple "myeloma\tCondition\tSNOMED\tx\tS\t109989006\t19700101\t20991231\t\n'
    )
    landing = land_one(small_csv, tmp_path)
    assert landed(landing, "concept", "concept_name, valid_start_date::varchar") == [
        ('Multiple "myeloma', "1970-01-01")
    ]


def test_columns_of_v53_get_their_new_names(small_cdm, tmp_path, write):
    write(
        "select 1 as visit_occurrence_id, 1 as person_id, 9201 as visit_concept_id, "
        "date '2020-01-01' as visit_start_date, date '2020-01-02' as visit_end_date, "
        "8870 as admitting_source_concept_id, 'home' as discharge_to_source_value",
        small_cdm / "visit_occurrence.parquet",
    )
    landing = land_one(small_cdm, tmp_path)
    what = "admitted_from_concept_id, discharged_to_source_value"
    assert landed(landing, "visit_occurrence", what) == [(8870, "home")]


def test_a_partitioned_folder_is_one_table(small_cdm, tmp_path, write):
    (small_cdm / "measurement.parquet").unlink()
    for year in (2020, 2021):
        query = (
            f"select * replace (measurement_id + {year}00 as measurement_id) from ({MEASUREMENT})"
        )
        write(query, small_cdm / "measurement" / f"year={year}" / "a.parquet")
    landing = land_one(small_cdm, tmp_path)
    assert landed(landing, "measurement", "count(*), count(distinct measurement_id)") == [(24, 24)]


def test_parquet_that_fits_is_taken_as_it_is_and_stays_when_the_file_is_written_over(
    tmp_path, write, small_cdm
):
    first = land_one(small_cdm, tmp_path)
    fitting = tmp_path / "fitting"
    for table in ("person", "measurement"):
        path = first / table / "source_name=cdm" / "part.parquet"
        write(
            f"select * exclude (source_name) from read_parquet('{path}')",
            fitting / f"{table}.parquet",
        )
    write(
        "select * replace (gender_concept_id::integer as gender_concept_id) "
        f"from read_parquet('{fitting}/person.parquet')",
        fitting / "person.parquet",
    )
    landing = tmp_path / "taken"
    manifest = land([Source("cdm", str(fitting))], landing, lambda line: None)
    assert manifest["sources"][0]["tables"]["person"]["form"] == "copied parquet"
    assert manifest["sources"][0]["tables"]["measurement"]["form"] == "copied parquet"
    taken = landing / "person" / "source_name=cdm" / "part.parquet"
    assert taken.read_bytes() == (fitting / "person.parquet").read_bytes()
    both = [Source("cdm", str(fitting)), Source("b", str(fitting))]
    told = land(both, tmp_path / "both", lambda line: None)  # a table has one type in all sources
    assert told["sources"][0]["tables"]["person"]["form"] != "copied parquet"
    assert landed(tmp_path / "both", "person", "max(typeof(gender_concept_id))") == [("BIGINT",)]
    (fitting / "person.parquet").write_bytes(b"written over")
    assert landed(landing, "person") == [(3,)]


def test_a_file_that_is_written_to_while_it_is_read_is_refused(small_cdm, tmp_path, monkeypatch):
    whole_days = landing_module._mend_days

    def and_meanwhile(*arguments):
        write_table(f"{MEASUREMENT} limit 1", small_cdm / "measurement.parquet")
        return whole_days(*arguments)

    monkeypatch.setattr(landing_module, "_mend_days", and_meanwhile)
    with pytest.raises(SourceError, match="measurement.parquet .* was changed while it was read"):
        land_one(small_cdm, tmp_path)
    monkeypatch.undo()
    assert landed(land_one(small_cdm, tmp_path), "measurement") == [(1,)]


def test_a_folder_with_files_of_somebody_else_is_no_landing(small_cdm, tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "thesis.txt").write_text("mine")
    with pytest.raises(MyelomartError, match="files that myelomart did not make"):
        land_one(small_cdm, tmp_path)
    assert [path.name for path in (tmp_path / "landing").iterdir()] == ["thesis.txt"]


def test_nothing_is_read_again_when_nothing_changed(small_cdm, tmp_path, write):
    landing = land_one(small_cdm, tmp_path)
    part = landing / "measurement" / "source_name=cdm" / "part.parquet"
    before = part.stat().st_mtime_ns
    said = []
    land_one(small_cdm, tmp_path, said)
    assert part.stat().st_mtime_ns == before
    assert any("nothing changed" in line for line in said)
    write(f"select * from ({MEASUREMENT}) limit 5", small_cdm / "measurement.parquet")
    land_one(small_cdm, tmp_path)
    assert landed(landing, "measurement") == [(5,)]


def test_two_sources_stand_side_by_side_and_one_leaves_when_it_is_not_named(
    small_cdm, small_csv, tmp_path
):
    landing = tmp_path / "landing"
    sources = [Source("a", str(small_cdm)), Source("b", str(small_csv))]
    land(sources, landing, lambda line: None)
    with warehouse.scratch() as connection:
        counts = warehouse.rows(
            connection,
            f"select source_name, count(*) from read_parquet('{landing}/person/**/*.parquet', "
            "hive_partitioning = true) group by 1 order by 1",
        )
    assert counts == [("a", 3), ("b", 3)]
    land(sources[:1], landing, lambda line: None)
    assert landed(landing, "person", "distinct source_name") == [("a",)]


def test_a_name_before_the_equals_sign_names_the_source():
    assert parse_source("a=/data/x") == Source("a", "/data/x")
    assert parse_source("/data/x") == Source("cdm", "/data/x")
    assert parse_source("postgresql://me@host/db?sslmode=require").name == "cdm"


def test_an_unreadable_cell_is_emptied_and_an_unreadable_row_set_aside(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace("2.5", "two and a half")
    lines[4] = lines[4].replace("2020-01-05", "the fifth of January")
    path.write_text("\n".join(lines))
    said = []
    landing = land_one(small_csv, tmp_path, said)
    assert landed(landing, "measurement", "count(*), count(value_as_number)") == [(11, 10)]
    what = "row_number, column_names, action"
    assert sorted(landed(landing, "rows_set_aside", what)) == [
        (2, "value_as_number", "cell emptied"),
        (4, "measurement_date", "row set aside"),
    ]
    assert any("1 rows set aside and 1 cells emptied" in line for line in said)
    assert not any("two and a half" in line for line in said)


def sentence(folder, tmp_path):
    with pytest.raises(SourceError) as failure:
        land_one(folder, tmp_path)
    text = str(failure.value)
    assert "\n" not in text
    return text


def test_a_missing_folder_is_named(tmp_path):
    assert "no folder" in sentence(tmp_path / "nowhere", tmp_path)


def test_a_folder_without_persons_is_no_source(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "neither a person table" in sentence(tmp_path / "empty", tmp_path)


def test_an_empty_file_is_named(small_cdm, tmp_path):
    (small_cdm / "death.parquet").touch()
    assert "death.parquet is empty" in sentence(small_cdm, tmp_path)


def test_text_named_parquet_is_refused(small_cdm, tmp_path):
    (small_cdm / "death.parquet").write_text("person_id,death_date\n1,2020-01-01\n")
    assert "death.parquet is not Parquet" in sentence(small_cdm, tmp_path)


def test_a_truncated_parquet_file_is_refused(small_cdm, tmp_path):
    path = small_cdm / "measurement.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert "measurement.parquet is cut off" in sentence(small_cdm, tmp_path)


def test_a_column_of_the_wrong_type_names_file_table_column_and_row(small_cdm, tmp_path, write):
    write(
        PERSON.replace("1950", "'fifty'").replace("1960", "'sixty'").replace("1945", "'x'"),
        small_cdm / "person.parquet",
    )
    text = sentence(small_cdm, tmp_path)
    for part in ("person.parquet", "table person", "column year_of_birth", "row 1", "whole number"):
        assert part in text
    assert "fifty" not in text


def test_a_nested_column_is_refused(small_cdm, tmp_path, write):
    write(
        f"select * replace ([1950] as year_of_birth) from ({PERSON})", small_cdm / "person.parquet"
    )
    assert "column year_of_birth is of type" in sentence(small_cdm, tmp_path)


def test_a_missing_key_column_is_named(small_cdm, tmp_path, write):
    write(f"select * exclude (person_id) from ({MEASUREMENT})", small_cdm / "measurement.parquet")
    assert "measurement has no column person_id" in sentence(small_cdm, tmp_path)


def test_a_row_with_too_many_cells_is_named(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    lines = path.read_text().splitlines()
    lines[3] += ",more,and,more"
    path.write_text("\n".join(lines))
    text = sentence(small_csv, tmp_path)
    assert "measurement.csv" in text
    assert "line 4" in text


def test_a_header_alone_is_an_empty_table(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert landed(land_one(small_csv, tmp_path), "measurement") == [(0,)]


def test_the_same_table_in_two_forms_is_refused(small_cdm, tmp_path, write):
    write(PERSON, small_cdm / "PERSON.csv", "format csv, header")
    assert "person is there twice" in sentence(small_cdm, tmp_path)


def test_latin_1_text_is_refused_with_its_file(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    path.write_bytes(path.read_bytes().replace(b"g/dL", b"\xb5g"))
    text = sentence(small_csv, tmp_path)
    assert "measurement.csv" in text
    assert "UTF-8" in text


def test_a_file_that_may_not_be_read_is_named(small_cdm, tmp_path, monkeypatch):
    path = small_cdm / "measurement.parquet"
    path.chmod(0)
    if os.geteuid() == 0:  # root may read every file: refuse as the system would
        opened = Path.open

        def refused(self, *arguments, **options):
            if self == path:
                raise PermissionError(13, "Permission denied", str(self))
            return opened(self, *arguments, **options)

        monkeypatch.setattr(Path, "open", refused)
    assert "measurement.parquet may not be read" in sentence(small_cdm, tmp_path)
