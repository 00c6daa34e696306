"""Tables, curves and ratios of two arms on twelve persons, each number had by hand.

Fever among the pairs: 7 had it before and is left out, 9 dies on day 5, and on day 10 persons 1 and
8 have it at once, with 5 treated and 3 controls (8, 10, 11) at risk. Efron's two denominators are
5r + 3 and 4.5r + 2.5, so that the ratio r solves 5r/(5r + 3) + 4.5r/(4.5r + 2.5) = 1: r = √(1/3).
"""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import two_arms
from scipy.optimize import brentq
from scipy.stats import chi2, norm
from two_arms import analysis
from typer.testing import CliRunner

from myelomart.analyses import (
    attrition,
    baseline,
    bias_analysis,
    effects,
    hazard_ratios,
    multiverse,
    robustness,
    subgroups,
    two_arm_survival,
    win_ratio,
)
from myelomart.commands import study as commands
from myelomart.disclosure.policies import below
from myelomart.disclosure.suppression import suppress
from myelomart.errors import MyelomartError, NoData, StatisticsError
from myelomart.population.comparison import compare
from myelomart.protocol import analysis_prose
from myelomart.report.sections import section
from myelomart.results import Results, write_results
from myelomart.running import run_study
from myelomart.sensitivity import e_value
from myelomart.sensitivity.e_value import RARE
from myelomart.study import Endpoint
from myelomart.survival import cox_regression

FEVER = np.sqrt(1 / 3)


@pytest.fixture
def data():
    return two_arms.data()


@pytest.fixture
def make(data):
    """Make one analysis of the twelve persons; returns its results."""

    def made(module, **options) -> Results:
        one = analysis(module.ANALYSIS.name, **options)
        results = Results("twelve", analysis_id=one.analysis_id)
        module.make(two_arms.study(), one, data, results)
        return results

    return made


def only(results, statistic, **words) -> pd.Series:
    """The one estimate that has these words."""
    frame = results.estimate_frame()
    frame = frame[frame["statistic"] == statistic]
    for column, value in words.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def test_pairs_are_of_one_sex_and_the_odd_stay_alone(data):
    comparison = compare(two_arms.study(), analysis("baseline"), data)
    pairs = comparison.matched.groupby("pair")["person_id"].agg(tuple)
    assert list(pairs) == [(1, 7), (2, 8), (3, 9), (5, 10), (6, 11)]
    score = comparison.persons.set_index("person_id")["score"]
    assert score[4] == pytest.approx(4 / 7, abs=1e-8)
    assert score[12] == pytest.approx(2 / 5, abs=1e-8)


def test_who_was_matched_with_whom_is_written_beside_the_estimates_and_stays_at_the_site(
    data, tmp_path
):
    one = analysis("hazard_ratios", endpoint_ids="fever")
    results = run_study(replace(two_arms.study(), analyses=(one,)), data)
    write_results(results, tmp_path, {})
    pairs = pd.read_parquet(tmp_path / "matched_pairs.parquet")
    assert list(pairs["person_id"]) == [1, 7, 2, 8, 3, 9, 5, 10, 6, 11]
    assert list(pairs["is_treated"]) == [True, False] * 5
    assert list(pairs["score"]) == pytest.approx([4 / 7] * 6 + [2 / 5] * 4, abs=1e-8)
    told = json.loads((tmp_path / "manifest.json").read_text())
    assert told["matched_pairs.parquet"] == {"the_hazard_ratios": 5}
    suppress([results], below(3), {})
    write_results(results, tmp_path, {})
    assert not (tmp_path / "matched_pairs.parquet").exists()
    assert "matched_pairs.parquet" not in json.loads((tmp_path / "manifest.json").read_text())


def test_a_rare_level_is_said_where_it_went_and_one_of_one_arm_alone_leaves_the_matching(data):
    # 4 is the only one of stage III, the other levels are I (4), II (4), unknown (3)
    own = data.covariates["covariate_id"] == "stage"
    data.covariates.loc[own & (data.covariates["person_id"] == 4), "value_text"] = "III"
    study = two_arms.study()
    covariates = tuple(
        replace(one, is_adjusted_for=one.covariate_id in ("sex", "stage"))
        for one in study.covariates
    )
    one = analysis("hazard_ratios", endpoint_ids="fever", fewest_per_level=2, caliper=9.0)
    results = run_study(replace(study, covariates=covariates, analyses=(one,)), data)
    assert results.missing == {}
    assert results.warnings == [
        "Stage: levels with too few persons are counted as «other» in the model: III (1).",
        "Stage: 1 person with «other» left out of the matching: all are in the treated arm, "
        "so that nobody in the other can be compared with them.",
    ]
    assert 4 not in set(results.pair_frame()["person_id"])
    assert "levels of fewer than 2 persons are merged into one, «other»" in (
        analysis_prose(study, one)
    )


# ---- hazard ratios


def test_who_had_it_before_is_removed_and_counted(make):
    results = make(hazard_ratios, endpoint_ids="fever")
    for arm, counts in (
        ("CAR-T", {"n": 5, "events": 1, "removed_for_prior_outcome": 0, "competing_events": 0}),
        ("Others", {"n": 4, "events": 1, "removed_for_prior_outcome": 1, "competing_events": 1}),
    ):
        for statistic, count in counts.items():
            row = only(results, statistic, arm=arm)
            assert (row["estimate"], row["denominator"]) == (count, 5), (arm, statistic)


def test_the_ratio_of_tied_events_is_efrons(make):
    row = only(make(hazard_ratios, endpoint_ids="fever"), "hazard_ratio")
    assert row["estimate"] == pytest.approx(FEVER, rel=1e-9)
    # information: p(1 - p) of each denominator, with p₁ + p₂ = 1
    p = 5 * FEVER / (5 * FEVER + 3)
    se = 1 / np.sqrt(2 * p * (1 - p))
    limits = np.exp(np.log(FEVER) + norm.ppf([0.025, 0.975]) * se)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(limits), rel=1e-7)
    assert (row["numerator"], row["denominator"], row["p_test"]) == (2, 9, "Wald")
    assert pd.isna(row["status"])


def test_the_log_rank_test_is_of_those_at_risk(make):
    # 8 at risk on day 10, 5 treated: 1 event seen of 2 · 5/8 expected, variance 2 · 15/64 · 6/7
    row = only(make(hazard_ratios, endpoint_ids="fever"), "logrank_chi2")
    assert row["estimate"] == pytest.approx((1 - 5 / 4) ** 2 / (2 * 15 / 64 * 6 / 7))


def test_the_ratio_that_respects_pairs_is_the_same_with_limits_of_its_own(make):
    results = make(hazard_ratios, endpoint_ids="fever")
    robust, plain = (only(results, name) for name in ("hazard_ratio_pair_robust", "hazard_ratio"))
    assert robust["estimate"] == pytest.approx(FEVER, rel=1e-9)
    assert robust["ci_low"] != plain["ci_low"]


def test_events_of_one_arm_alone_are_penalised_and_the_competing_on_the_day_are_at_risk(make):
    # of the pairs 1, 2, 3 had pneumonia before; 5 has it on day 7, with 2 treated and 5 controls at
    # risk (9 dies on that day). Firth: p = 2r/(2r + 5) solves 1 - p + (1 - 2p)/2 = 0: p = 3/4
    results = make(hazard_ratios, endpoint_ids="pneumonia")
    row = only(results, "hazard_ratio")
    assert row["estimate"] == pytest.approx(3 * 5 / 2, rel=1e-6)
    assert row["status"] == "firth"
    assert row["p_test"] == "profile likelihood, Firth"
    low, high, p = _pneumonia_profile()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-4)
    assert row["p_value"] == pytest.approx(p, rel=1e-4)
    assert only(results, "competing_events", arm="Others")["estimate"] == 1
    assert "hazard_ratio_pair_robust" not in set(results.estimate_frame()["statistic"])


def _pneumonia_profile() -> tuple[float, float, float]:
    """Limits and p of the penalised profile, with one death: log p + log(p(1 - p)) / 2."""

    def likelihood(share):
        return 1.5 * np.log(share) + 0.5 * np.log1p(-share)

    def gap(share):
        return likelihood(0.75) - likelihood(share) - chi2.ppf(0.95, 1) / 2

    ends = brentq(gap, 1e-6, 0.75), brentq(gap, 0.75, 1 - 1e-9)
    low, high = (5 / 2 * share / (1 - share) for share in ends)
    return low, high, chi2.sf(2 * (likelihood(0.75) - likelihood(2 / 7)), 1)


def test_an_outcome_may_be_penalised_and_past_interpreting_and_bears_both_marks(make, data):
    # low IgG, of which the controls were seldom tested, and now none of them has it
    own = (data.endpoints["endpoint"] == "low_igg") & (data.endpoints["cohort_id"] == "zero")
    data.endpoints.loc[own, "event"] = 0
    results = make(hazard_ratios, endpoint_ids="low_igg")
    row = only(results, "hazard_ratio")
    assert (row["status"], row["p_test"]) == ("not_interpretable", "profile likelihood, Firth")
    table = hazard_ratios.table(results.own_rows("the_hazard_ratios"), "Ratios", no_print())
    assert table.rows[1][0] == "Low IgG † ‡"
    assert "Low IgG † ‡" in results.figures["OUT-2_forest"]


def test_more_than_half_removed_is_warned_of_and_half_is_not(make):
    matched = make(hazard_ratios, endpoint_ids="pneumonia")
    assert "Pneumonia: removed because they had it before: 3 of 5 (CAR-T)" in " ".join(
        matched.warnings
    )
    everybody = make(hazard_ratios, endpoint_ids="pneumonia", population="all")
    assert only(everybody, "removed_for_prior_outcome", arm="CAR-T")["estimate"] == 3  # of 6
    assert everybody.warnings == []
    # 4, 5, 6 against all six controls: r = 3 · 6/3
    assert only(everybody, "hazard_ratio")["estimate"] == pytest.approx(6, rel=1e-6)


def test_an_outcome_that_nobody_has_is_not_estimable(make):
    results = make(hazard_ratios, endpoint_ids="relapse")
    row = only(results, "hazard_ratio")
    assert (row["status"], row["numerator"], row["denominator"]) == ("not_estimable", 0, 10)
    assert any("Relapse: no hazard ratio" in one for one in results.warnings)


def test_an_arm_that_was_seldom_tested_leaves_nothing_to_interpret(make):
    # kept: 5 of 5 treated were tested, on 12 days of 500; of the controls 1 of 4, on 2 days of 400
    results = make(hazard_ratios, endpoint_ids="low_igg")
    treated, others = (only(results, "percent_tested", arm=arm) for arm in ("CAR-T", "Others"))
    assert (treated["numerator"], treated["denominator"]) == (5, 5)
    assert (others["numerator"], others["denominator"]) == (1, 4)
    rates = [only(results, "tests_per_year", arm=arm)["estimate"] for arm in ("CAR-T", "Others")]
    assert rates == pytest.approx([12 / 500 * 365.25, 2 / 400 * 365.25])
    assert only(results, "hazard_ratio")["status"] == "not_interpretable"
    assert only(results, "hazard_ratio")["estimate"] == pytest.approx(FEVER, rel=1e-9)


def test_every_outcome_is_a_line_of_the_table_with_its_mark(make):
    results = make(hazard_ratios)
    table = hazard_ratios.table(results.own_rows("the_hazard_ratios"), "Ratios", no_print())
    cells = {row[0]: row[1:] for row in table.rows if len(row) > 1}
    assert list(cells) == ["Fever", "Pneumonia ‡", "Relapse", "Low IgG †"]
    assert cells["Fever"][:3] == ["1 / 5 (0)", "1 / 4 (1)", "0.58 (0.04–9.24)"]
    assert cells["Relapse"][2] == "not estimable"


def no_print() -> pd.DataFrame:
    return pd.DataFrame({"statistic": [], "endpoint": []})


# ---- curves


def test_curves_leave_out_who_had_it_before_and_end_at_a_competing_death(make):
    results = make(two_arm_survival, endpoint_ids="fever", months_shown="0;0.5")
    # controls: 4 at first, 9 dies on day 5, 1 of 3 has it on day 10; treated: 1 of 5
    half = only(results, "cumulative_incidence", arm="Others", timepoint_months=0.5)
    assert (half["estimate"], half["denominator"]) == (pytest.approx(3 / 4 * 1 / 3), 2)
    half = only(results, "cumulative_incidence", arm="CAR-T", timepoint_months=0.5)
    assert (half["estimate"], half["denominator"]) == (pytest.approx(1 / 5), 4)
    assert only(results, "competing_events", arm="Others")["estimate"] == 1
    curve = results.curve_frame().query("arm == 'Others'")
    assert list(curve["time_months"]) == pytest.approx([5 * 12 / 365, 10 * 12 / 365, 20 * 12 / 365])
    assert list(curve["n_risk"]) == [4, 3, 2]
    assert list(curve["n_event"]) == [0, 1, 0]
    assert list(curve["n_censored"]) == [1, 0, 2]
    assert list(results.figures) == ["OUT-2_events"]


def test_an_arm_in_which_everybody_had_it_before_has_no_curve(make, data):
    own = (data.endpoints["endpoint"] == "fever") & (data.endpoints["cohort_id"] == "zero")
    data.endpoints.loc[own, "had_prior_event"] = True
    results = make(two_arm_survival, endpoint_ids="fever", months_shown="0")
    assert set(results.curve_frame()["arm"]) == {"CAR-T"}
    assert results.warnings == ["Fever: nobody is left in Others."]


# ---- baseline


def test_balance_is_over_the_spread_before_matching(make):
    results = make(baseline)
    rows = results.estimate_frame().query("statistic == 'standardized_difference'")
    smd = rows.set_index(["population", "row_label"])["estimate"]
    # 4 of 6 against 3 of 6 are men: variances 2/9 and 1/4; of the pairs 3 of 5 in both arms
    assert smd["before matching", "Male"] == pytest.approx((1 / 6) / np.sqrt((2 / 9 + 1 / 4) / 2))
    assert smd["matched", "Male"] == 0
    # before: means 60 and 60, variances 550 (of 5 known) and 40; of the pairs 50 (of 4) and 60
    assert smd["before matching", "Age, years"] == 0
    assert smd["matched", "Age, years"] == pytest.approx(-10 / np.sqrt((550 + 40) / 2))
    # stage I: before 3 of 6 and 1 of 6, variances 1/4 and 5/36; of the pairs 3 of 5 and 1 of 5
    assert smd["matched", "Stage: I"] == pytest.approx(0.4 / np.sqrt((1 / 4 + 5 / 36) / 2))
    # unknown is a level: before 1 and 2 of 6, variances 5/36 and 2/9; of the pairs 1 and 2 of 5
    unknown = np.sqrt((5 / 36 + 2 / 9) / 2)
    assert smd["before matching", "Stage: unknown"] == pytest.approx(-1 / 6 / unknown)
    assert smd["matched", "Stage: unknown"] == pytest.approx(-0.2 / unknown)
    assert smd["matched", "Thalidomide"] == 0  # nobody had it: both arms are alike


def test_the_arms_are_summed_up_with_the_unknown_counted(make):
    results = make(baseline)
    age = {"row_label": "Age, years", "arm": "CAR-T", "population": "matched"}
    mean = only(results, "mean", **age)
    assert (mean["estimate"], mean["denominator"], mean["n_missing"]) == (50, 4, 1)
    assert only(results, "sd", **age)["estimate"] == pytest.approx(np.sqrt(200 / 3))
    male = only(results, "percent", row_label="Male", arm="Others", population="before matching")
    assert (male["numerator"], male["denominator"], male["estimate"]) == (3, 6, 50)
    sizes = results.estimate_frame().query("row_label == 'Persons'")
    assert list(sizes["estimate"]) == [6, 6, 5, 5]
    sites = results.estimate_frame().query("row_label == 'Sites' and population == 'matched'")
    assert list(sites["estimate"]) == [3, 2, 3]  # treated, controls, both


def test_what_could_not_be_adjusted_for_and_what_stays_apart_is_said(make):
    said = make(baseline).warnings
    assert said[0] == "Not adjusted for, because everyone has the same value: Thalidomide."
    assert said[1].startswith("After matching, the arms differ by more than 0.1 standard dev")
    assert "Age, years" in said[1] and "Male" not in said[1]


def test_an_arm_of_one_site_is_confounded_with_it(make, data):
    data.population.loc[data.population["cohort_id"] == "one", "site_id"] = 1
    (said,) = [one for one in make(baseline).warnings if "site" in one]
    assert said.startswith(
        "All 6 persons of CAR-T are of one site, and 3 of 6 of Others are: arm and site are "
    )


def test_arms_that_are_both_of_one_site_are_not_confounded_with_it(make, data):
    data.population["site_id"] = 1
    assert not any("confounded" in one for one in make(baseline).warnings)


def test_everybody_is_one_population_where_nobody_is_matched(make):
    results = make(baseline, population="all")
    assert set(results.estimate_frame()["population"]) == {"all"}


# ---- what speaks for and against each ratio


def test_a_death_that_competes_stays_at_risk_in_the_subdistribution(make):
    results = make(robustness, endpoint_ids="fever")
    assert only(results, "hazard_ratio_cause_specific")["estimate"] == pytest.approx(FEVER)
    # with 9 at risk as well, Breslow: two events of 5r + 4, so that 5r = 4
    row = only(results, "hazard_ratio_subdistribution")
    assert row["estimate"] == pytest.approx(4 / 5)
    assert (row["numerator"], row["denominator"]) == (2, 9)
    assert only(results, "platform_hazard_ratio")["estimate"] == pytest.approx(FEVER)
    # cause-specific, subdistribution, and the platform's ratio: its risks cannot be told of so few
    assert only(results, "platform_risk_ratio")["status"] == "cannot_be_told"
    table = robustness.table(results.own_rows("the_robustness"), "Ratios")
    note = table.note
    assert "not estimable ¶" in table.rows[1] and "¶ an arm has fewer persons" in note
    assert "3 tests are made here without correction for multiple testing: 0.2" in note


def test_the_e_value_is_of_the_risk_ratio_that_the_ratio_stands_for(make):
    # 2 of 9 have it, not rare: the risk ratio is (1 - 0.5^√r) / (1 - 0.5^√(1/r)) (VanderWeele 2017)
    risk = (1 - 0.5 ** np.sqrt(FEVER)) / (1 - 0.5 ** np.sqrt(1 / FEVER))
    results = make(robustness, endpoint_ids="fever")
    wanted = 1 / risk + np.sqrt(1 / risk * (1 / risk - 1))
    assert only(results, "e_value")["estimate"] == pytest.approx(wanted)
    assert only(results, "e_value_limit")["estimate"] == 1  # the interval holds 1


def test_over_the_orders_of_matching_another_man_stays_alone(make):
    # without 1 or 4 one treated has it: √(1/3). With both, without 2 or 3, two of 5 have it, and
    # Efron's three denominators are (5 - 2k/3)r + 3 - k/3 for k = 0, 1, 2
    row = only(make(robustness, endpoint_ids="fever"), "hazard_ratio_over_orders")
    assert row["range_low"] == pytest.approx(FEVER, rel=1e-6)
    highest = row["range_high"]
    parts = [((5 - 2 * k / 3) * highest, 3 - k / 3) for k in range(3)]
    assert sum(treated / (treated + control) for treated, control in parts) == pytest.approx(2)


def test_the_tested_alone_are_compared_as_well(make):
    # tested and kept: all 5 treated and control 8: on day 10 the ratio solves
    # 5r/(5r + 1) + 4.5r/(4.5r + 0.5) = 1, r = √(1 · 0.5 / (5 · 4.5))
    row = only(make(robustness, endpoint_ids="low_igg"), "hazard_ratio_tested_only")
    assert row["estimate"] == pytest.approx(np.sqrt(0.5 / 22.5))
    assert (row["numerator"], row["denominator"]) == (2, 6)


def test_where_one_arm_has_no_event_the_penalised_ratio_stands(make):
    results = make(robustness, endpoint_ids="pneumonia")
    row = only(results, "hazard_ratio_cause_specific")
    assert (row["estimate"], row["status"]) == (pytest.approx(7.5, rel=1e-6), "firth")
    low, high, p = _pneumonia_profile()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-4)
    assert (row["p_test"], row["p_value"]) == ("profile likelihood, Firth", pytest.approx(p, 1e-4))
    wanted = e_value(7.5, low, high, measure="hr", rare=bool(RARE > 1 / 7))
    assert only(results, "e_value_limit")["estimate"] == pytest.approx(wanted.limit, rel=1e-4)
    assert make(robustness, endpoint_ids="relapse").estimates == []  # nothing to judge


# ---- subgroups


def test_inside_and_outside_of_a_subgroup_and_the_unknown_in_neither(make):
    # kept for fever: inside 1, 2, 5 and 8, 10; outside 3, 6 and 11; 9 unknown; 7 had it before.
    # Inside on day 10: 3r/(3r + 2) + 2.5r/(2.5r + 1.5) = 1, r = √(2 · 1.5 / (3 · 2.5))
    results = make(subgroups, endpoint_ids="fever")
    inside = only(results, "hazard_ratio_inside")
    assert inside["estimate"] == pytest.approx(np.sqrt(0.4))
    assert (inside["numerator"], inside["denominator"], inside["n_missing"]) == (2, 5, 1)
    outside = only(results, "hazard_ratio_outside")
    assert (outside["numerator"], outside["denominator"]) == (0, 3)
    assert outside["status"] == "not_estimable"
    assert "interaction_chi2" not in set(results.estimate_frame()["statistic"])
    note = subgroups.table(results.own_rows("the_subgroups"), "Subgroups").note
    assert "0 tests are made here without correction for multiple testing" in note


def test_a_subgroup_without_any_ratio_is_left_out_and_counted(make):
    results = make(subgroups, endpoint_ids="fever;relapse")
    assert set(results.estimate_frame()["endpoint"]) == {"fever"}
    assert "1 of 2 pairs of an outcome and a subgroup are left out" in results.warnings[0]


# ---- the flow, and who may be compared


def test_both_arms_have_their_flow(make, data):
    steps = [
        {"cohort_id": cohort, "kind": kind, "label": label, "step": step, "persons_before": before,
         "persons_excluded": gone, "persons_unknown": unknown, "persons_after": before - gone}
        for cohort, kind, label, step, before, gone, unknown in (
            ("one", "include", "Infused", 0, 20, 10, 0), ("one", "exclude", "Child", 1, 10, 4, 1),
            ("zero", "include", "Treated", 0, 20, 14, 0),
        )
    ]  # fmt: skip
    data.rows["attrition"] = pd.DataFrame(steps)
    results = make(attrition)
    left = only(results, "persons_excluded", arm="CAR-T", row_label="Without: Child")
    assert (left["estimate"], left["denominator"], left["n_missing"]) == (4, 10, 1)
    assert only(results, "persons_after", arm="CAR-T", endpoint="step 1")["estimate"] == 6
    assert only(results, "persons_after", arm="Others", endpoint="step 0")["estimate"] == 6
    table = attrition.table(results.own_rows("the_attrition"), "Flow")
    assert table.rows[2] == ["Without: Child", "10", "4", "1", "6"]


def test_nobody_may_be_in_both_arms(make, data):
    data.population.loc[data.population["person_id"] == 12, "person_id"] = 1
    with pytest.raises(MyelomartError, match="1 persons are in both arms of the_baseline"):
        make(baseline)


def test_an_arm_without_anybody_is_said(make, data):
    data.rows["population"] = data.population[data.population["cohort_id"] == "one"]
    with pytest.raises(MyelomartError, match="no patient reached the cohort «Others»"):
        make(hazard_ratios)


def test_an_arm_too_small_to_match_is_named_and_the_others_go_on(data, monkeypatch):
    data.rows["population"] = data.population[data.population["person_id"].isin([1, *range(7, 13)])]
    flow = analysis("attrition", population="all")
    ratios = replace(analysis("hazard_ratios"), analysis_id="ratios")
    study = replace(two_arms.study(), analyses=(flow, ratios))
    data.rows["attrition"] = pd.DataFrame(
        [{"cohort_id": "one", "kind": "include", "label": "Infused", "step": 0, "persons_before": 1,
          "persons_excluded": 0, "persons_unknown": 0, "persons_after": 1}]
    )  # fmt: skip
    results = run_study(study, data)
    assert results.missing == {"ratios": "1 patient in the arm «CAR-T»; matching needs at least 5."}
    run = SimpleNamespace(chapters=[made(study, results)])
    monkeypatch.setattr("myelomart.publishing.run_studies", lambda *_, **__: run)
    monkeypatch.setattr("myelomart.publishing.publish", lambda *_: None)
    done = CliRunner().invoke(commands.app, ["run", "twelve"])
    assert done.exit_code == 0, done.output
    assert done.stderr == (
        "Warning: twelve: not made: ratios (OUT-2). 1 patient in the arm «CAR-T»; matching needs "
        "at least 5.\n"
    )


def made(study, results) -> SimpleNamespace:
    """A study that ran, as the command is given it."""
    return SimpleNamespace(study=study, results=results, sections=[])


def test_arms_that_do_not_overlap_are_refused_in_words(make, data):
    own = data.covariates["covariate_id"] == "sex"
    # scores 4/6 of those with 1, 2/6 of those with 0.5: the two treated with 0 have no like
    data.covariates.loc[own, "value_number"] = [1, 1, 1, 1, 0, 0, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1]
    with pytest.raises(StatisticsError, match="no pair lies within the caliper of 0.01"):
        make(hazard_ratios, caliper=0.01)


def test_the_platform_keeps_who_leaves_at_risk_for_a_day_more(make, data):
    # 11 leaves on day 9: for us 2 controls are at risk on day 10, for the platform 3
    own = (data.endpoints["endpoint"] == "fever") & (data.endpoints["person_id"] == 11)
    data.endpoints.loc[own, "time_days"] = 9
    results = make(robustness, endpoint_ids="fever")
    ours = only(results, "hazard_ratio_cause_specific")["estimate"]
    assert ours == pytest.approx(np.sqrt(2 * 1.5 / (5 * 4.5)))
    assert only(results, "platform_hazard_ratio")["estimate"] == pytest.approx(FEVER)


def test_a_ratio_may_be_adjusted_for_what_varies_among_those_at_hand(make):
    # sex alone varies; everybody, without those who had fever before: all but 7
    results = make(hazard_ratios, endpoint_ids="fever", population="all", adjustment="covariates")
    rows = [row for row in two_arms.FOLLOWED["fever"] if two_arms.PRIOR not in row[2:]]
    kept = [person - 1 for person in two_arms.PERSONS if person != 7]
    model = pd.DataFrame(
        {"treated": [float(person < 6) for person in kept],
         "sex": [float(two_arms.VALUES["sex"][person]) for person in kept]}
    )  # fmt: skip
    time, event = ([row[0] for row in rows], [row[1] == 1 for row in rows])
    wanted = cox_regression(time, event, model).table().iloc[0]
    row = only(results, "hazard_ratio")
    assert row["estimate"] == pytest.approx(wanted["hr"])
    assert (row["ci_low"], row["denominator"]) == (pytest.approx(wanted["ci_low"]), 11)


def test_the_origin_of_a_ratio_names_its_tests_and_the_printed_numbers_beside_it(data):
    for endpoint, tested in (("fever", ()), ("low_igg", ("study_test_intensity",))):
        one = analysis("hazard_ratios", endpoint_ids=endpoint)
        study = replace(two_arms.study(), analyses=(one,))
        data.rows["published"] = no_print()
        shown = section(study, one, run_study(study, data), data)
        read = ("study_population", "study_covariates", "study_endpoints", *tested)
        assert shown.models == (*read, "study_published")


# ---- every way


def test_the_studys_own_way_is_among_all_ways_with_its_own_ratio(make, data):
    common = {"caliper": np.nan, "caliper_scale": None, "match_order": None, "row_groups": np.nan}
    own = {"method": "matching", "caliper": 0.2, "caliper_scale": "probability"}
    data.rows["choices"] = pd.DataFrame(
        [
            common | {"choice_id": "all", "dimension": "score_model", "label": "All"},
            common | own | {"choice_id": "own", "dimension": "arms", "label": "Pairs",
                            "match_order": "smallest"},
            common | {"choice_id": "over", "dimension": "arms", "label": "Overlap",
                      "method": "overlap"},
        ]
    ).assign(sort_order=[1, 2, 3])  # fmt: skip
    results = make(multiverse, endpoint_ids="fever")
    ways = results.estimate_frame().set_index("row_label")
    assert list(ways["status"].dropna().index) == ["Time zero; All; Pairs"]
    assert ways.loc["Time zero; All; Pairs", "estimate"] == pytest.approx(FEVER, rel=1e-9)
    assert set(ways.index) == {"Time zero; All; Pairs", "Time zero; All; Overlap"}
    assert "2 ways" in results.figures["OUT-2_fever_every_way"]
    # a rule set under which person 3 has fever too; the study's own way stays that of its own rules
    other = two_arms.data()
    own = (other.endpoints["endpoint"] == "fever") & (other.endpoints["person_id"] == 3)
    other.endpoints.loc[own, "event"] = 1
    other.rows["choices"] = data.rows["choices"]
    data.beside = {"registry": other}
    results = make(multiverse, endpoint_ids="fever")
    both = results.estimate_frame()
    both[["rules", "way"]] = both["row_label"].str.split("; ", n=1, expand=True)
    ratio = both.set_index(["rules", "way"])["estimate"]
    assert ratio["default"].to_dict() == ways["estimate"].to_dict()
    assert ratio["registry", "Time zero; All; Pairs"] > FEVER
    assert list(both.loc[both["status"] == "own_way", "rules"]) == ["default"]
    shown = multiverse.table(results.own_rows("the_multiverse"), "Every way")
    assert shown.columns[:4] == ["Rule set", "Time zero", "Score model", "Way to compare"]
    assert {row[0] for row in shown.rows[1:]} == {"default", "registry"}


COUNTED = {1: [5, 9], 2: [], 3: [4], 5: [], 6: [], 7: [2], 8: [1, 2, 3], 9: [4], 10: [], 11: []}


def with_repeats(data):
    """Of the pairs: occurrences of two days each, followed to day 20; person 9 dies on day 5."""
    rows = [
        {"person_id": person, "time_days": day, "kind": 1, "days": 2}
        for person, days in COUNTED.items()
        for day in days
    ]
    rows += [
        {"person_id": one, "time_days": 5 if one == 9 else 20, "kind": 2 if one == 9 else 0}
        for one in range(1, 13)
    ]
    rows = pd.DataFrame(rows).assign(endpoint="stay")
    data.rows = {**data.rows, "repeats": rows.assign(
        cohort_id=["one" if person < 7 else "zero" for person in rows["person_id"]])}  # fmt: skip
    return data


def with_stays(horizon=20):
    stay = Endpoint("stay", "Stay", "Use", 1, horizon, False, None)
    return replace(two_arms.study(), endpoints=(*two_arms.ENDPOINTS, stay))


def test_effects_stand_side_by_side(data):
    with_repeats(data)
    one = analysis("effects", endpoint_ids="fever;relapse", counted_endpoint_ids="stay")
    results = Results("twelve", analysis_id=one.analysis_id)
    study = with_stays()
    effects.make(study, one, data, results)
    frame = pd.DataFrame(results.estimates).set_index(["endpoint", "statistic"])
    assert frame.loc[("fever", "hazard_ratio"), "estimate"] == pytest.approx(FEVER)
    # fever by the horizon: nobody is followed to it, so neither risk nor number is known
    assert frame.loc[("fever", "risk_difference"), "status"] == "not_estimable"
    assert frame.loc[("fever", "number_needed_to_treat"), "status"] == "not_estimable"
    # nobody relapses; one control dies first
    assert frame.loc[("relapse", "hazard_ratio"), "status"] == "not_estimable"
    means = frame.loc[("stay", "mean_count")]
    assert means["estimate"].tolist() == pytest.approx([3 / 5, 5 / 5])
    assert means["numerator"].tolist() == [2, 3]
    assert frame.loc[("stay", "rate_ratio"), "p_test"].endswith("robust to persons or pairs")
    shown = effects.table(results.own_rows(one.analysis_id), "Effects")
    assert ["Every occurrence"] in shown.rows
    stay = shown.rows[-1]
    assert stay[:3] == ["Stay", "2 / 5; 0.60 per person", "3 / 5; 1.00 per person"]
    assert "OUT-2_effects" in results.figures
    assert "robust to persons or pairs" in analysis_prose(study, one)
    beyond = Results("twelve", analysis_id=one.analysis_id)
    effects.make(with_stays(365), one, data, beyond)
    means = [row for row in beyond.estimates if row["statistic"] == "mean_count"]
    assert [row["status"] for row in means] == ["not_estimable"] * 2  # nobody is followed so long


def test_wins_go_down_the_tiers_and_pairs_stand_beside_all_couples(data):
    """Pairs 1-7, 2-8, 3-9, 5-10, 6-11. Relapse decides none, for only a competing death ends it.

    By days to the shared end: 1-7 4 to 2 lost, 2-8 won, 3-9 2 each by day 5, 5-10 and 6-11 alike.
    """
    with_repeats(data)
    study = with_stays()
    one = analysis("win_ratio", endpoint_ids="relapse", counted_endpoint_ids="stay")
    results = Results("twelve", analysis_id=one.analysis_id)
    win_ratio.make(study, one, data, results)
    frame = pd.DataFrame(results.estimates)
    pairs = frame[frame["row_group"] == win_ratio.PAIRS].set_index(["row_label", "statistic"])
    assert pairs.loc[("Relapse", "percent_won"), "numerator"] == 0
    counts = [pairs.loc[("Stay: days", name), "numerator"] for name in win_ratio.COUNTS]
    assert counts == [1, 1, 3]
    assert pairs.loc[("Win ratio", "win_ratio"), "estimate"] == 1.0
    whole = frame[frame["row_group"] == win_ratio.EVERYONE].set_index(["row_label", "statistic"])
    # 2, 5 and 6 win against 7, 8 and 9, and 1 and 3 against 8; 1 loses to 7, both to 10 and 11
    counts = [whole.loc[("all tiers", name), "numerator"] for name in win_ratio.COUNTS]
    assert counts == [11, 5, 9]
    shown = win_ratio.table(results.own_rows(one.analysis_id), "Wins")
    assert [win_ratio.PAIRS] in shown.rows and "OUT-2_wins" in results.figures
    assert "then the days of «Stay»" in analysis_prose(study, one)
    with pytest.raises(NoData, match="no occurrences of «Stay»"):
        win_ratio.make(study, one, two_arms.data(), Results("twelve", analysis_id="x"))


def test_bias_is_told_of_codes_and_of_a_confounder_that_nobody_measured(data):
    """Codes of fever find four of five, and nobody who had none."""
    ends = ("least", "likely", "most")
    row = {"endpoint_id": "fever", "arm": "both"}
    row |= {f"sensitivity_{end}": 0.8 for end in ends} | {f"specificity_{end}": 1.0 for end in ends}
    data.rows = {**data.rows, "validity": pd.DataFrame([row])}
    one = analysis("bias_analysis", endpoint_ids="fever;relapse")
    results = Results("twelve", analysis_id=one.analysis_id)
    bias_analysis.make(two_arms.study(), one, data, results)
    frame = pd.DataFrame(results.estimates).set_index(["endpoint", "statistic"])["estimate"]
    found = [frame[("fever", f"risk_{what}_found")] for what in ("ratio", "difference")]
    # perfect specificity leaves the ratio and divides the difference by the sensitivity
    told = [frame[("fever", f"risk_{what}_corrected")] for what in ("ratio", "difference")]
    assert told == pytest.approx([found[0], found[1] / 0.8])
    ratio = frame[("fever", "hazard_ratio_cause_specific")]
    assert ratio == pytest.approx(FEVER)
    left = frame[("fever", "hazard_ratio_confounder_2_40_20")]
    assert left == pytest.approx(ratio / (1.4 / 1.2))
    (relapse,) = (row for row in results.estimates if row["endpoint"] == "relapse")
    assert relapse["status"] == "not_estimable"  # nobody had it: no ratio to judge
    shown = bias_analysis.table(results.own_rows(one.analysis_id), "Bias")
    assert ["Relapse: HR not estimable"] in shown.rows
    assert any(row[0] == "in 40 % of treated, 20 % of controls" for row in shown.rows)
    assert "codes" in analysis_prose(two_arms.study(), one)
    half = pd.DataFrame([row | {"arm": "treated"}])
    data.rows = {**data.rows, "validity": half}
    with pytest.raises(StatisticsError, match="no row of the arm comparator"):
        bias_analysis.make(two_arms.study(), one, data, results)
