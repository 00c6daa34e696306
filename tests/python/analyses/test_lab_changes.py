"""Laboratory values and grades before and after, on the twelve persons of `two_arms`.

Before, both of a pair have 10, 20, 30, 40, 50; the treated lose 10, 20, 30, 20, the controls
nothing, and the last pair is not tested again. So they differ by −20 at the same value before.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import two_arms
from two_arms import analysis

from myelomart.analyses import grade_shifts, lab_changes
from myelomart.disclosure.policies import below
from myelomart.disclosure.suppression import suppress
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.change import difference_of_changes
from myelomart.protocol import analysis_prose
from myelomart.protocol.analyses import multiplicity
from myelomart.protocol.population import windows
from myelomart.results import Results
from myelomart.study import FollowedLab

BEFORE = {1: 10, 2: 20, 3: 30, 5: 40, 6: 50, 7: 10, 8: 20, 9: 30, 10: 40, 11: 50, 4: 900, 12: 1}
LOST = {1: 10, 2: 20, 3: 30, 5: 20, 7: 0, 8: 0, 9: 0, 10: 0, 4: -900, 12: 0}
STUDY = replace(
    two_arms.study(),
    followed_labs=(
        FollowedLab("platelet_count", "Platelets", -60, -6, 1, 365),
        FollowedLab("ldh", "LDH", -60, -6, 1, 365),
    ),
)
GRADES = {
    1: (0, 3),
    2: (1, 1),
    3: (0, 4),
    5: (3, 4),
    7: (0, 0),
    8: (2, 3),
    9: (0, None),
    10: (1, 0),
}


@pytest.fixture
def data():
    rows = two_arms.data()
    persons = rows.population[["cohort_id", "person_id"]]
    of = persons["person_id"].map
    grades = [GRADES.get(one, (None, None)) for one in persons["person_id"]]
    before, after = (pd.array([one[k] for one in grades], "Int32") for k in (0, 1))
    platelets = persons.assign(
        lab="platelet_count", value_before=of(BEFORE).astype(float),
        last_value_after=of(BEFORE) - of(LOST),
        grade_before=before, worst_grade_after=after, is_worse=after > before,
        became_severe=(after >= 3) & (before < 3),
    )  # fmt: skip
    none = dict.fromkeys(("value_before", "last_value_after"), np.nan)
    none |= dict.fromkeys(("grade_before", "worst_grade_after"), pd.NA)
    none |= dict.fromkeys(("is_worse", "became_severe"), pd.NA)
    ldh = persons.assign(lab="ldh", **none)
    rows.rows = {
        **rows.rows,
        "lab_changes": pd.concat([platelets, ldh.astype(platelets.dtypes)], ignore_index=True),
    }
    return rows


def made(module, data, **options) -> Results:
    one = analysis(module.ANALYSIS.name, **options)
    results = Results("twelve", analysis_id=one.analysis_id)
    module.make(STUDY, one, data, results)
    return results


def test_arms_are_compared_at_the_same_value_before_and_the_untested_are_counted(data):
    frame = made(lab_changes, data).estimate_frame()
    platelets = frame[frame["endpoint"] == "platelet_count"].set_index(["statistic", "row_label"])
    gap = platelets.loc[("difference_in_change", lab_changes.CHANGE)]
    assert gap["estimate"] == pytest.approx(-20)
    assert gap["denominator"] == 8 and gap["n_missing"] == 2 and gap["p_test"].endswith("to pairs")
    change = platelets.loc[("mean_change", lab_changes.CHANGE)].set_index("arm")
    assert change["estimate"].tolist() == [-20, 0] and change["n_missing"].tolist() == [1, 1]
    before = platelets.loc[("median", lab_changes.BEFORE)]
    assert before["estimate"].tolist() == [30, 30] and before["denominator"].tolist() == [5, 5]
    worse = platelets.loc[("percent", "Worse by a grade or more")]
    assert worse["numerator"].tolist() == [3, 1] and worse["denominator"].tolist() == [4, 3]
    severe = platelets.loc[("percent", "Severe after, not before")]
    assert severe["numerator"].tolist() == [2, 1]
    assert platelets.loc[("risk_difference", "Severe after, not before"), "estimate"] == (
        pytest.approx(2 / 4 - 1 / 3)
    )
    ldh = frame[frame["endpoint"] == "ldh"]
    assert set(ldh["status"]) == {"no_data"} and "percent" not in set(ldh["statistic"])


def test_the_tables_show_values_shifts_and_what_is_not_known(data):
    results = made(lab_changes, data)
    shown = lab_changes.table(results.own_rows("the_lab_changes"), "Values")
    rows = {row[0]: row for row in shown.rows if len(row) > 1}
    platelets = shown.rows[: shown.rows.index(["LDH"])]
    assert platelets[1][:3] == [lab_changes.BEFORE, "30.0 (20.0–40.0), n = 5"] + [
        "30.0 (20.0–40.0), n = 5"
    ]
    assert platelets[3][3].startswith("−20.0 (−") and rows["Mean change"][1] == "–"  # LDH's
    assert rows["Worse by a grade or more"][1:3] == ["3 / 4 (75.0 %)", "1 / 3 (33.3 %)"]
    results = made(grade_shifts, data)
    assert set(results.estimate_frame()["endpoint"]) == {"platelet_count"}  # LDH has no grades
    shown = grade_shifts.table(results.own_rows("the_grade_shifts"), "Shifts")
    assert shown.rows[:4] == [
        ["Platelets"],
        ["CAR-T", "", "", "", "", "", "", "1"],
        ["\u2003grade 0 before", "0", "0", "0", "1", "1", "2", ""],
        ["\u2003grade 1 before", "0", "1", "0", "0", "0", "1", ""],
    ]
    assert "covariance" in analysis_prose(STUDY, analysis("lab_changes"))
    assert "worst after it" in analysis_prose(STUDY, analysis("grade_shifts"))


def test_small_counts_of_shifts_are_hidden_and_the_table_stands(data):
    results = made(grade_shifts, data)
    suppress([results], below(3), {})
    rows = grade_shifts.table(results.own_rows("the_grade_shifts"), "Shifts").rows
    assert rows[1][-1] == rows[2][1] == rows[2][6] == "suppressed"


def test_covariates_are_held_equal_and_a_study_without_tests_says_so(data):
    everybody = made(lab_changes, data, population="all", adjustment="covariates")
    gap = everybody.estimate_frame().set_index(["endpoint", "statistic"])
    gap = gap.loc[("platelet_count", "difference_in_change")]
    assert gap["denominator"] == 10 and gap["p_test"] == "ancova, robust"
    before = np.array([1.0, 2, 3, 4])
    with pytest.raises(StatisticsError, match="two persons in each arm"):
        difference_of_changes(before, before, np.array([True, False, False, False]))
    with pytest.raises(StatisticsError, match="do not vary"):
        difference_of_changes(np.ones(4), before, np.array([True, True, False, False]))
    for module in (lab_changes, grade_shifts):
        with pytest.raises(NoData, match="followed_labs"):
            module.make(two_arms.study(), analysis(module.ANALYSIS.name), data, Results("twelve"))
    tested = [analysis(kind) for kind in ("lab_changes", "grade_shifts")]
    assert "OUT-2 6" in multiplicity(replace(STUDY, analyses=tuple(tested)))[0]
    assert ["[-60, -6] days", "laboratory values before"] in windows(STUDY).rows
