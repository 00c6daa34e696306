"""What is said beside a hazard ratio of two arms, against the package's own functions."""

import numpy as np
import pandas as pd
import pytest

from conftest import ENDPOINTS, analysis
from myelomart.outputs.comparison import StudyData
from myelomart.outputs.hazard_ratios import _testing
from myelomart.outputs.robustness import add_robustness
from myelomart.results import Results
from myelomart.sensitivity import e_value
from myelomart.sensitivity.subgroups import subgroup_hazard_ratios
from myelomart.study import Endpoint
from myelomart.survival import cox_regression, fine_gray

LAB = Endpoint("crp", "CRP", "Lab", 1, 365, True, "lab_crp")


@pytest.fixture
def kept():
    stream = np.random.default_rng(7)
    size = 120
    treated = np.arange(size) < 60
    time = np.ceil(stream.exponential(np.where(treated, 150, 250))).astype(int)
    event = stream.choice([0, 1, 2], size, p=[0.3, 0.55, 0.15])
    persons = np.arange(size)
    return pd.DataFrame({"cohort_id": np.where(treated, "a", "b"), "person_id": persons,
                         "treated": treated, "time_days": time, "event": event})  # fmt: skip


def data(kept, **frames) -> StudyData:
    empty = pd.DataFrame()
    testing = frames.pop("testing", pd.DataFrame(columns=["cohort_id", "person_id", "endpoint"]))
    return StudyData(empty, empty, empty, empty, testing, empty, empty, **frames)


def said(kept, source, endpoint=ENDPOINTS[0]) -> pd.DataFrame:
    results = Results("made_up")
    model = pd.DataFrame({"treated": kept["treated"].astype(float)})
    first = cox_regression(kept["time_days"], kept["event"] == 1, model).table().iloc[0]
    add_robustness(
        analysis("hazard_ratios"), endpoint, kept, source, dict(first),
        {"row_label": endpoint.label, "arm": "A"}, results,
    )  # fmt: skip
    return results.estimate_frame().set_index("statistic"), first


def test_death_competes_and_a_confounder_would_have_to_be_so_strong(kept):
    frame, first = said(kept, data(kept))
    model = pd.DataFrame({"treated": kept["treated"].astype(float)})
    whom = fine_gray(kept["time_days"], kept["event"], model).table().iloc[0]
    assert frame.loc["subdistribution_hazard_ratio", "estimate"] == pytest.approx(whom["shr"])
    strength = e_value(first["hr"], first["ci_low"], first["ci_high"], measure="hr", rare=False)
    assert frame.loc["e_value", "estimate"] == pytest.approx(strength.estimate)
    assert frame.loc["e_value", "ci_low"] == pytest.approx(strength.limit)


def test_the_platform_gives_a_ratio_of_risks(kept):
    frame, _ = said(kept, data(kept))
    events = (kept["event"] == 1).groupby(kept["treated"]).sum()
    assert frame.loc["risk_ratio_trinetx", "estimate"] == pytest.approx(
        events[True] / events[False]
    )


def test_subgroups_come_with_the_test_of_interaction_and_leave_the_unknown_out(kept):
    inside = pd.Series([True, False, None] * 40)
    strata = kept[["cohort_id", "person_id"]].assign(label="Old", is_in_stratum=inside)
    frame, _ = said(kept, data(kept, strata=strata))
    known = kept[inside.notna()]
    names = np.where(inside.dropna().astype(bool), "Old", "not: Old")
    expected = subgroup_hazard_ratios(
        known["time_days"], known["event"] == 1, known["treated"].astype(int), names
    )
    rows = frame.loc["hazard_ratio_subgroup"].set_index("population")
    assert rows["denominator"].sum() == 80
    old = expected.levels.set_index("level").loc["Old"]
    assert rows.loc["Old", "estimate"] == pytest.approx(old["hr"])
    assert rows["p_value"].to_numpy() == pytest.approx(expected.interaction.p)


def test_those_tested_are_looked_at_alone(kept):
    testing = kept[["cohort_id", "person_id"]].assign(
        endpoint="crp", tested_days=[1, 0] * 60, followed_days=100
    )
    frame, _ = said(kept, data(kept, testing=testing), LAB)
    own = kept.iloc[::2]
    model = pd.DataFrame({"treated": own["treated"].astype(float)})
    fit = cox_regression(own["time_days"], own["event"] == 1, model)
    row = frame.loc["hazard_ratio_tested_only"]
    assert row["estimate"] == pytest.approx(fit.hazard_ratio[0])
    assert row["denominator"] == 60


@pytest.mark.parametrize(
    ("days", "status"), [((2, 2), None), ((5, 2), "not_interpretable"), ((3, 2), None)]
)
def test_a_test_done_more_than_twice_as_often_leaves_nothing_to_interpret(kept, days, status):
    testing = kept[["cohort_id", "person_id"]].assign(
        endpoint="crp", tested_days=np.where(kept["treated"], *days), followed_days=100
    )
    results = Results("made_up")
    labels = ("A", "B")
    said = _testing(
        analysis("hazard_ratios"), LAB, kept, data(kept, testing=testing), labels, {}, results
    )
    assert said == status
    rate = results.estimate_frame().query("statistic == 'tests_per_year' and arm == 'A'")
    assert rate["estimate"].iloc[0] == pytest.approx(days[0] * 365.25 / 100)
    assert bool(results.warnings) == (status is not None)
