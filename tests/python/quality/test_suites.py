"""A site's own Great Expectations suites run over what comes in."""

import json
import re
import subprocess
import sys

import pytest
from spoilt_cdm import rows, write_cdm

from myelomart.errors import QualityError
from myelomart.quality import door
from myelomart.sources.landing import Source, land


def suite(*expectations, name="measurement.ours", meta=None):
    return json.dumps({"name": name, "meta": meta or {}, "expectations": list(expectations)})


def one(kind, severity="critical", **kwargs):
    return {"type": kind, "kwargs": kwargs, "severity": severity}


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    """Twelve people with myeloma, and one without who has a single result of 900."""
    folder = tmp_path_factory.mktemp("suites")
    found = rows()
    found["person"].append("13,8507,1950,8527,38003564")
    found["measurement"].append("9999,13,3046299,2018-03-01,32817,900,8713,g/dL,,")
    write_cdm(folder / "cdm", found)
    source = [Source("cdm", str(folder / "cdm"))]
    return folder / "landing", land(source, folder / "landing", lambda line: None)


def judged(landed, tmp_path, text):
    landing, manifest = landed
    (tmp_path / "suites").mkdir(exist_ok=True)
    (tmp_path / "suites" / "ours.json").write_text(text)
    result = door.check(landing, manifest, suites=tmp_path / "suites")
    return [one for one in result["checks"] if one["changed_by"] == "ours.json"], result


def test_expectations_of_every_kind_are_judged_on_people_with_myeloma(landed, tmp_path):
    found, result = judged(
        landed,
        tmp_path,
        suite(
            one("expect_column_values_to_not_be_null", column="unit_concept_id", mostly=0.9),
            one("expect_column_values_to_be_between", column="value_as_number", max_value=2.3),
            one("expect_column_values_to_be_between", "warning", column="measurement_date",
                min_value="2018-01-01", max_value="2018-12-31"),
            one("expect_column_max_to_be_between", column="value_as_number", max_value=100),
            one("expect_column_quantile_values_to_be_between", column="value_as_number",
                quantile_ranges={"quantiles": [0.5], "value_ranges": [[2, 3]]}),
            one("expect_column_pair_values_to_be_equal", "info", column_A="person_id",
                column_B="measurement_id"),
            one("expect_table_row_count_to_equal", value=60),
            one("expect_table_columns_to_match_set", column_set=["person_id"], exact_match=False),
            one("unexpected_rows_expectation",
                unexpected_rows_query="SELECT * FROM {batch} WHERE value_as_number < 2.15"),
        ),
    )  # fmt: skip
    status = {int(one["id"].rpartition("__")[2]): one for one in found}
    assert [status[n]["status"] for n in range(1, 10)] == [
        "passed", "blocking", "passed", "passed", "passed", "noted", "passed", "passed", "blocking",
    ]  # fmt: skip
    assert (status[2]["counted"], status[2]["failing"]) == (60, 24)
    assert (status[9]["counted"], status[9]["failing"]) == (60, 12)
    assert status[2]["check"] == "not_met: expect_column_values_to_be_between"
    assert result["summary"]["blocking"] == 2


def test_all_rows_are_judged_where_the_suite_says_so(landed, tmp_path):
    text = suite(
        one("expect_column_max_to_be_between", column="value_as_number", max_value=100),
        meta={"rows": "all"},
    )
    (found,), _ = judged(landed, tmp_path, text)
    assert (found["status"], found["detail"]) == ("blocking", "observed 900.0")


def test_the_form_of_earlier_versions_is_read_and_the_table_may_stand_in_meta(landed, tmp_path):
    text = json.dumps({
        "expectation_suite_name": "our units",
        "meta": {"table": "measurement"},
        "expectations": [
            {"expectation_type": "expect_column_values_to_not_be_null",
             "kwargs": {"column": "value_source_value"}},
        ],
    })  # fmt: skip
    (found,), _ = judged(landed, tmp_path, text)
    assert (found["table"], found["status"], found["failing"]) == ("measurement", "blocking", 60)


def test_no_value_of_a_row_is_kept(landed, tmp_path):
    expected = one("expect_column_values_to_be_in_set", column="unit_source_value", value_set=["x"])
    _, result = judged(landed, tmp_path, suite(expected))
    told = (landed[0] / "expectations.json").read_text()
    for kept in (told, json.dumps(result)):
        assert "partial_unexpected" not in kept
        assert "g/dL" not in kept


def test_an_expectation_that_cannot_be_judged_fails_and_says_why(landed, tmp_path):
    expected = one("expect_column_values_to_match_regex", column="value_as_number", regex="^1")
    (found,), _ = judged(landed, tmp_path, suite(expected))
    assert found["status"] == "blocking"


WRONG = {
    "{": "is not a suite of Great Expectations",
    suite(name="ours"): "is about no table",
    suite(meta={"rows": "some"}): "meta.rows is «some»",
    suite(one("expect_column_values_to_not_be_null", column="age")): "has no column «age»",
    suite(one("expect_the_best", column="person_id")): "Great Expectations does not take it",
    suite(one("expect_table_row_count_to_equal", "grave", value=1)): "severity is «grave»",
    suite(
        one("unexpected_rows_expectation", unexpected_rows_query="drop table span")
    ): "one SELECT",
    suite(one("unexpected_rows_expectation", unexpected_rows_query="select x from {batch}")): (
        "its SQL cannot be run"
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_suite_that_cannot_be_used_is_refused_by_name(landed, tmp_path, text):
    with pytest.raises(QualityError, match=re.escape(WRONG[text])):
        judged(landed, tmp_path, text)


def test_great_expectations_is_imported_only_when_a_suite_asks():
    code = "import sys; import myelomart.cli, myelomart.quality.door; import myelomart.quality."
    code += "expectations; print('great_expectations' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
