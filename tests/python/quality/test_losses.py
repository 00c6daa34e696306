"""No large loss behind a warning, and nothing absent taken for empty (issue 15, kinds 5 to 8)."""

import pytest
from spoilt_cdm import rows, write_cdm
from typer.testing import CliRunner

from myelomart import cli, warehouse
from myelomart.quality import door
from myelomart.sources.landing import Source, land


def spoilt(tmp_path, table, change, people=12):
    """The checks of a CDM of which each row of ``table`` is what ``change`` makes of it."""
    found = rows(people)
    lines = [change(number, line) for number, line in enumerate(found[table])]
    found[table] = [line for line in lines if line is not None]
    write_cdm(tmp_path / "cdm", found)
    manifest = land([Source("cdm", str(tmp_path / "cdm"))], tmp_path / "landing", lambda line: None)
    return {one["id"]: one for one in door.check(tmp_path / "landing", manifest)["checks"]}


def test_half_a_table_in_another_form_of_dates_blocks_and_says_whom_it_touches(tmp_path):
    found = spoilt(
        tmp_path,
        "drug_exposure",
        lambda n, line: line.replace("2018-03-", "03/2018/") if n < 40 else line,
    )
    one = found["drug_exposure__rows_are_unreadable"]
    assert one["status"] == "blocking"
    assert (one["counted"], one["failing"]) == (120, 16)
    assert (one["persons"], one["myeloma_persons"]) == (4, 4)
    assert "99/9999/99" in one["detail"]


def shifted_cdm(folder):
    """The dates of everybody lie 150 years ahead, but for the release of the source."""
    found = rows()
    found = {
        table: [line.replace(",20", ",21") for line in lines] for table, lines in found.items()
    }
    write_cdm(folder, found)
    (folder / "cdm_source.csv").write_text(
        "cdm_source_name,source_release_date,cdm_release_date\ns,2023-01-01,2023-01-01\n"
    )
    return folder


@pytest.mark.parametrize("shifted", [None, "person", "site"])
def test_dates_that_are_declared_to_be_shifted_are_possible(tmp_path, shifted):
    source = Source("cdm", str(shifted_cdm(tmp_path / "cdm")), dates_shifted=shifted)
    manifest = land([source], tmp_path / "landing", lambda line: None)
    result = door.check(tmp_path / "landing", manifest)
    impossible = [
        one["id"]
        for one in result["checks"]
        if one["id"].endswith(("date_is_impossible", "release_is_older_than_records"))
        and one["status"] in ("blocking", "warning")
    ]
    assert (impossible == []) == (shifted is not None)
    with warehouse.scratch() as connection:
        [(doses,)] = warehouse.rows(
            connection, f"select count(*) from '{tmp_path}/landing/drug_exposure/**/*.parquet'"
        )
    assert doses == (120 if shifted else 0)


def test_a_drug_before_its_launch_is_no_finding_where_dates_are_shifted(tmp_path):
    found = rows()
    found["drug_exposure"] = [
        line.replace(",20", ",19") for line in found["drug_exposure"]
    ]  # 1918, before bortezomib
    write_cdm(tmp_path / "cdm", found)
    failing = {}
    for shifted in (None, "person"):
        source = Source("cdm", str(tmp_path / "cdm"), dates_shifted=shifted)
        manifest = land([source], tmp_path / str(shifted), lambda line: None)
        checks = {one["id"]: one for one in door.check(tmp_path / str(shifted), manifest)["checks"]}
        name = "drug_exposure__drug_exposure_start_date__drug_is_before_its_launch"
        failing[shifted] = checks[name]["failing"] if name in checks else 0
    assert failing == {None: 120, "person": 0}


def test_two_rows_in_a_hundred_of_people_with_myeloma_block_though_few_of_all_rows(tmp_path):
    others = [line.replace(",1336825,", ",1112807,") for line in rows(60)["drug_exposure"][120:]]
    found = rows(12)
    extra = rows(60)
    found["person"] = extra["person"]
    found["drug_exposure"] += others  # 48 people without myeloma: 480 rows more
    found["drug_exposure"][:2] = [
        line.replace(",2018-", ",1800-", 1) for line in found["drug_exposure"][:2]
    ]
    write_cdm(tmp_path / "cdm", found)
    manifest = land([Source("cdm", str(tmp_path / "cdm"))], tmp_path / "landing", lambda line: None)
    checks = {one["id"]: one for one in door.check(tmp_path / "landing", manifest)["checks"]}
    one = checks["drug_exposure__drug_exposure_start_date__date_is_impossible"]
    assert one["share"] == pytest.approx(2 / 600, abs=1e-6)
    assert one["myeloma_share"] == pytest.approx(2 / 120, abs=1e-6)
    assert one["status"] == "blocking"
    assert (one["persons"], one["myeloma_persons"]) == (1, 1)


def test_one_impossible_date_in_a_thousand_is_a_warning(tmp_path):
    found = spoilt(
        tmp_path,
        "drug_exposure",
        lambda n, line: line.replace(",2018-", ",1800-", 1) if n == 0 else line,
        people=150,
    )
    assert found["drug_exposure__drug_exposure_start_date__date_is_impossible"]["status"] == (
        "warning"
    )


def test_equal_rows_of_one_key_are_dropped_and_rows_that_differ_keep_both(tmp_path):
    def doubled(number, line):
        if number == 0:
            return f"{line}\n{line}"  # a repeat
        return line.replace("102,", "101,", 1) if number == 2 else line  # a collision

    found = spoilt(tmp_path, "drug_exposure", doubled)
    assert found["drug_exposure__drug_exposure_id__row_is_repeated"]["failing"] == 1
    shared = found["drug_exposure__drug_exposure_id__key_is_shared"]
    assert (shared["status"], shared["failing"]) == ("warning", 1)
    with warehouse.scratch() as connection:
        landed = warehouse.rows(
            connection,
            "select count(*), count(distinct drug_exposure_id), min(drug_exposure_id) < 0 "
            f"from '{tmp_path}/landing/drug_exposure/**/*.parquet'",
        )
    assert landed == [(120, 120, True)]


def test_new_ids_are_the_same_in_every_run(tmp_path):
    ids = []
    for run in ("a", "b"):
        spoilt(
            tmp_path / run,
            "drug_exposure",
            lambda n, line: line.replace("102,", "101,", 1) if n == 2 else line,
        )
        with warehouse.scratch() as connection:
            files = f"'{tmp_path}/{run}/landing/drug_exposure/**/*.parquet'"
            ids.append(
                warehouse.rows(connection, f"select drug_exposure_id from {files} order by 1")
            )
    assert ids[0] == ids[1]


def test_two_people_of_one_id_block(tmp_path):
    found = spoilt(tmp_path, "person", lambda n, line: "1,8507,1951,8527,0" if n == 1 else line)
    assert found["person__person_id__key_is_shared"]["status"] == "blocking"


def test_no_antimyeloma_drug_among_people_with_myeloma_blocks(tmp_path):
    found = spoilt(
        tmp_path,
        "drug_exposure",
        lambda n, line: line.replace("1336825", "1112807").replace("bortezomib", "aspirin"),
    )
    one = found["person__myeloma_is_untreated"]
    assert (one["status"], one["counted"], one["failing"]) == ("blocking", 12, 12)


def test_drugs_below_the_ingredient_without_a_vocabulary_block(tmp_path):
    found = spoilt(
        tmp_path,
        "drug_exposure",
        # a capsule of a concept that only a vocabulary ties to its ingredient, and a local code
        lambda n, line: line.replace("1336825", "40231925").replace("bortezomib", "L25"),
        people=2,
    )
    one = found["concept__vocabulary_is_needed"]
    assert (one["status"], one["failing"]) == ("blocking", 20)
    assert found["drug_exposure__records_are_not_recognised"]["status"] == "blocking"


def test_a_release_date_before_the_records_is_told_with_both_days_and_cuts_nothing(tmp_path):
    write_cdm(tmp_path / "cdm", rows())
    (tmp_path / "cdm" / "cdm_source.csv").write_text(
        "cdm_source_name,source_release_date,cdm_release_date\nx,2018-04-01,2018-04-02\n"
    )
    manifest = land([Source("cdm", str(tmp_path / "cdm"))], tmp_path / "landing", lambda line: None)
    result = door.check(tmp_path / "landing", manifest)
    found = {one["id"]: one for one in result["checks"]}
    one = found["cdm_source__cdm_release_date__release_is_older_than_records"]
    assert one["status"] == "warning"
    assert one["detail"] == "released 2018-04-02, records until 2018-07-01"
    assert result["rows_set_aside"] == []
    source = result["sources"][0]
    assert (source["release_date"], source["last_record_date"]) == ("2018-04-02", "2018-07-01")
    assert (source["persons"], source["persons_with_myeloma"]) == (12, 12)


FORMS = ["ICD10CM:C90.00", "|C90.00|", "C9000", "9732/3", "9732/3-C42.1", "c90.00^Multiple myeloma"]


@pytest.mark.parametrize("form", FORMS)
def test_a_myeloma_code_is_recognised_in_every_form(tmp_path, form):
    found = spoilt(
        tmp_path, "condition_occurrence", lambda n, line: line.replace("C90.00", form), people=2
    )
    assert found["person__columns_are_missing"]["counted"]
    assert "condition_occurrence__myeloma_is_mostly_not_recognised" in found
    assert found["condition_occurrence__myeloma_is_mostly_not_recognised"]["failing"] == 0
    assert found["condition_occurrence__records_are_not_recognised"]["counted"] == 4


def test_diagnoses_that_name_myeloma_and_are_not_recognised_block(tmp_path):
    found = spoilt(
        tmp_path, "condition_occurrence", lambda n, line: line.replace("C90.00", "KIND OF MYELOMA")
    )
    one = found["condition_occurrence__myeloma_is_mostly_not_recognised"]
    assert (one["status"], one["failing"], one["persons"]) == ("blocking", 24, 12)


def test_a_result_that_stays_unread_is_counted(tmp_path):
    texts = ["3.0 g/dL", "1.0 L", "2.40 (H)", "1,2", "2 of 5"]
    found = spoilt(
        tmp_path,
        "measurement",
        lambda n, line: ",".join(
            cell if place not in (5, 8) else ("" if place == 5 else f'"{texts[n % 5]}"')
            for place, cell in enumerate(line.split(","))
        ),
    )
    one = found["measurement__value_source_value__result_text_is_unread"]
    assert (one["status"], one["counted"], one["failing"]) == ("warning", 60, 24)


@pytest.mark.parametrize("spelling", ["g/L", "G/L", "grams per litre", "g / l"])
def test_a_value_is_judged_in_its_unit_however_the_unit_is_spelt(tmp_path, spelling):
    def in_text(number, line):
        value = "80" if number else "800"  # above 15 g/dL
        return ",".join([*line.split(",")[:5], value, "0", spelling, "", "1"])

    found = spoilt(tmp_path, "measurement", in_text)
    limits = found["measurement__value_as_number__value_is_beyond_hard_limits"]
    assert (limits["counted"], limits["failing"]) == (60, 1)
    assert found["measurement__units_are_mixed"]["failing"] == 0


def test_two_spellings_of_a_unit_are_one_and_two_units_are_mixed(tmp_path):
    def spelt(unit):
        return lambda n, line: line.replace("8713,g/dL", f"0,{unit}" if n % 2 else "8713,g/dL")

    one = spoilt(tmp_path / "a", "measurement", spelt("G / DL"))["measurement__units_are_mixed"]
    two = spoilt(tmp_path / "b", "measurement", spelt("mg/dL"))["measurement__units_are_mixed"]
    assert (one["failing"], two["failing"]) == (0, 1)


def test_a_death_without_a_day_stays_and_an_impossible_one_is_emptied(tmp_path):
    write = rows()
    write["death"] = ["1,,32817", "2,2022-06-01,32817", "3,2093-06-01,32817"]
    write_cdm(tmp_path / "cdm", write)
    manifest = land([Source("cdm", str(tmp_path / "cdm"))], tmp_path / "landing", lambda line: None)
    found = {one["id"]: one for one in door.check(tmp_path / "landing", manifest)["checks"]}
    assert found["death__death_date__date_is_missing"]["failing"] >= 1
    with warehouse.scratch() as connection:
        landed = warehouse.rows(
            connection,
            "select person_id, cast(death_date as varchar) "
            f"from '{tmp_path}/landing/death/**/*.parquet' order by 1",
        )
    assert landed == [(1, None), (2, "2022-06-01"), (3, None)]


def test_a_source_without_myeloma_says_so_and_is_not_blocked(tmp_path):
    found = rows()
    found["condition_occurrence"] = [
        line.replace("C90.00", "I10") for line in found["condition_occurrence"]
    ]
    write_cdm(tmp_path / "cdm", found)
    arguments = ["check", "--source", str(tmp_path / "cdm"), "--out", str(tmp_path)]
    told = CliRunner().invoke(cli.app, [*arguments, "--db", str(tmp_path / "x.duckdb")])
    assert told.exit_code == 0
    assert "0 patients with myeloma" in told.output
