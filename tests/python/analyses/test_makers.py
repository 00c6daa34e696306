"""The makers of one cohort's outputs, against numbers counted by hand or by the package's tests."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_study import COHORT, ENDPOINTS, OS, RELAPSE, TRANSPLANT, VALUES

from myelomart.analyses import (
    attrition,
    cohort_table,
    cumulative_incidence,
    distribution,
    ever_treated,
    line_table,
    one_arm_survival,
    plateau,
    prognostic_factors,
    response_bars,
    site_sets,
    swimmer,
    target_trial,
    transitions,
)
from myelomart.errors import NoData
from myelomart.population.levels import level_in_words
from myelomart.survival import (
    cox_regression,
    fine_gray,
    gray_test,
    kaplan_meier,
    landmark_rows,
    logrank_test,
    reverse_kaplan_meier,
)
from myelomart.tables import wilson_interval
from myelomart.tables.contingency import fisher_exact
from myelomart.tables.logistic import logistic_regression
from myelomart.target_trial import Options, Protocol, emulate

MONTH = 365 / 12
TIME, EVENT = (np.array(part) for part in zip(*OS, strict=True))


def only(results, statistic=None, **words):
    """The one estimate that has these words."""
    frame = results.estimate_frame()
    if statistic:
        frame = frame[frame["statistic"] == statistic]
    for column, value in words.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def test_cohort_table_has_own_denominators_the_unknown_and_wilson_limits(make):
    results = make(cohort_table, "cohort_table", summary_style="median_iqr")
    row = only(results, "percent", row_label="High risk", arm="All")
    low, high = wilson_interval(4, 11)
    assert (row["numerator"], row["denominator"], row["n_missing"]) == (4, 11, 1)
    assert row["estimate"] == pytest.approx(400 / 11)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((100 * low, 100 * high))
    unknown = only(results, "count", row_label="High risk: unknown")
    assert (unknown["estimate"], unknown["denominator"]) == (1, 12)
    assert only(results, "percent", row_label="ISS stage: III")["numerator"] == 4
    age = only(results, "median", row_label="Age, years")
    assert (age["estimate"], age["iqr_low"], age["iqr_high"]) == (60, 55, 65)
    assert (age["range_low"], age["range_high"], age["n_missing"]) == (50, 70, 1)
    assert "Naive cells" in " ".join(results.warnings)  # nobody has a value: said in a sentence


def test_cohort_table_tests_groups_as_the_study_did(make):
    options = {"group_covariate_id": "high_risk"}
    by_median = make(cohort_table, "cohort_table", summary_style="median_range", **options)
    by_mean = make(cohort_table, "cohort_table", summary_style="mean_sd", **options)
    known = VALUES.dropna(subset=["high_risk"])
    risk, rest = (known[known["high_risk"] == group]["age"] for group in (1, 0))
    age = only(by_median, "median", row_label="Age, years", arm="All")
    assert (age["p_test"], age["p_value"]) == (
        "wilcoxon", pytest.approx(stats.mannwhitneyu(risk, rest, method="exact").pvalue),
    )  # fmt: skip
    age = only(by_mean, "mean", row_label="Age, years", arm="All")
    assert age["p_test"] == "student"
    assert age["p_value"] == pytest.approx(stats.ttest_ind(risk, rest).pvalue)
    stage = only(by_mean, "percent", row_label="ISS stage: I", arm="All")
    table = pd.crosstab(known["stage"], known["high_risk"])
    assert (stage["p_test"], stage["p_value"]) == ("fisher", pytest.approx(fisher_exact(table)))
    assert only(by_mean, "count", row_group="Size", arm="High risk: yes")["estimate"] == 4
    assert any("1 of 12 persons are in no group" in one for one in by_mean.warnings)


@pytest.mark.parametrize(
    ("table", "p"),
    [  # progression_patterns: heavy chain, race, first therapies, by R 4.2's fisher.test
        ([[24, 36], [1, 11], [1, 0], [9, 24]], 0.05287112),
        ([[21, 49], [6, 9], [6, 11], [2, 2]], 0.7193411),
        ([[9, 20], [1, 7], [13, 33], [2, 0], [0, 4], [3, 4]], 0.1890350),
    ],
)
def test_fisher_beyond_two_by_two_equals_r(table, p):
    assert fisher_exact(table) == pytest.approx(p, abs=5e-7)


def test_printed_curves_of_the_site_stand_beside_the_cohort(make, tmp_path, monkeypatch):
    """In its figure and table with months as they are; in no test; and never from elsewhere."""
    rows = pd.DataFrame(
        {"study": "KarMMa", "time": [2, 4, 5, 7, 9, 12], "event": [1, 1, 0, 1, 1, 0]}
    )
    rows.to_csv(tmp_path / "trial.csv", index=False)
    options = {"endpoint_ids": "os", "group_covariate_id": "high_risk"}
    alone = make(one_arm_survival, "survival", **options)
    with pytest.raises(NoData, match="name it with --project"):
        make(one_arm_survival, "survival", published_curves="trial.csv", **options)
    monkeypatch.setenv("MYELOMART_PROJECT", str(tmp_path))
    results = make(one_arm_survival, "survival", published_curves="trial.csv", **options)
    median = only(results, "median_months", arm="KarMMa (as printed)")
    assert median["estimate"] == pytest.approx(7)
    assert (median["numerator"], median["denominator"]) == (4, 6)
    tests = [only(one, "logrank_chi2")["p_value"] for one in (alone, results)]
    assert tests[0] == tests[1]
    assert "KarMMa (as printed)" in "".join(results.figures.values())
    for name, said in (("none.csv", "it does not exist"), ("../trial.csv", "lies outside")):
        with pytest.raises(NoData, match=said):
            make(one_arm_survival, "survival", published_curves=name, **options)
    with pytest.raises(NoData, match="a column endpoint says of which"):
        make(one_arm_survival, "survival", published_curves="trial.csv")


def test_logistic_regression_equals_r():
    # glm(y ~ x + g, binomial) of R 4.2, which stops at a relative change of 1e-8
    y = [1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0]
    x = [2, 1, 4, 3, 2, 5, 6, 1, 3, 2, 5, 4, 3, 2, 6, 4]
    table = logistic_regression(y, pd.DataFrame({"x": x, "g": ["a", "b"] * 8})).table()
    assert list(table["term"]) == ["x", "g[b]"]
    assert table["coef"].to_numpy() == pytest.approx([0.8091296012, -1.9510203262], rel=1e-7)
    assert table["se"].to_numpy() == pytest.approx([0.5361599065, 1.2980147702], rel=1e-6)
    assert table["ci_high"].to_numpy() == pytest.approx([6.423632117, 1.809484277], rel=1e-5)


def test_survival_gives_median_rates_follow_up_and_numbers_at_risk(make):
    results = make(one_arm_survival, "survival", endpoint_ids="os")
    curve = kaplan_meier(TIME / MONTH, EVENT == 1)
    median = only(results, "median_months")
    assert median["estimate"] == pytest.approx(curve.median)
    assert (median["numerator"], median["denominator"]) == (6, 12)
    at_six = only(results, "survival", timepoint_months=6.0)
    assert at_six["estimate"] == pytest.approx(curve.at([6]).iloc[0]["survival"])
    assert at_six["denominator"] == 6  # at risk: those followed for 182.5 days and more
    follow_up = only(results, "median_follow_up_months")
    reverse = reverse_kaplan_meier(TIME / MONTH, EVENT == 1)
    assert follow_up["estimate"] == pytest.approx(reverse.median)
    assert follow_up["range_high"] == pytest.approx(600 / MONTH)
    assert results.curve_frame()["n_event"].sum() == 6
    assert list(results.figures) == ["OUT-1_os"]


def test_survival_by_group_says_log_rank_and_a_median_that_is_not_reached(make):
    results = make(
        one_arm_survival, "survival", endpoint_ids="relapse", group_covariate_id="high_risk"
    )
    known = VALUES["high_risk"].notna().to_numpy()
    time, code = (np.array(part)[known] for part in zip(*RELAPSE, strict=True))
    test = logrank_test(time, code == 1, VALUES["high_risk"][known])
    assert only(results, "logrank_chi2")["p_value"] == pytest.approx(test.p)
    others = only(results, "median_months", arm="High risk: no")
    assert np.isnan(others["estimate"])
    assert others["status"] == "not_reached"


def test_cumulative_incidence_counts_the_competing_event_and_tests_by_gray(make):
    results = make(
        cumulative_incidence, "cumulative_incidence", endpoint_ids="relapse",
        group_covariate_id="emd_before",
    )  # fmt: skip
    time, code = (np.array(part) for part in zip(*RELAPSE, strict=True))
    group = VALUES["emd_before"].to_numpy()
    # EMD: 1 of 3 relapses at day 20, 1 dies, 1 of the last 1 relapses: 1/3 + 1/3
    at_end = only(results, "cumulative_incidence", arm="EMD before: yes", timepoint_months=0.0)
    assert at_end["estimate"] == 0
    curve = results.curve_frame()
    own = curve[curve["arm"] == "EMD before: yes"]
    assert own["survival"].iloc[-1] == pytest.approx(2 / 3)
    assert only(results, "competing_events", arm="EMD before: yes")["estimate"] == 1
    assert only(results, "gray_chi2")["p_value"] == pytest.approx(gray_test(time, code, group).p)


def test_an_exposure_after_index_is_shown_in_three_ways_and_the_naive_never_alone(make):
    results = make(
        ever_treated, "ever_treated", endpoint_ids="os", group_endpoint_id="transplant",
        landmark_day=75,
    )  # fmt: skip
    start = np.array([days if event else np.nan for days, event in TRANSPLANT])
    ratios = results.estimate_frame().query("statistic == 'hazard_ratio'").set_index("population")
    assert set(ratios.index) == {
        ever_treated.NAIVE, "landmark at day 75", ever_treated.TIME_VARYING
    }  # fmt: skip
    naive = cox_regression(TIME, EVENT == 1, pd.DataFrame({"x": (start < TIME).astype(float)}))
    assert ratios.loc[ever_treated.NAIVE, "estimate"] == pytest.approx(naive.hazard_ratio[0])
    assert ratios.loc[ever_treated.NAIVE, "status"] == "immortal_time"
    kept = landmark_rows(TIME, EVENT == 1, start, 75)
    fit = cox_regression(kept["time"], kept["event"], kept[["exposed"]])
    assert ratios.loc["landmark at day 75", "estimate"] == pytest.approx(fit.hazard_ratio[0])
    assert ratios.loc["landmark at day 75", "denominator"] == (TIME > 75).sum()
    assert list(results.figures) == ["OUT-1_os_three_ways"]
    assert any("fewer than 5 persons, so that no curve is drawn" in one for one in results.warnings)


def test_naive_and_landmark_curves_are_panels_of_one_figure(make, monkeypatch):
    monkeypatch.setattr(ever_treated, "FEWEST_DRAWN", 1)
    results = make(
        ever_treated, "ever_treated", endpoint_ids="os", group_endpoint_id="transplant",
        landmark_day=75,
    )  # fmt: skip
    name = next(name for name in results.figures if not name.endswith("three_ways"))
    assert [sheet.title.split(": ")[1] for _, sheet, _ in results.panels[name]] == [
        ever_treated.NAIVE, "landmark at day 75",
    ]  # fmt: skip
    assert "Months from day 75 after time zero" in results.figures[name]


def test_nobody_exposed_is_said_and_not_drawn(make, data):
    data.endpoints.loc[data.endpoints["endpoint"] == "transplant", "event"] = 0
    with pytest.raises(NoData, match="happened to none of 12 persons"):
        make(ever_treated, "ever_treated", endpoint_ids="os", group_endpoint_id="transplant",
             landmark_day=75)  # fmt: skip


def test_responses_are_of_those_assessed_in_the_order_of_depth(make):
    results = make(response_bars, "response_bars", outcome_covariate_id="best_response")
    frame = results.estimate_frame()
    shown = list(frame[frame["statistic"] == "percent"]["row_label"])[:6]
    assert shown == ["sCR", "CR", "VGPR", "PR", "SD", "PD"]
    assert only(results, "percent", row_label="PR or better")["numerator"] == 7
    assert only(results, "percent", row_label="CR or better")["numerator"] == 3
    assert only(results, "percent", row_label="PR or better")["denominator"] == 10
    assert only(results, "count", row_label="not assessed")["estimate"] == 2


def test_treatments_add_up_and_responses_are_of_lines_that_could_be_assessed(make):
    results = make(line_table, "line_table")
    used = results.estimate_frame().query("statistic == 'percent_used'")
    groups = used[used["row_group"] == "Treatment groups"]
    part = "of these: Bispecific BCMA-directed"
    assert list(groups["row_label"].unique()) == [
        "Auto-SCT",
        "Bispecific",
        part,
        "CAR T",
        "Venetoclax-based",
    ]  # the order of the table, unused groups among them
    for arm, total, own in (("First line", 4, 0), ("All lines", 6, 1)):
        of_arm = groups[groups["arm"] == arm].set_index("row_label")["numerator"]
        assert of_arm.drop(part).sum() == total
        assert (of_arm["Auto-SCT"], of_arm[part]) == (0, own)
        row = only(results, "percent_used", row_label="All treatment groups", arm=arm)
        assert row["numerator"] == row["denominator"] == total
    orr = only(results, "percent_response", row_label="All treatment groups", arm="All lines")
    assert (orr["numerator"], orr["denominator"], orr["n_missing"]) == (3, 4, 2)
    deep = only(results, "percent_deep_response", row_label="Bispecific", arm="All lines")
    assert (deep["numerator"], deep["denominator"]) == (1, 1)
    label = "T-cell-engaging (CAR-T or bispecific)"
    patients = only(results, "percent_patients", row_label=label, arm="All lines")
    assert (patients["numerator"], patients["denominator"]) == (3, 12)
    assert only(results, "count", row_label="Such lines")["estimate"] == 3


def test_factors_are_fitted_alone_and_together_with_the_unknown_flagged(make):
    results = make(
        prognostic_factors, "prognostic_factors", endpoint_ids="os", row_groups="Patients;Disease"
    )
    known = VALUES["age"].notna().to_numpy()
    alone = cox_regression(TIME[known], EVENT[known] == 1, VALUES.loc[known, ["age"]].astype(float))
    row = only(results, "hazard_ratio_univariable", row_label="Age, years")
    assert row["estimate"] == pytest.approx(alone.hazard_ratio[0])
    assert row["n_missing"] == 1
    risk = only(results, "hazard_ratio_univariable", row_label="High risk")
    assert (risk["numerator"], risk["denominator"]) == (3, 4)
    assert any("OUT-1, Overall survival" in one for one in results.warnings)


def test_competing_events_give_both_kinds_of_hazard(make):
    results = make(
        prognostic_factors, "prognostic_factors", endpoint_ids="relapse", row_groups="Patients"
    )
    time, code = (np.array(part) for part in zip(*RELAPSE, strict=True))
    known = VALUES["age"].notna().to_numpy()
    age = VALUES.loc[known, ["age"]].astype(float)
    whom = fine_gray(time[known], code[known], age).table().iloc[0]
    row = only(results, "subdistribution_hazard_ratio_univariable", row_label="Age, years")
    assert row["estimate"] == pytest.approx(whom["shr"])
    why = cox_regression(time[known], code[known] == 1, age).hazard_ratio[0]
    row = only(results, "hazard_ratio_univariable", row_label="Age, years")
    assert row["estimate"] == pytest.approx(why)


def test_a_factor_with_a_level_that_nobody_with_the_event_has_is_left_out_by_name(make, data):
    happened = np.array([code for _, code in RELAPSE]) == 1
    own = data.covariates["covariate_id"] == "high_risk"
    free = data.covariates.loc[own, "person_id"].isin(np.flatnonzero(~happened) + 1)
    data.covariates.loc[own, "value_number"] = free.astype(float)  # none of them relapsed
    results = make(prognostic_factors, "prognostic_factors", endpoint_ids="relapse")
    (said, *_) = [one for one in results.warnings if "is left out of the model" in one]
    assert "High risk" in said and "high_risk" not in said


def test_a_yes_or_no_outcome_is_modelled_by_odds(make):
    results = make(
        prognostic_factors, "prognostic_factors", outcome_covariate_id="emd_after",
        row_groups="Patients",
    )  # fmt: skip
    known = VALUES[["age", "emd_after"]].dropna().astype(float)
    fit = logistic_regression(known["emd_after"], known[["age"]]).table().iloc[0]
    row = only(results, "odds_ratio_univariable", row_label="Age, years")
    assert row["estimate"] == pytest.approx(fit["odds_ratio"])
    assert not any("hazard" in one for one in results.estimate_frame()["statistic"])


def test_transitions_close_and_ask_for_association_and_change_apart(make):
    results = make(
        transitions,
        "transitions",
        group_covariate_id="emd_before",
        outcome_covariate_id="emd_after",
    )
    pairs = results.estimate_frame().query("statistic == 'percent'")
    assert pairs["numerator"].sum() == 12  # the unknown among them
    stays = only(results, "percent", arm="yes", row_label="EMD after: yes")
    assert (stays["numerator"], stays["denominator"]) == (2, 3)
    # known at both times: 2 stay, 1 loses it, 3 gain it, 5 never have it
    change = only(results, "change")
    assert (change["estimate"], change["numerator"], change["denominator"]) == (2, 4, 11)
    assert change["p_value"] == pytest.approx(stats.binomtest(3, 4).pvalue)
    association = only(results, "association")
    assert association["p_value"] == pytest.approx(stats.fisher_exact([[2, 1], [3, 5]]).pvalue)


def test_sites_have_their_own_denominators_and_combinations_close(make):
    results = make(site_sets, "site_sets", row_groups="EMD")
    assert only(results, "percent", row_label="EMD before", row_group="EMD")["denominator"] == 12
    after = only(results, "percent", row_label="EMD after", row_group="EMD")
    assert (after["numerator"], after["denominator"], after["n_missing"]) == (5, 11, 1)
    together = results.estimate_frame().query("row_group == 'Combinations'")
    assert together["numerator"].sum() == 11
    both = only(results, row_label="EMD before + EMD after")
    assert both["numerator"] == 2
    assert only(results, row_label="none of these")["numerator"] == 5


def test_lanes_name_nobody_and_round_months(make):
    results = make(swimmer, "swimmer", endpoint_ids="os")
    assert only(results, "count", row_label="Lines in all")["estimate"] == 6
    lines = only(results, "median", row_label="Lines per person")
    assert (lines["estimate"], lines["range_high"], lines["denominator"]) == (0, 2, 12)
    lanes = swimmer._lanes(
        pd.DataFrame({"person_id": [7, 9], "time_days": [45, 400], "event": [1, 0]}),
        pd.DataFrame({"person_id": [7], "start_day": [40], "end_day": [300], "group": ["CAR T"]}),
    )
    assert lanes == [
        {"months": 14, "ended": False, "bars": []},
        {"months": 2, "ended": True, "bars": [(1, 2, "CAR T")]},  # not beyond the follow-up
    ]
    assert "person" not in results.figures["OUT-1_swimmer"].split("</title>")[1]


def test_a_distribution_without_any_value_says_what_is_missing(make):
    with pytest.raises(NoData, match="«Naive cells, %»: no value is known of any of 12 persons"):
        make(distribution, "distribution", row_groups="Cells", group_covariate_id="high_risk")


def test_a_distribution_has_quartiles_per_group_and_wilcoxon(make):
    results = make(distribution, "distribution", row_groups="Patients", group_covariate_id="stage")
    row = only(results, "median", arm="ISS stage: III")
    assert (row["estimate"], row["denominator"]) == (57, 4)
    known = VALUES.dropna(subset=["age", "stage"])
    groups = [part["age"] for _, part in known.groupby("stage")]
    assert row["p_value"] == pytest.approx(stats.kruskal(*groups).pvalue)


def test_an_empty_cohort_is_said(make, data):
    data.population.drop(data.population.index, inplace=True)
    with pytest.raises(NoData, match="nobody is in the cohort «Relapsed»"):
        make(one_arm_survival, "survival", endpoint_ids=ENDPOINTS[0].endpoint_id)


def test_an_empty_cohort_says_where_the_last_left(make, data):
    data.population.drop(data.population.index, inplace=True)
    data.rows["attrition"] = pd.DataFrame(
        {"cohort_id": COHORT, "step": [-2, -1], "label": ["Multiple myeloma", "Index event"],
         "persons_before": [1500, 995], "persons_after": [995, 0]}
    )  # fmt: skip
    with pytest.raises(NoData, match="none of 995 persons has its index event, «progression»"):
        make(cohort_table, "cohort_table")
    data.attrition["label"] = ["Multiple myeloma", "Followed to the landmark"]
    with pytest.raises(NoData, match="last 995 persons left at the step «Followed to the landm"):
        make(cohort_table, "cohort_table")


def test_the_flow_tells_of_how_many_who_stay_a_block_is_known(make, data):
    step = {"cohort_id": COHORT, "kind": "include", "label": "Relapsed", "step": 1,
            "persons_before": 15, "persons_excluded": 3, "persons_unknown": 0,
            "persons_after": 12}  # fmt: skip
    data.rows["attrition"] = pd.DataFrame([step])
    results = make(attrition, "attrition", row_groups="Response;Cells")
    known = only(results, "persons_known", row_label="Response: known")
    assert (known["numerator"], known["denominator"]) == (10, 12)
    assert only(results, "persons_known", row_label="Cells: known")["numerator"] == 0
    assert "Response known of 10" in results.figures["OUT-1_flow"]


def test_three_groups_are_compared_pair_by_pair_as_panels_of_two_show_them(make):
    results = make(distribution, "distribution", row_groups="Patients", group_covariate_id="stage")
    pairs = results.estimate_frame().query("statistic == 'pair'")
    assert len(pairs) == 3
    first = VALUES["age"][VALUES["stage"] == "I"]
    second = VALUES["age"][VALUES["stage"] == "II"]
    wanted = stats.mannwhitneyu(first, second, method="exact")
    row = pairs[pairs["row_label"].str.endswith("stage: I against ISS stage: II")].iloc[0]
    assert row["p_value"] == pytest.approx(wanted.pvalue)
    assert row["denominator"] == len(first) + len(second)


def test_medians_are_tested_by_student_where_the_row_says_so(make):
    options = {"row_groups": "Patients", "group_covariate_id": "high_risk"}
    results = make(cohort_table, "cohort_table", summary_style="median_iqr_student", **options)
    row = only(results, "median", arm="All")
    age, high = VALUES["age"], VALUES["high_risk"]
    wanted = stats.ttest_ind(age[high == 1].dropna(), age[high == 0].dropna())
    assert row["p_value"] == pytest.approx(wanted.pvalue)


@pytest.mark.parametrize(
    ("level", "words"),
    [("IMAGING_EMD", "imaging EMD"), ("VGPR", "VGPR"), ("ide_cel", "ide-cel"), ("OTHER", "other"),
     ("EMD_only", "EMD only")],
)  # fmt: skip
def test_levels_are_words_and_only_abbreviations_stand_in_capitals(level, words):
    assert level_in_words(level) == words


def waiting(data, persons=120):
    """More persons for a trial: a transplant for many, sooner in the high-risk, who die sooner."""
    rng = np.random.default_rng(8)
    own = pd.DataFrame({"person_id": np.arange(1, persons + 1), "cohort_id": COHORT})
    risk = rng.integers(0, 2, persons)
    death = np.ceil(rng.exponential(500 / (1 + risk)))
    begun = np.ceil(rng.exponential(120 / (1 + risk)))
    data.rows["population"] = own.assign(study_id="made_up")
    data.rows["covariates"] = own.assign(
        covariate_id="high_risk", value_number=risk.astype(float), value_text=None
    )
    ends = {"os": (np.minimum(death, 900), death <= 900),
            "transplant": (np.minimum(begun, death), begun <= death)}  # fmt: skip
    data.rows["endpoints"] = pd.concat(
        own.assign(endpoint=name, time_days=days, event=happened.astype(int), had_prior_event=False)
        for name, (days, happened) in ends.items()
    )
    return risk, death, np.where(begun <= death, begun, np.nan)


def test_a_target_trial_is_that_of_the_statistics_with_the_naive_ratio_beside(make, study, data):
    risk, death, begun = waiting(data)
    study.__dict__["covariates"] = tuple(
        replace(one, is_adjusted_for=one.covariate_id == "high_risk") for one in study.covariates
    )
    results = make(
        target_trial, "target_trial", endpoint_ids="os", group_endpoint_id="transplant",
        landmark_day=90,
    )  # fmt: skip
    month = 365 / 12
    wanted = emulate(
        np.minimum(death, 900) / month, death <= 900, begun / month,
        Protocol(90 / month, 12, 15 / month), baseline=pd.DataFrame({"high_risk": risk * 1.0}),
        options=Options(samples=200, seed=0),
    )  # fmt: skip
    told = {"population": target_trial.WAY}
    for statistic, name in (("hazard_ratio", "hazard_ratio"),
                            ("risk_difference", "risk_difference")):  # fmt: skip
        row = only(results, statistic, **told)
        assert row["estimate"] == pytest.approx(wanted.effects[name].estimate)
        assert row["ci_low"] == pytest.approx(wanted.effects[name].ci_low)
    naive = only(results, "hazard_ratio", population=target_trial.NAIVE)
    assert naive["status"] == "immortal_time"
    assert naive["estimate"] < wanted.effects["hazard_ratio"].estimate
    curve = results.curve_frame().query("arm == 'Transplant: within 90 days'")
    at_end = curve[curve["time_months"] <= 12]["survival"].iloc[-1]
    assert at_end == pytest.approx(1 - wanted.effects["risk_treated"].estimate)
    arm = {"arm": "Transplant: within 90 days"}
    departed = only(results, "clones_departed", **arm)["estimate"]
    assert departed == (~(begun <= 90) & (death > 90)).sum()
    shown = target_trial.table(results.own_rows("the_target_trial"), "A trial")
    words = [cell for row in shown.rows for cell in row]
    assert "hazard ratio, ever against never (immortal-time biased) †" in words
    assert f"{departed:.0f}" in words
    assert len(results.figures) == 2


def test_a_target_trial_that_cannot_be_weighted_says_so(make, data):
    waiting(data)
    with pytest.raises(NoData, match="names no landmark_day"):
        make(target_trial, "target_trial", endpoint_ids="os", group_endpoint_id="transplant")
    data.rows["endpoints"].iloc[0, data.rows["endpoints"].columns.get_loc("time_days")] = 0
    data.rows["endpoints"].loc[lambda rows: rows["endpoint"] == "transplant", "time_days"] += 90
    results = make(
        target_trial, "target_trial", endpoint_ids="os", group_endpoint_id="transplant",
        landmark_day=90,
    )  # fmt: skip
    assert only(results, "hazard_ratio", population=target_trial.WAY)["status"] == "not_estimable"
    assert any("begins treatment by" in one for one in results.warnings)
    assert any("of 1 of 120 persons ends at time zero" in one for one in results.warnings)
    assert any("adjusts for no covariate" in one for one in results.warnings)


def test_a_plateau_is_told_only_where_the_tail_is_long_and_full(make):
    """Survival: the last of six events on day 400, two followed to 500 and 600; days 210 and 400
    lie in the 200 days before it."""
    results = make(plateau, "plateau", endpoint_ids="os")
    rows = {row["statistic"]: row for row in results.estimates}
    assert rows["percent_beyond_last_event"]["numerator"] == 2
    assert rows["sufficient_follow_up"]["estimate"] == 2
    assert rows["sufficient_follow_up"]["p_value"] == pytest.approx((10 / 12) ** 12)
    assert rows["cured_weibull"]["status"] == "not_interpretable"
    assert rows["last_event_months"]["estimate"] == pytest.approx(400 * 12 / 365)
    assert any("does not allow a statement on a plateau: only 2 of 12" in one
               for one in results.warnings)  # fmt: skip
    shown = plateau.table(results.own_rows("the_plateau"), "Plateau")
    assert shown.rows[1][-1] == "no" and len(shown.rows[1]) == len(shown.columns)
    assert "†" in shown.rows[1][6]  # the exponential share
    (sheet,) = results.figures.values()
    assert "Long dashes" in str(sheet)
