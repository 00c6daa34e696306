"""Small counts leave nothing behind: not in estimates, curves, figures, warnings or tables."""

import pandas as pd
import pytest

from myelomart.analyses import cohort_table, one_arm_survival, transitions
from myelomart.disclosure.policies import below
from myelomart.disclosure.suppression import suppress
from myelomart.results import Results


def by_label(results: Results) -> pd.DataFrame:
    frame = results.estimate_frame()
    return frame[frame["statistic"] == "percent"].set_index("row_label")


def test_a_small_count_its_limits_and_what_would_tell_it_are_hidden(make):
    results = make(cohort_table, "cohort_table", row_groups="Disease")
    suppress([results], below(4), {})
    rows = by_label(results)
    hidden = rows[rows["status"] == "suppressed"]
    assert "ISS stage: I" in hidden.index  # 3 of 11
    assert hidden[["estimate", "ci_low", "ci_high", "numerator", "p_value"]].isna().all(axis=None)
    assert results.estimate_frame()[["range_low", "range_high"]].isna().all(axis=None)


def test_enough_persons_stay_shown(make):
    results = make(cohort_table, "cohort_table", row_groups="EMD")
    before = by_label(results).loc["EMD after"]
    suppress([results], below(3), {})
    after = by_label(results).loc["EMD after"]
    assert before["n_missing"] == 1  # one person unknown is a small count too
    assert pd.isna(after["n_missing"])
    results = make(cohort_table, "cohort_table", row_groups="Patients", summary_style="mean_sd")
    results.estimates = [one | {"n_missing": 0} for one in results.estimates]
    suppress([results], below(3), {})
    mean = results.estimate_frame().query("statistic == 'mean'").iloc[0]
    assert mean["estimate"] == 60


def test_the_table_says_suppressed_and_prints_no_small_number(make):
    results = make(cohort_table, "cohort_table", row_groups="Disease")
    suppress([results], below(6), {})
    table = cohort_table.ANALYSIS.table(results.own_rows("the_cohort_table"), "Table")
    cells = [cell for row in table.rows if len(row) > 1 for cell in row[1:]]
    assert "suppressed" in cells
    assert not any(cell.startswith(("1 /", "2 /", "3 /", "4 /", "5 /")) for cell in cells)


def test_steps_of_a_curve_are_joined_until_each_holds_the_limit_and_it_ends_with_few_at_risk(make):
    results = make(one_arm_survival, "survival", endpoint_ids="os")
    before = results.curve_frame()
    suppress([results], below(3), {"OUT-1": [0, 3, 6, 12]})
    curve = results.curve_frame()
    events = before["n_event"].cumsum()
    third = before["time_months"][(events >= 3).idxmax()]
    assert list(curve["time_months"])[:2] == [0, round(2 * third) / 2]
    assert len(curve) - 1 <= before["n_event"].sum() / 3
    assert (curve["n_risk"] % 5 == 0).all()
    assert curve[["n_event", "n_censored"]].isna().all(axis=None)


def test_figures_go_and_warnings_lose_their_small_numbers(make):
    results = make(
        transitions,
        "transitions",
        group_covariate_id="emd_before",
        outcome_covariate_id="emd_after",
    )
    results.warnings.append("OUT-1: 3 of 120 persons are in no group, 95 % of 12.")
    suppress([results], below(11), {})
    assert results.figures == {}
    assert results.warnings[0] == ("OUT-1: <11 of 120 persons are in no group, half or more of 10.")
    assert "counts from 1 to 10 are hidden" in results.warnings[-1]


def test_a_test_without_counts_falls_with_the_curves_it_compares(make):
    results = make(one_arm_survival, "survival", endpoint_ids="os", group_covariate_id="high_risk")
    suppress([results], below(6), {"OUT-1": [0, 3]})
    frame = results.estimate_frame().set_index("statistic")
    assert frame.loc["logrank_chi2", "status"] == "suppressed"
    assert frame.loc["logrank_chi2", ["estimate", "p_value"]].isna().all()


@pytest.mark.parametrize("fewest", [3, 5, 11])
def test_no_count_below_the_limit_is_left(make, fewest):
    results = make(cohort_table, "cohort_table", group_covariate_id="high_risk")
    suppress([results], below(fewest), {})
    counts = results.estimate_frame()["numerator"].dropna()
    assert not ((counts > 0) & (counts < fewest)).any()
