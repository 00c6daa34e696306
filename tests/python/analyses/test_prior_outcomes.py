"""Who had an outcome before index is in no number of it: one cohort's analyses, had by hand.

Infection, of the twelve of small_study.py: 1 and 6 had it before. Kept are ten, in days:

    10: 2 and 3 have it, 4 dies   20: 5 leaves   30: 7 has it, 8 leaves   40: 9 dies
    50: 10 and 11 leave           60: 12 leaves
"""

import numpy as np
import pandas as pd
import pytest

from myelomart.analyses import (
    cumulative_incidence,
    ever_treated,
    evidence_summary,
    one_arm_survival,
    prognostic_factors,
    swimmer,
)
from myelomart.errors import NoData
from myelomart.survival import cox_regression

MONTHS = "0;0.5;1"  # days 15 and 30.4


def only(results, statistic=None, **words):
    """The one estimate that has these words."""
    frame = results.estimate_frame()
    if statistic:
        frame = frame[frame["statistic"] == statistic]
    for column, value in words.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def test_survival_is_of_those_without_it_before(make):
    results = make(one_arm_survival, "survival", endpoint_ids="infection", months_shown=MONTHS)
    # day 10: 2 of 10; day 30: 1 of 6. A death ends the follow-up as leaving does
    half = only(results, "survival", timepoint_months=0.5)
    assert (half["estimate"], half["denominator"]) == (pytest.approx(8 / 10), 7)
    month = only(results, "survival", timepoint_months=1.0)
    assert (month["estimate"], month["denominator"]) == (pytest.approx(8 / 10 * 5 / 6), 4)
    for statistic, count in (("events", 3), ("competing_events", 2)):
        row = only(results, statistic)
        assert (row["estimate"], row["denominator"]) == (count, 10)
    follow_up = only(results, "median_follow_up_months")
    assert follow_up["range_low"] == pytest.approx(10 * 12 / 365)
    assert only(results, "median_months")["status"] == "not_reached"


def test_the_log_rank_test_of_groups_is_of_the_same_persons(make):
    results = make(
        one_arm_survival, "survival", endpoint_ids="infection", group_covariate_id="high_risk"
    )
    # high risk: 2, 3, 4; not: 5, 7, 8, 9, 10, 11. On day 10 both events are of the 3 of 9 at risk:
    # expected 2 · 3/9, variance 2 · 3/9 · 6/9 · 7/8; on day 30 nobody of high risk is left
    wanted = (2 - 2 / 3) ** 2 / (2 * 3 / 9 * 6 / 9 * 7 / 8)
    assert only(results, "logrank_chi2")["estimate"] == pytest.approx(wanted)
    assert only(results, "events", arm="High risk: yes")["denominator"] == 3
    assert only(results, "events", arm="High risk: no")["denominator"] == 6


def test_incidence_counts_the_death_as_no_censoring(make):
    results = make(
        cumulative_incidence, "cumulative_incidence", endpoint_ids="infection", months_shown=MONTHS
    )
    # day 10: 2 of 10, free afterwards 7/10; day 30: 1 of 6 of these
    half = only(results, "cumulative_incidence", timepoint_months=0.5)
    assert half["estimate"] == pytest.approx(2 / 10)
    month = only(results, "cumulative_incidence", timepoint_months=1.0)
    assert month["estimate"] == pytest.approx(2 / 10 + 7 / 10 / 6)
    curve = results.curve_frame()
    assert curve["n_risk"].iloc[0] == 10
    assert curve["n_event"].sum() == 3
    assert only(results, "competing_events")["denominator"] == 10


def test_factors_are_of_those_without_it_before_and_of_known_value(make):
    results = make(
        prognostic_factors, "prognostic_factors", endpoint_ids="infection", row_groups="EMD"
    )
    # EMD after: yes 2, 4, 5; no 3, 7, 8, 9, 10, 11; unknown 12. On day 10 one of each has it, with
    # 3 and 6 at risk: 3r/(3r + 6) + 2.5r/(2.5r + 5.5) = 1, r = √(6 · 5.5 / (3 · 2.5)). On day 30
    # nobody with EMD is left
    row = only(results, "hazard_ratio_univariable", row_label="EMD after")
    assert row["estimate"] == pytest.approx(np.sqrt(4.4))
    assert (row["numerator"], row["denominator"], row["n_missing"]) == (1, 3, 1)
    # the dead of day 10 (4, with EMD) stays at risk on day 30 with the weight 5/6, for 5 of 6 were
    # not censored on day 20: 2 · 3r/(3r + 6) + (5/6)r/((5/6)r + 5) = 2, after day 10's one event
    # with EMD: 1 - 2r/(r + 2) - r/(r + 6) = 0, r² + 3r = 6
    row = only(results, "subdistribution_hazard_ratio_univariable", row_label="EMD after")
    assert row["estimate"] == pytest.approx((np.sqrt(33) - 3) / 2, rel=1e-6)


def test_an_exposure_counts_from_its_day_and_not_where_it_came_before_index(make):
    results = make(
        ever_treated, "ever_treated", endpoint_ids="os", group_endpoint_id="infection",
        landmark_day=10,
    )  # fmt: skip
    # infected after index: 2 and 3 on day 10, 7 on day 30; 1 and 6 before, who count as not
    share = only(results, "percent")
    assert (share["numerator"], share["denominator"]) == (3, 12)
    # on the landmark itself 2 and 3 are exposed; 7 is not yet
    landmark = {"population": "landmark at day 10"}
    exposed = only(results, "events", arm="Infection: yes", **landmark)
    assert (exposed["estimate"], exposed["denominator"]) == (2, 2)
    others = only(results, "events", arm="Infection: no", **landmark)
    assert (others["estimate"], others["denominator"]) == (4, 10)
    # deaths on days 60 and 90 of the exposed, on 30, 150, 210 and 400 of the others; at risk on
    # day 30: 2 and 10, on 60: 2 and 9, on 90: 1 and 9, later none exposed
    ratio = only(results, "hazard_ratio", **landmark)["estimate"]
    score = 2 - sum(a * ratio / (a * ratio + b) for a, b in ((2, 10), (2, 9), (1, 9)))
    assert score == pytest.approx(0, abs=1e-8)
    # time-varying: 7 is exposed from day 30 on. At risk on day 30 still (2, 10), on 60 (3, 8), on
    # 90 (2, 8), on 150 (1, 7), on 210, its own death, (1, 5), on 400 (0, 3)
    varying = only(results, "hazard_ratio", population=ever_treated.TIME_VARYING)
    ratio, risk = varying["estimate"], ((2, 10), (3, 8), (2, 8), (1, 7), (1, 5))
    score = 3 - sum(a * ratio / (a * ratio + b) for a, b in risk)
    assert varying["denominator"] == 12  # persons, though 7 has a period before and one after
    assert score == pytest.approx(0, abs=1e-8)


def test_an_outcome_that_came_before_leaves_the_person_out_of_all_three_ways(make, data):
    # a transplant on the day of the infection of 2, on the last day of 4 and before that of 7
    day = {2: 5, 4: 10, 7: 15}
    own = data.endpoints["endpoint"] == "transplant"
    data.endpoints.loc[own, "event"] = data.endpoints.loc[own, "person_id"].isin(day).astype(int)
    data.endpoints.loc[own & data.endpoints["person_id"].isin(day), "time_days"] = list(
        day.values()
    )
    results = make(
        ever_treated, "ever_treated", endpoint_ids="infection", group_endpoint_id="transplant",
        landmark_day=4,
    )  # fmt: skip
    naive = only(results, "percent")
    assert (naive["numerator"], naive["denominator"]) == (2, 10)  # 4 was treated on its last day
    # at risk, exposed and not: day 10 (1, 9) with both events of 2 and 3; day 30 (1, 5) with that
    # of 7. Efron on day 10: r/(r + 9) + 0.5r/(0.5r + 8.5); the treatment of 2 and 7 came before
    ratio = only(results, "hazard_ratio", population=ever_treated.TIME_VARYING)["estimate"]
    parts = ((1, 9), (0.5, 8.5), (1, 5))
    score = 2 - sum(a * ratio / (a * ratio + b) for a, b in parts)
    assert score == pytest.approx(0, abs=1e-8)


def test_lanes_are_of_those_without_it_before(make):
    results = make(swimmer, "swimmer", endpoint_ids="infection")
    assert only(results, "count", row_label="Lines in all")["estimate"] == 4  # of 2, 3 and 4
    lines = only(results, "median", row_label="Lines per person")
    assert (lines["range_high"], lines["denominator"]) == (2, 10)


def test_our_curve_beside_a_cited_one_is_of_those_without_it_before(make, data):
    row = dict.fromkeys(
        ("row_id", "cited_study", "cited_year", "covariate_id", "endpoint_id", "arm_or_group",
         "population", "unit", "time_anchor", "pool", "pool_patients", "estimate_status",
         "cited_status", "numerator", "denominator", "ci_low", "ci_high", "range_low",
         "range_high", "p_value",
         "cited_min_prior_lines", "cited_max_prior_lines", "cited_needs_triple_class",
         "comparator", "unanswered_reason", "cohort_id", "level", "group_value")
    )  # fmt: skip
    row |= {"row_id": "E1", "result_origin": "cited", "statistic": "rate_at_time"}
    row |= {"endpoint": "infection", "endpoint_id": "infection"}
    row |= {"estimate": 50.0, "timepoint_months": 1.0}
    data.rows["published"] = pd.DataFrame([row])
    results = make(evidence_summary, "evidence_summary")
    ours = only(results, "rate_at_time", population=evidence_summary.OURS)
    assert ours["estimate"] == pytest.approx(100 * 8 / 10 * 5 / 6)
    assert (ours["numerator"], ours["denominator"]) == (3, 10)
    gap = only(results, "difference", population=evidence_summary.OURS)
    assert gap["estimate"] == pytest.approx(100 * 2 / 3 - 50)


def test_nobody_is_followed_where_everybody_had_it_before(make, data):
    data.endpoints["had_prior_event"] = True
    with pytest.raises(NoData, match="nobody of the cohort is followed for «Infection»"):
        make(one_arm_survival, "survival", endpoint_ids="infection")


def test_the_hand_made_score_equations_are_those_of_the_model():
    # the equation of a tie, solved by the model: one treated of 3 and one of 6 at once
    fit = cox_regression([1] * 2 + [2] * 7, [1, 1] + [0] * 7, [[1], [0], *[[1]] * 2, *[[0]] * 5])
    assert fit.hazard_ratio[0] == pytest.approx(np.sqrt(4.4))
