"""Small counts leave nothing behind: not in estimates, curves, figures, warnings or tables."""

import pandas as pd
import pytest

from myelomart.analyses import cohort_table, one_arm_survival, transitions
from myelomart.disclosure.suppression import suppress
from myelomart.results import Results


def by_label(results: Results) -> pd.DataFrame:
    frame = results.estimate_frame()
    return frame[frame["statistic"] == "percent"].set_index("row_label")


def test_a_small_count_its_limits_and_what_would_tell_it_are_hidden(make):
    results = make(cohort_table, "cohort_table", row_groups="Disease")
    suppress(results, 4, {})
    rows = by_label(results)
    # stage: I 3 of 11, II 4, III 4: one is small, so the smallest other goes as well
    hidden = rows[rows["status"] == "suppressed"]
    assert "ISS stage: I" in hidden.index
    assert len([label for label in hidden.index if label.startswith("ISS stage")]) >= 2
    assert hidden[["estimate", "ci_low", "ci_high", "numerator", "p_value"]].isna().all(axis=None)
    assert results.estimate_frame()[["range_low", "range_high"]].isna().all(axis=None)


def test_a7_a_cell_hidden_alone_takes_the_next_smallest_with_it(make, data):
    # nobody is unknown, so that no other rule hides a level: stage I 3, III 4, II 5 of 12
    unknown = data.covariates["person_id"].eq(12) & data.covariates["covariate_id"].eq("stage")
    data.covariates.loc[unknown, "value_text"] = "II"
    results = make(cohort_table, "cohort_table", row_groups="Disease")
    suppress(results, 4, {})
    status = by_label(results)["status"]
    assert status["ISS stage: I"] == status["ISS stage: III"] == "suppressed"
    assert pd.isna(status["ISS stage: II"])


def test_two_hidden_cells_protect_each_other(make, data):
    unknown = data.covariates["person_id"].eq(12) & data.covariates["covariate_id"].eq("stage")
    data.covariates.loc[unknown, "value_text"] = "II"
    results = make(cohort_table, "cohort_table", row_groups="Disease")
    suppress(results, 5, {})  # I 3 and III 4 are small; II 5 of 12 is not, nor are the other 7
    assert pd.isna(by_label(results)["status"]["ISS stage: II"])


def test_enough_persons_stay_shown(make):
    results = make(cohort_table, "cohort_table", row_groups="EMD")
    before = by_label(results).loc["EMD after"]
    suppress(results, 2, {})
    after = by_label(results).loc["EMD after"]
    assert before["n_missing"] == 1  # one person unknown is a small count too
    assert after["status"] == "suppressed"
    results = make(cohort_table, "cohort_table", row_groups="Patients", summary_style="mean_sd")
    results.estimates = [one | {"n_missing": 0} for one in results.estimates]
    suppress(results, 2, {})
    mean = results.estimate_frame().query("statistic == 'mean'").iloc[0]
    assert mean["estimate"] == 60


def test_the_table_says_suppressed_and_prints_no_small_number(make):
    results = make(cohort_table, "cohort_table", row_groups="Disease")
    suppress(results, 6, {})
    table = cohort_table.ANALYSIS.table(results.own_rows("the_cohort_table"), "Table")
    cells = [cell for row in table.rows if len(row) > 1 for cell in row[1:]]
    assert "suppressed" in cells
    assert not any(cell.startswith(("1 /", "2 /", "3 /", "4 /", "5 /")) for cell in cells)


def test_curves_are_kept_at_the_months_shown_and_end_where_few_are_at_risk(make):
    results = make(one_arm_survival, "survival", endpoint_ids="os")
    suppress(results, 5, {"OUT-1": [0, 3, 6, 12]})
    curve = results.curve_frame()
    assert list(curve["time_months"]) == [0, 3, 6]  # at month 12 fewer than five are left
    assert (curve["n_risk"] >= 5).all()
    assert curve[["n_event", "n_censored"]].isna().all(axis=None)


def test_figures_go_and_warnings_lose_their_small_numbers(make):
    results = make(
        transitions,
        "transitions",
        group_covariate_id="emd_before",
        outcome_covariate_id="emd_after",
    )
    results.warnings.append("OUT-1: 3 of 120 persons are in no group, 95 % of 12.")
    suppress(results, 11, {})
    assert results.figures == {}
    assert results.warnings[0] == "OUT-1: <11 of 120 persons are in no group, 95 % of 12."
    assert "below 11 are suppressed" in results.warnings[-1]


def test_a_test_without_counts_falls_with_the_curves_it_compares(make):
    results = make(one_arm_survival, "survival", endpoint_ids="os", group_covariate_id="high_risk")
    suppress(results, 6, {"OUT-1": [0, 3]})
    frame = results.estimate_frame().set_index("statistic")
    assert frame.loc["logrank_chi2", "status"] == "suppressed"
    assert frame.loc["logrank_chi2", ["estimate", "p_value"]].isna().all()


@pytest.mark.parametrize("fewest", [2, 5, 11])
def test_no_count_below_the_limit_is_left(make, fewest):
    results = make(cohort_table, "cohort_table", group_covariate_id="high_risk")
    suppress(results, fewest, {})
    counts = results.estimate_frame()["numerator"].dropna()
    assert not ((counts > 0) & (counts < fewest)).any()
