"""TriNetX exports with the dirt that public readers of real ones report."""

import pytest

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.quality import door
from myelomart.sources.landing import Source, land

PATIENT = (
    '"patient_id","sex","race","ethnicity","year_of_birth","month_year_death","source_id"\n'
    '"p1","F","White","Unknown","1950","202103","EHR"\n'
    '"p2","M","Asian","Unknown","1944",,"EHR"\n'
)
LABS = '"patient_id","encounter_id","code_system","code","date","lab_result_num_val"\n'


@pytest.fixture
def export(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "patient.csv").write_text(PATIENT)
    (folder / "lab_result.csv").write_text(LABS + '"p1","e1","LOINC","718-7","20200131","10.5"\n')
    return folder


def landed(folder, tmp_path, table, what="count(*)", said=None):
    landing = tmp_path / "landing"
    say = (lambda line: None) if said is None else said.append
    land([Source("cdm", str(folder))], landing, say)
    with warehouse.scratch() as connection:
        return warehouse.rows(connection, f"select {what} from '{landing}/{table}/**/*.parquet'")


def test_an_export_is_recognised_and_said_to_be_one(export, tmp_path):
    said = []
    what = "count(*), any_value(units_of_measure)"  # an older layout has no units
    assert landed(export, tmp_path, "trinetx_lab_result", what, said) == [(1, None)]
    assert any("TriNetX export" in line for line in said)


def test_dates_and_times_are_read(export, tmp_path):
    rows = '"p1",,"LOINC","718-7","20200131235959","1"\n"p1",,"LOINC","718-7",,"2"\n'
    (export / "lab_result.csv").write_text(LABS + rows)
    what = "date::varchar, encounter_id, row_id"
    assert landed(export, tmp_path, "trinetx_lab_result", what) == [
        ("2020-01-31", None, 1),
        (None, None, 2),
    ]


def test_split_and_renamed_files_are_one_table(export, tmp_path):
    row = '"p1","e1","LOINC","718-7","20200131","10.5"\n'
    (export / "lab_result.csv").unlink()
    (export / "lab_results0001.csv").write_text(LABS + row)
    (export / "lab_results0002.csv").write_text(LABS + row * 2)
    (export / "lab_result (1).csv").write_text(LABS + row * 3)
    what = "count(*), count(distinct row_id)"
    assert landed(export, tmp_path, "trinetx_lab_result", what) == [(6, 6)]


def test_a_table_of_an_export_under_another_name_stops_the_landing(export, tmp_path):
    (export / "lab_results_backup.csv").write_text(LABS + '"p1","e1","LOINC","718-7",,"1"\n')
    with pytest.raises(SourceError, match="holds rows of the table trinetx_lab_result"):
        landed(export, tmp_path, "trinetx_lab_result")


def test_files_of_an_export_that_no_model_reads_are_named(export, tmp_path):
    (export / "patient_cohort.csv").write_text('"patient_id"\n"p1"\n')
    said = []
    landed(export, tmp_path, "trinetx_patient", said=said)
    assert any("patient_cohort.csv (a table that no model reads)" in line for line in said)


def test_a_layout_without_encounters_and_sources_is_read(export, tmp_path):
    (export / "diagnosis.csv").write_text(
        '"patient_id","code_system","code","date"\n"p1","ICD-10-CM","C90.00","20190115"\n'
    )
    what = "code, encounter_id, source_id"
    assert landed(export, tmp_path, "trinetx_diagnosis", what) == [("C90.00", None, None)]


def test_the_oncology_files_are_read_and_unknown_columns_land_as_properties(export, tmp_path):
    (export / "genomic.csv").write_text(
        '"patient_id","code_system","code","test_date"\n"p1","HGNC","TP53","20200102"\n'
    )
    (export / "chemo_lines.csv").write_text(
        '"patient_id","start_date","line","derived_by_TriNetX","source_id"\n'
        '"p1","20200103","2","T","TriNetX"\n'
    )
    (export / "tumor_properties.csv").write_text(
        '"patient_id","observation_date","Grade","Margin","derived_by_TriNetX","source_id"\n'
        '"p1","20200104","G2",,"F","EHR"\n"p2",,"G1","free","F","EHR"\n'
    )
    (export / "oncology_treatment.csv").write_text(
        '"patient_id","oncology_treatment_start_date","modality"\n"p1","20200105","radiation"\n'
    )
    what = "patient_id, code, test_date::varchar"
    assert landed(export, tmp_path, "trinetx_genomic", what) == [("p1", "TP53", "2020-01-02")]
    what = "patient_id, line, start_date::varchar"
    assert landed(export, tmp_path, "trinetx_chemo_lines", what) == [("p1", 2, "2020-01-03")]
    what = "patient_id, property_date::varchar, property, property_value"
    assert sorted(landed(export, tmp_path, "trinetx_tumor_properties", what)) == [
        ("p1", "2020-01-04", "grade", "G2"),
        ("p2", None, "grade", "G1"),
        ("p2", None, "margin", "free"),
    ]
    assert landed(export, tmp_path, "trinetx_oncology_treatment", what) == [
        ("p1", "2020-01-05", "modality", "radiation")
    ]


def test_a_date_in_another_century_and_an_event_after_death_are_found_at_the_door(export, tmp_path):
    header = '"patient_id","encounter_id","code_system","code","date"\n'
    rows = [
        '"p1","e1","ICD-10-CM","C90.00","18000101"',  # implausibly old
        '"p1","e1","ICD-10-CM","C90.00","20210830"',  # months after the month of death
        '"p2",,"ICD-10-CM",,"20200101"',  # blank code, no encounter
        '"p3","e1","ICD-10-CM","C90.00","20200101"',  # a person who is not there
    ]
    (export / "diagnosis.csv").write_text(header + "\n".join(rows) + "\n")
    landing = tmp_path / "landing"
    manifest = land([Source("cdm", str(export))], landing, lambda line: None)
    result = door.check(landing, manifest)
    found = {
        one["check"]: one["failing"]
        for one in result["checks"]
        if one["table"] == "trinetx_diagnosis" and one["failing"]
    }
    assert found == {
        "person_is_unknown": 1,
        "date_is_impossible": 1,
        "date_is_before_birth": 1,
        "event_is_after_death": 1,
        "code_is_missing": 1,
        "visit_is_missing": 1,
        "columns_are_missing": 5,  # what only other layouts have
    }
    assert result["rows_set_aside"] == [{"source": "cdm", "table": "trinetx_diagnosis", "rows": 2}]


def test_a_control_character_at_the_end_is_no_row(export, tmp_path):
    with (export / "patient.csv").open("ab") as handle:
        handle.write(b"\x1a")
    assert landed(export, tmp_path, "trinetx_patient") == [(2,)]


def test_a_file_without_its_header_is_named(export, tmp_path):
    (export / "patient.csv").write_text(PATIENT.split("\n", 1)[1])
    with pytest.raises(SourceError) as failure:
        landed(export, tmp_path, "trinetx_patient")
    assert "patient.csv" in str(failure.value)
    assert "header is missing" in str(failure.value)
    assert "p1" not in str(failure.value).replace(str(export), "")


def test_the_format_can_be_forced_and_is_asked_for_when_both_are_there(export, tmp_path):
    (export / "person.csv").write_text("person_id,gender_concept_id,year_of_birth\n1,8507,1950\n")
    with pytest.raises(SourceError, match="--format"):
        land([Source("cdm", str(export))], tmp_path / "landing", lambda line: None)
    source = Source("cdm", str(export), "trinetx")
    manifest = land([source], tmp_path / "landing", lambda line: None)
    assert manifest["sources"][0]["format"] == "TriNetX export"
