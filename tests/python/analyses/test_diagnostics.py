"""Gates of a comparison: each diagnostic against its definition, and what a failed one marks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_negative_controls import data, study

from myelomart.analyses import diagnostics, hazard_ratios
from myelomart.errors import NoData
from myelomart.matching.propensity import preference_score
from myelomart.population import gates
from myelomart.population.comparison import compare
from myelomart.results import Results
from myelomart.study_data import StudyData

GATES = pd.DataFrame(
    [
        ("equipoise", 0.2, np.nan, "ours"),
        ("expected_absolute_systematic_error", np.nan, 0.25, "ours"),
        ("smallest_detectable_ratio", np.nan, 10.0, "ours"),
        ("events_in_the_smaller_arm", 1000.0, np.nan, "ours"),
    ],
    columns=["diagnostic", "at_least", "at_most", "source"],
)
MATCHED = {
    "population": "matched", "caliper": 0.2, "caliper_scale": "probability",
    "match_order": "smallest", "seed": 1,
}  # fmt: skip


def made(module=diagnostics, given=GATES, **changed):
    rows, analysis = study()
    analysis = replace(analysis, **(MATCHED | changed))
    results = Results("made")
    results.analysis_id = "judged"
    of_persons = data([one.endpoint_id for one in rows.endpoints])
    of_study = StudyData(**{**of_persons.rows, "gates": given})
    module.make(rows, analysis, of_study, results)
    return results, pd.DataFrame(results.estimates), (rows, analysis, of_study)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.19, "fails"), (0.2, "passes"), (0.5, "passes"), (0.51, "fails"), (np.nan, "unknown")],
)
def test_a_limit_passes_and_the_unknown_is_unknown(value, verdict):
    assert gates.Gate("x", 0.2, 0.5, "").judge(value) == verdict
    assert gates.Gate("x", None, None, "").judge(value) in ("passes", "unknown")


def test_each_diagnostic_is_what_it_says():
    _, found, (rows, analysis, of_study) = made()
    found = found.set_index(["statistic", "endpoint"])["estimate"]
    comparison = compare(rows, analysis, of_study)
    persons = comparison.persons
    share = persons["treated"].mean()
    odds = persons["score"] / (1 - persons["score"]) / (share / (1 - share))
    between = (odds / (1 + odds)).between(0.3, 0.7)
    assert found["equipoise"].iloc[0] == pytest.approx(between.mean(), rel=1e-6)
    fever = of_study.endpoint_of("fever", {"one", "zero"}).set_index("person_id")
    kept = comparison.matched.set_index("person_id").join(fever[["event", "had_prior_event"]])
    kept = kept[~kept["had_prior_event"].astype(bool)]
    events = kept[kept["event"] == 1].groupby("treated").size()
    assert found["events_in_the_smaller_arm", "fever"] == events.min()
    arms = kept["treated"].mean()
    ratio = np.exp((1.959964 + 0.841621) / np.sqrt(events.sum() * arms * (1 - arms)))
    assert found["smallest_detectable_ratio", "fever"] == pytest.approx(ratio, rel=1e-5)
    assert found["expected_absolute_systematic_error"].iloc[0] > 0.4  # planted: log 2


def test_preference_is_one_half_where_the_score_is_the_share_treated():
    treated = np.array([True] * 30 + [False] * 70)
    assert preference_score([np.log(0.3 / 0.7)], treated) == pytest.approx([0.5])


def test_a_gate_that_is_not_passed_marks_the_ratio_and_says_which():
    results, found, _ = made(hazard_ratios)
    failed = found[found["statistic"].eq("gates_not_passed")]
    assert failed["estimate"].tolist() == [1, 1]
    assert failed["status"].tolist() == [
        "expected_absolute_systematic_error", "events_in_the_smaller_arm"
    ]  # fmt: skip
    table = hazard_ratios.table(results.own_rows("judged"), "Ratios", PRINTED)
    assert [row[0] for row in table.rows if len(row) > 1] == ["Fever ◊"]
    assert "The two arms do not pass gates of the study: expected absolute" in table.note
    assert (
        "◊ does not pass a gate of the study: events in the arm with fewer (1 endpoint)"
        in table.note
    )
    forest = next(iter(results.figures.values()))
    assert "Fever ◊" in forest


def test_the_table_shows_value_gate_and_verdict():
    results, _, _ = made()
    table = diagnostics.table(results.own_rows("judged"), "Before")
    last = table.rows[-1]
    assert last[0] == "Fever" and "events; ratio" in last[1]
    assert last[2:] == ["≥ 1000; ≤ 10", "events fails"]
    assert [row[2] for row in table.rows if len(row) > 1][:2] == ["≥ 0.2", "≤ 0.25"]


def test_no_gates_mark_nothing():
    results, found, _ = made(hazard_ratios, given=pd.DataFrame())
    assert "gates_not_passed" not in set(found["statistic"])
    with pytest.raises(NoData, match="diagnostic_gates"):
        made(given=pd.DataFrame())


def test_arms_that_are_not_matched_have_no_equipoise():
    _, found, _ = made(population="all")
    row = found[found["statistic"].eq("equipoise")].iloc[0]
    assert np.isnan(row["estimate"]) and row["status"] == "unknown"
    _, ratios, _ = made(hazard_ratios, population="all")
    of_arms = ratios[ratios["statistic"].eq("gates_not_passed") & ratios["endpoint"].isna()]
    assert of_arms["status"].iloc[0].startswith("equipoise; ")  # the unknown passes no gate


PRINTED = pd.DataFrame(columns=["statistic", "endpoint"])
