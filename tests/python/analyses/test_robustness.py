"""Judging hazard ratios: each row against its definition, on rows made here."""

import numpy as np
import pandas as pd
import pytest

from myelomart.analyses import robustness, subgroups
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.results import Results
from myelomart.sensitivity import e_value
from myelomart.study import Analysis, Cohort, Covariate, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression, fine_gray
from myelomart.trinetx_arithmetic import measures_of_association

PERSONS = 400


def study(population="matched"):
    cohorts = tuple(
        Cohort(name, name, words, "index", 1, 0, None, None)
        for name, words in (("one", "Treated"), ("zero", "Controls"))
    )
    endpoints = (
        Endpoint("fever", "Fever", "Events", 1, 365, True, None),
        Endpoint("ldh", "Raised LDH", "Laboratory", 1, 365, True, "ldh_test"),
    )
    analysis = Analysis(
        "judged", "X-O2", "Judged", "robustness", "one", "zero", population, "none", 0.2,
        "probability", "smallest", 1,
    )  # fmt: skip
    age = Covariate("age", "Age", "Demographics", "number", True)
    made = Study("made", "Made", "?", "cohort", "none", cohorts, (), (age,), endpoints, (analysis,))
    return made, analysis


def data():
    rng = np.random.default_rng(2)
    treated = np.arange(PERSONS) % 3 == 0
    who = {"cohort_id": np.where(treated, "one", "zero"), "person_id": np.arange(PERSONS)}
    age = rng.normal(60 + 4 * treated, 9)
    strata = pd.DataFrame({**who, "stratum_id": "old", "label": "Aged 60 or more"})
    strata["is_in_stratum"] = pd.array(age >= 60, dtype="boolean")
    strata.loc[:9, "is_in_stratum"] = pd.NA
    endpoints = []
    for name, effect in (("fever", 0.8), ("ldh", 0.0)):
        life, death = (
            rng.exponential(300 * np.exp(-effect * treated)),
            rng.exponential(900, PERSONS),
        )
        time = np.ceil(np.minimum(np.minimum(life, death), 365))
        code = np.where(life <= np.minimum(death, 365), 1, np.where(death <= 365, 2, 0))
        endpoints.append(pd.DataFrame({**who, "endpoint": name, "time_days": time, "event": code}))
    testing = pd.DataFrame({**who, "endpoint": "ldh"})
    testing["tested_days"] = (rng.random(PERSONS) < np.where(treated, 0.9, 0.4)).astype(int)
    return StudyData(
        population=pd.DataFrame(who),
        covariates=pd.DataFrame(
            {**who, "covariate_id": "age", "value_number": age, "value_text": None}
        ),
        endpoints=pd.concat(endpoints).assign(had_prior_event=False),
        testing=testing, strata=strata,
    )  # fmt: skip


@pytest.fixture(scope="module")
def judged():
    made, analysis = study()
    given, results = data(), Results("made", analysis_id="judged")
    robustness.make(made, analysis, given, results)
    comparison = compare(made, analysis, given)
    rows = {
        one.endpoint_id: endpoint_rows(comparison.matched, given, one) for one in made.endpoints
    }
    frame = pd.DataFrame(results.estimates).set_index(["endpoint", "statistic"])
    return results, frame, rows


def test_ratios_with_death_censored_and_competing(judged):
    _, frame, rows = judged
    one = rows["fever"]
    arm = pd.DataFrame({"treated": one["treated"].astype(float)})
    plain = cox_regression(one["time_days"], (one["event"] == 1).astype(int), arm)
    apart = fine_gray(one["time_days"], one["event"], arm)
    value = frame["estimate"]["fever"]
    assert value["hazard_ratio_cause_specific"] == pytest.approx(plain.hazard_ratio[0])
    assert value["hazard_ratio_subdistribution"] == pytest.approx(np.exp(apart.coefficients[0]))


def test_e_value_is_that_of_the_ratio_and_of_its_nearer_limit(judged):
    _, frame, rows = judged
    row = frame.loc[("fever", "hazard_ratio_cause_specific")]
    rare = (rows["fever"]["event"] == 1).mean() < 0.15
    wanted = e_value(row["estimate"], row["ci_low"], row["ci_high"], measure="hr", rare=rare)
    assert frame["estimate"]["fever"]["e_value"] == pytest.approx(wanted.estimate)
    assert frame["estimate"]["fever"]["e_value_limit"] == pytest.approx(wanted.limit)


def test_the_platforms_risks_are_those_of_the_counts(judged):
    _, frame, rows = judged
    one = rows["fever"]
    counts = [
        number
        for arm in (True, False)
        for number in ((one.loc[one["treated"] == arm, "event"] == 1).sum(),
                       (one["treated"] == arm).sum())
    ]  # fmt: skip
    wanted = measures_of_association(*counts)
    row = frame.loc[("fever", "platform_risk_ratio")]
    assert row["estimate"] == pytest.approx(wanted.risk_ratio.estimate)
    assert row["p_value"] == pytest.approx(wanted.p)


def test_the_orders_spread_about_their_median(judged):
    _, frame, _ = judged
    row = frame.loc[("fever", "hazard_ratio_over_orders")]
    assert row["range_low"] < row["estimate"] < row["range_high"]


def test_testing_is_judged_only_where_a_test_is_needed(judged):
    _, frame, _ = judged
    assert "hazard_ratio_thinned" not in frame.loc["fever"].index
    inside = frame.loc["ldh"]
    # the treated were tested more: with their events thinned the ratio falls
    plain = inside.loc["hazard_ratio_cause_specific", "estimate"]
    assert inside.loc["hazard_ratio_thinned", "estimate"] < 0.8 * plain
    tested = inside.loc["hazard_ratio_tested_only"]
    assert tested["denominator"] < inside.loc["hazard_ratio_cause_specific", "denominator"]


def test_subgroups_leave_out_the_unknown_and_test_the_interaction():
    made, analysis = study("all")
    results = Results("made", analysis_id="judged")
    subgroups.make(made, analysis, data(), results)
    frame = pd.DataFrame(results.estimates).set_index(["endpoint", "statistic"])
    inside, outside = (
        frame.loc[("fever", f"hazard_ratio_{side}")] for side in ("inside", "outside")
    )
    assert inside["denominator"] + outside["denominator"] == PERSONS - 10
    assert inside["n_missing"] == 10
    assert 0 < frame.loc[("fever", "interaction_chi2"), "p_value"] <= 1


def test_without_an_event_in_one_arm_the_penalised_ratio_has_its_e_values():
    made, analysis = study()
    given = data()
    hit = (given.endpoints["endpoint"] == "fever") & (given.endpoints["cohort_id"] == "zero")
    given.endpoints.loc[hit & (given.endpoints["event"] == 1), "event"] = 0
    results = Results("made", analysis_id="judged")
    robustness.make(made, analysis, given, results)
    frame = pd.DataFrame(results.estimates).query("endpoint == 'fever'").set_index("statistic")
    ratio = frame.loc["hazard_ratio_cause_specific"]
    assert ratio["status"] == "firth" and ratio["estimate"] > ratio["ci_low"] > 1
    rare = ratio["numerator"] / ratio["denominator"] < 0.15
    wanted = e_value(ratio["estimate"], ratio["ci_low"], ratio["ci_high"], measure="hr", rare=rare)
    assert frame["estimate"]["e_value"] == pytest.approx(wanted.estimate)
    assert frame["estimate"]["e_value_limit"] == pytest.approx(wanted.limit)


def test_an_outcome_that_one_arm_alone_has_is_told_among_the_tested_as_well():
    made, analysis = study()
    given = data()
    hit = (given.endpoints["endpoint"] == "ldh") & (given.endpoints["cohort_id"] == "zero")
    given.endpoints.loc[hit & (given.endpoints["event"] == 1), "event"] = 0
    results = Results("made", analysis_id="judged")
    robustness.make(made, analysis, given, results)
    frame = pd.DataFrame(results.estimates).query("endpoint == 'ldh'").set_index("statistic")
    tested = frame.loc["hazard_ratio_tested_only"]
    assert tested["status"] == "firth" and tested["estimate"] > 1
    assert tested["denominator"] < frame.loc["hazard_ratio_cause_specific", "denominator"]
    assert frame.loc["hazard_ratio_thinned", "status"] == "not_estimable"


def test_both_tables_have_a_row_per_endpoint(judged):
    results, _, _ = judged
    table = robustness.table(results.own_rows("judged"), "Judged")
    assert [row[0] for row in table.rows if len(row) > 1] == ["Fever", "Raised LDH"]
    assert all(len(row) in (1, len(table.columns)) for row in table.rows)
    made, analysis = study("all")
    parts = Results("made", analysis_id="judged")
    subgroups.make(made, analysis, data(), parts)
    table = subgroups.table(parts.own_rows("judged"), "Subgroups")
    assert all(len(row) in (1, len(table.columns)) for row in table.rows)
