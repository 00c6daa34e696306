"""Cited numbers beside ours: as printed, pooled where three trials can be, with the difference."""

from dataclasses import replace

import pandas as pd
import pytest
from small_study import COVARIATES

from myelomart.analyses import evidence_summary
from myelomart.analyses.evidence_summary import OURS, OVERLAP, POOLED, PRINTED
from myelomart.meta_analysis import pool, proportions
from myelomart.study import Covariate
from myelomart.tables import miettinen_nurminen

NAMES = [
    *("row_id", "cited_study", "endpoint", "covariate_id", "endpoint_id", "statistic", "estimate"),
    *("numerator", "denominator", "pool", "pool_patients", "timepoint_months", "cohort_id"),
]
ROWS = [
    ("E1", "One", "emd", "emd_before", None, "percent", 40.0, 40, 100, "trials", None, None, None),
    ("E2", "Two", "emd", "emd_before", None, "percent", 20.0, None, None, "trials", 50, None, None),
    ("E3", "Last", "emd", "emd_before", None, "percent", 30.0, 60, 200, "trials", None, None, None),
    ("E4", "One", "os", None, "os", "median", 12.0, None, None, None, None, None, None),
    ("E5", "One", "os", None, "os", "rate_at_time", 60.0, None, None, None, None, 6.0, None),
    ("E6", "Two", "unheard of", None, None, "percent", 5.0, None, None, None, None, None, None),
    ("E7", "Two", "orr", None, None, "percent", None, None, None, None, None, None, None),
    ("E8", "Two", "os", None, None, "hazard_ratio", 0.49, None, None, None, None, None, None),
    ("E9", "Two", "os", None, "os", "median", 3.0, None, None, None, None, None, "few"),
    ("E10", "Two", "had", None, "transplant", "percent", 40.0, None, None, None, None, None, "few"),
    ("E11", "Two", "follow_up", None, "os", "median", 3.0, None, None, None, None, None, None),
]  # fmt: skip


@pytest.fixture
def results(make, study, data):
    published = pd.DataFrame(ROWS, columns=NAMES).assign(result_origin="cited", time_anchor=None)
    words = ("arm_or_group", "population", "unit", "estimate_status", "cited_status", "p_operator")
    for name in (*words, "comparator", "unanswered_reason"):
        published[name] = "reported" if name == "estimate_status" else None
    for name in ("ci_low", "ci_high", "p_value", "cited_year", "cited_max_prior_lines"):
        published[name] = float("nan")
    published["range_low"] = published["row_id"].map({"E7": 31.0})
    published["range_high"] = published["row_id"].map({"E7": 34.0})
    published.loc[published["row_id"] == "E7", ["unit", "estimate_status"]] = "%", "range_only"
    hazard_ratio = published["row_id"] == "E8"
    published.loc[hazard_ratio, ["comparator", "p_operator", "p_value"]] = "standard", "<", 0.001
    published.loc[hazard_ratio, "unanswered_reason"] = "nobody here was randomised"
    published["cited_min_prior_lines"] = published["cited_study"].map({"One": 3.0})
    published["cited_needs_triple_class"] = True
    data.rows["published"] = published
    extra = (Covariate("prior_lines", "Lines", "Before", "number", False),
             Covariate("triple_class_exposed", "Triple", "Before", "binary", False))  # fmt: skip
    object.__setattr__(study, "covariates", COVARIATES + extra)
    rows = [
        {"cohort_id": "relapsed", "person_id": person, "covariate_id": name, "value_text": None,
         "value_number": value}
        for name, values in (("prior_lines", [2] * 4 + [3] * 4 + [5] * 4),
                             ("triple_class_exposed", [1] * 7 + [0] * 4 + [None]))
        for person, value in enumerate(values, start=1)
    ]  # fmt: skip
    covariates = pd.concat([data.covariates, pd.DataFrame(rows)], ignore_index=True)
    data.rows["covariates"] = covariates
    # a second cohort: persons 1 to 3, who died after 30, 60 and 90 days
    few = replace(study.cohorts[0], cohort_id="few", label="The first three")
    object.__setattr__(study, "cohorts", (*study.cohorts, few))
    for name in ("population", "covariates", "endpoints"):
        own = data.rows[name]
        three = own[own["person_id"] <= 3].assign(cohort_id="few")
        data.rows[name] = pd.concat([own, three], ignore_index=True)
    return make(evidence_summary, "evidence_summary")


def rows(results, population):
    frame = results.estimate_frame()
    return frame[frame["population"] == population]


def test_cited_numbers_stand_as_printed(results):
    printed = rows(results, PRINTED).set_index("arm")
    assert list(printed.index) == [f"E{number}" for number in range(1, 12)]
    assert printed.loc["E2", "estimate"] == 20


def shown(results, data):
    own = results.own_rows("the_evidence_summary")
    table = evidence_summary.table(own, "Evidence", data.published)
    return {row[0].rpartition("(")[2]: row for row in table.rows if len(row) > 1}


def test_a_printed_range_is_shown_and_a_hazard_ratio_has_its_name(results, data):
    cells = shown(results, data)
    assert cells["E7)"][1] == "31–34 %"
    assert cells["E8)"][1] == "hazard ratio 0.49, p < 0.001"


def test_the_rows_of_a_study_and_arm_stand_together_then_the_pools(results, data):
    table = evidence_summary.table(results.own_rows("the_evidence_summary"), "", data.published)
    heads = [row[0] for row in table.rows if len(row) == 1]
    assert heads == ["One", "Two", "Last", "Two, against standard", "Pooled by us",
                     "Would the study have taken these patients?"]  # fmt: skip
    first = [row[0] for row in table.rows[1 : table.rows.index(["Two"])]]
    assert first == ["EMD (E1)", "OS (E4)", "OS (E5)"]


def test_what_nothing_can_stand_beside_says_why(results, data):
    assert shown(results, data)["E8)"][2] == "not answerable: nobody here was randomised"
    assert not any("cited os" in one for one in results.warnings)


def test_a_number_stands_beside_the_cohort_that_its_row_names(results, data):
    cells = shown(results, data)
    # the second of three deaths, 60 days; person 2 alone of the three was transplanted
    assert cells["E9)"][2:4] == ["The first three", "2.0 (1.0–NE)"]
    assert cells["E10)"][2:4] == ["The first three", "1 / 3 (33.3 %)"]
    # deaths and censorings change places: 8/9 after day 120, times 6/7 after 180, 4/5 after 240,
    # 3/4 after 365 is below a half
    assert cells["E11)"][3].startswith("12.0 ")


def test_a_pool_shows_how_far_its_trials_lie_apart(results, data):
    made = pool(proportions([40, 10, 60], [100, 50, 200]), method="glmm")
    pooled = next(row for name, row in shown(results, data).items() if "of known size" in row[0])
    assert pooled[1].endswith(f", I² {made.i2:.0f} %")


def test_our_share_stands_beside_with_the_difference_and_its_interval(results):
    ours = rows(results, OURS).query("arm == 'E1'").set_index("statistic")
    assert (ours.loc["percent", "numerator"], ours.loc["percent", "denominator"]) == (3, 12)
    assert ours.loc["difference", "estimate"] == pytest.approx(25 - 40)
    low, high = miettinen_nurminen(3, 12, 40, 100)
    assert ours.loc["difference", "ci_low"] == pytest.approx(100 * low)
    assert ours.loc["difference", "ci_high"] == pytest.approx(100 * high)


def test_medians_and_rates_come_from_our_curve(results):
    ours = rows(results, OURS)
    median = ours.query("arm == 'E4' and statistic == 'median'").iloc[0]
    assert median["estimate"] == pytest.approx(400 / (365 / 12))
    assert len(ours.query("arm == 'E5' and statistic == 'rate_at_time'")) == 1


def test_trials_of_known_size_are_pooled_by_our_meta_analysis(results):
    pooled = rows(results, POOLED).iloc[0]
    made = pool(proportions([40, 10, 60], [100, 50, 200]), method="glmm")
    assert pooled["estimate"] == pytest.approx(100 * made.estimate)
    assert pooled["denominator"] == 350


def test_how_many_of_ours_a_study_would_have_taken(results):
    overlap = rows(results, OVERLAP)
    assert list(overlap["row_label"]) == ["One: 3 lines or more, triple-class exposed"]
    # known of 11; three lines or more and exposed: persons 5, 6 and 7
    assert (overlap["numerator"].iloc[0], overlap["denominator"].iloc[0]) == (3, 11)


def test_what_nothing_of_ours_meets_is_said(results):
    assert any("nothing beside the cited unheard of" in one for one in results.warnings)
