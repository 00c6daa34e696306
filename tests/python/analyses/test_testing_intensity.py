"""A laboratory outcome is partly «was tested»: the guard looks at who was, and how often."""

import numpy as np
import pandas as pd
import pytest
from small_study import analysis

from myelomart.analyses.hazard_ratios import _testing
from myelomart.results import Results
from myelomart.study import Endpoint
from myelomart.study_data import StudyData

LAB = Endpoint("crp", "CRP", "Lab", 1, 365, True, "lab_crp")


def guard(days_treated, days_control) -> tuple[str | None, Results]:
    treated = np.arange(40) < 20
    kept = pd.DataFrame(
        {"cohort_id": np.where(treated, "a", "b"), "person_id": range(40), "treated": treated}
    )
    testing = kept[["cohort_id", "person_id"]].assign(
        endpoint="crp", followed_days=100,
        tested_days=np.concatenate([np.resize(days_treated, 20), np.resize(days_control, 20)]),
    )  # fmt: skip
    data = StudyData(testing=testing)
    results = Results("made_up")
    return _testing(
        analysis("hazard_ratios"), LAB, kept, data, ("A", "B"), {}, results
    ), results  # fmt: skip


@pytest.mark.parametrize(
    ("treated", "control", "status"),
    [
        ([2], [2], None),
        ([3], [2], None),
        ([5], [2], "not_interpretable"),  # everybody was tested, one arm far more often
        ([4, 4], [0, 0, 0, 10], "not_interpretable"),  # as often, but three in four never
    ],
)
def test_a_two_fold_difference_leaves_nothing_to_interpret(treated, control, status):
    said, results = guard(treated, control)
    assert said == status
    assert bool(results.warnings) == (status is not None)
    rates = results.estimate_frame().query("statistic == 'tests_per_year'").set_index("arm")
    assert rates.loc["A", "estimate"] == pytest.approx(np.mean(treated) * 365.25 / 100)
    shares = results.estimate_frame().query("statistic == 'percent_tested'").set_index("arm")
    assert shares.loc["B", "numerator"] == (np.resize(control, 20) > 0).sum()
