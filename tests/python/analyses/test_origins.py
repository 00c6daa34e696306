"""Where a number comes from is what was read while it was made, not what somebody wrote down."""

from dataclasses import replace

import pandas as pd
import pytest
from small_study import COHORT, analysis

from myelomart.report.sections import section
from myelomart.running import run_study
from myelomart.study_data import StudyData

STEP = {"cohort_id": COHORT, "kind": "include", "label": "Relapsed", "step": 1,
        "persons_before": 15, "persons_excluded": 3, "persons_unknown": 0,
        "persons_after": 12}  # fmt: skip
MEMBERS = ("study_population", "study_covariates")
WANTED = {
    "flow": ("attrition", {}, ("study_attrition",)),
    "flow_known": ("attrition", {"row_groups": "Response"}, (*MEMBERS, "study_attrition")),
    "lines": ("line_table", {}, (*MEMBERS, "study_lines", "study_category_order")),
    "lanes": (
        "swimmer", {"endpoint_ids": "os"},
        (*MEMBERS, "study_endpoints", "study_lines", "study_category_order"),
    ),
    "table": ("cohort_table", {"row_groups": "Disease"}, (*MEMBERS, "study_category_order")),
    "yes_or_no_alone": ("cohort_table", {"row_groups": "EMD"}, MEMBERS),
    "curves": ("survival", {"endpoint_ids": "os"}, (*MEMBERS, "study_endpoints")),
}  # fmt: skip


@pytest.fixture
def ran(study, data):
    data.rows |= {
        "attrition": pd.DataFrame([STEP]), "warnings": pd.DataFrame({"warning": ["none"]}),
        "published": pd.DataFrame({"analysis_id": ["nobody"], "statistic": ["percent"]}),
    }  # fmt: skip
    rows = [
        replace(analysis(kind, **options), analysis_id=name)
        for name, (kind, options, _) in WANTED.items()
    ]
    whole = replace(study, analyses=tuple(rows))
    return whole, data, run_study(whole, data)


@pytest.mark.parametrize("name", WANTED)
def test_what_was_read_is_noted_of_each_analysis(ran, name):
    _, _, results = ran
    assert results.missing == {}
    assert results.read[name] == WANTED[name][2]


def test_the_page_prints_what_was_read(ran):
    study, data, results = ran
    for one in study.analyses:
        shown = section(study, one, results, data)
        assert shown.models == WANTED[one.analysis_id][2]
        # published numbers are the last that an origin lists
        assert shown.printed_models == (*shown.models, "study_published")


def test_what_is_made_once_is_noted_every_time():
    data = StudyData(population=pd.DataFrame({"person_id": [1]}))
    for _ in range(2):
        with data.noting() as read:
            assert data.once("size", lambda: len(data.population)) == 1
        assert read == {"study_population"}


def test_a_block_within_a_block_tells_both_and_ends_alone():
    data = StudyData()
    with data.noting() as outer:
        with data.noting() as inner:
            assert data.lines.empty
        assert data.levels.empty
    assert data.strata.empty  # nobody notes
    assert inner == {"study_lines"}
    assert outer == {"study_lines", "study_category_order"}


def test_a_changed_study_makes_its_own_comparisons():
    data = StudyData(population=pd.DataFrame({"person_id": [1, 2]}))
    assert data.once("size", lambda: len(data.population)) == 2
    fewer = data.each(lambda rows: rows.head(1))
    assert fewer.once("size", lambda: len(fewer.population)) == 1


def test_a_table_that_no_study_has_is_refused():
    with pytest.raises(TypeError, match="a study has no table patients"):
        StudyData(patients=pd.DataFrame())
