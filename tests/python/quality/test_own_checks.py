"""The shipped rows keep the law of the door, and a site changes and adds rows of its own."""

import re

import pytest
from spoilt_cdm import rows, write_cdm

from myelomart.errors import QualityError
from myelomart.quality import door
from myelomart.quality.checks import BLOCKING, KEPT, RENUMBERED, checks_in_force, shipped_checks
from myelomart.quality.relations import MAKERS
from myelomart.sources.landing import Source, land

IS_WRONG = re.compile(r"_(is|are|disagree|contradict)\b|_(is|are|disagree|contradict)_|disagree")


def checked(folder, tmp_path, own=None):
    manifest = land([Source("cdm", str(folder))], tmp_path / "landing", lambda line: None)
    result = door.check(tmp_path / "landing", manifest, own)
    return {one["id"]: one for one in result["checks"]}


def own_checks(tmp_path, text):
    folder = tmp_path / "own"
    folder.mkdir(exist_ok=True)
    (folder / "ours.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def cdm(tmp_path_factory):
    return write_cdm(tmp_path_factory.mktemp("cdm") / "cdm", rows())


def test_a_check_that_loses_rows_blocks_at_5_in_100_and_at_1_in_100_of_people_with_myeloma():
    lossy = [one for one in shipped_checks() if one.failing_rows not in (KEPT, RENUMBERED)]
    assert len(lossy) > 50
    for one in lossy:
        if one.check_name == "row_is_repeated":  # the row stays once: nothing is lost
            continue
        assert one.severity == BLOCKING, one.check_id
        assert one.threshold <= 0.05, one.check_id
        assert one.threshold_myeloma is not None, one.check_id
        assert one.threshold_myeloma <= 0.01, one.check_id


def test_every_row_has_an_id_of_its_own_and_says_what_is_wrong_and_what_to_do():
    checks = shipped_checks()
    assert len({one.check_id for one in checks}) == len(checks)
    for one in checks:
        assert IS_WRONG.search(one.check_name), one.check_name
        assert one.meaning.endswith("."), one.check_id
        assert one.what_to_do.endswith("."), one.check_id
        assert one.rows_from in {"", *MAKERS}, one.check_id


def test_a_site_changes_one_cell_of_a_check_and_of_all_that_a_pattern_names(cdm, tmp_path):
    before = checked(cdm, tmp_path / "before")
    assert before["measurement__columns_are_missing"]["status"] == "noted"
    assert before["concept__vocabulary_is_missing"]["status"] == "warning"
    own = own_checks(
        tmp_path,
        "check_id,threshold,severity\n"
        "*__columns_are_missing,0.1,\n"
        "concept__vocabulary_is_missing,,blocking\n"
        "procedure_occurrence__table_is_missing,,off\n",
    )
    after = checked(cdm, tmp_path / "after", own)
    assert after["measurement__columns_are_missing"]["status"] == "warning"
    assert after["measurement__columns_are_missing"]["changed_by"] == "ours.csv"
    assert after["concept__vocabulary_is_missing"]["status"] == "blocking"
    assert "procedure_occurrence__table_is_missing" not in after
    # what the row did not give is as it was
    assert (
        after["measurement__columns_are_missing"]["meaning"]
        == (before["measurement__columns_are_missing"]["meaning"])
    )


def test_a_site_adds_a_condition_and_an_expectation_of_its_own(cdm, tmp_path):
    own = own_checks(
        tmp_path,
        "check_id,table_name,column_name,counted,fails,expectation,threshold,severity,meaning\n"
        "m_protein_is_low,measurement,value_as_number,lab.lab = 'm_protein_serum',"
        'event.value_as_number < 2.2,,0.1,blocking,"Low, at our site."\n'
        "unit_is_odd,measurement,unit_source_value,,,"
        '"{""type"": ""expect_column_values_to_be_in_set"", ""kwargs"": '
        '{""column"": ""unit_source_value"", ""value_set"": [""g/L""]}}",0,warning,Odd.\n',
    )
    found = checked(cdm, tmp_path, own)
    low = found["m_protein_is_low"]
    assert (low["status"], low["counted"], low["failing"]) == ("blocking", 60, 12)
    assert (low["persons"], low["myeloma_persons"]) == (12, 12)
    odd = found["unit_is_odd"]
    assert (odd["status"], odd["counted"], odd["failing"]) == ("warning", 60, 60)


WRONG = {
    "check_id,treshold\nx,1\n": "does not know the column treshold",
    "threshold\n1\n": "needs check_id",
    "check_id,threshold\nperson__columns_are_missing,5\n": "line 2: threshold is «5», not a share",
    "check_id,severity\nperson__columns_are_missing,bad\n": "severity is «bad»; known are blocking",
    "check_id,severity\n*__no_such_check,off\n": "line 2: no check is called *__no_such_check",
    "check_id,table_name,fails\nx,persons,true\n": "there is no table «persons»",
    "check_id,table_name,column_name,fails\nx,person,age,true\n": "has no column «age»",
    "check_id,table_name\nx,person\n": "give a condition in fails, or an expectation",
    "check_id,table_name,expectation\nx,person,{\n": "the expectation is not JSON",
    "check_id,table_name,fails\nx,person,event.age > 3\n": "the check x is no condition",
    "check_id,table_name,rows_from,fails\nx,person,moons,true\n": "no relation «moons»",
    "check_id,table_name,fails\nx,person,"
    "true)) from span; select count(*) filter (where (true\n": "it is more than a condition",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_row_that_cannot_be_used_is_named_with_file_and_line(cdm, tmp_path, text):
    with pytest.raises(QualityError, match=re.escape(WRONG[text])):
        checked(cdm, tmp_path, own_checks(tmp_path, text))


def test_a_folder_without_rows_is_refused(tmp_path):
    with pytest.raises(QualityError, match="holds no CSV file"):
        checks_in_force(tmp_path)
