"""Several estimators of one question: each against the library's own call, on rows made here."""

import numpy as np
import pandas as pd
import pytest
from test_robustness import data, study

from myelomart.analyses import estimators
from myelomart.errors import NoData
from myelomart.matching import (
    entropy_weights,
    inverse_probability_weights,
    match_nearest,
    match_optimal,
    matched_hazard_ratio,
    weighted_hazard_ratio,
)
from myelomart.population.alike import Alike, made_alike, scored_arms
from myelomart.results import Results
from myelomart.study_data import StudyData

NONE = {
    "caliper": np.nan, "caliper_scale": None, "match_order": None, "controls": np.nan,
    "with_replacement": None, "exact_covariates": None, "trim": np.nan,
}  # fmt: skip
PAIRS = {"caliper": 0.2, "caliper_scale": "probability", "match_order": "smallest"}
WAYS = {
    "nearest": {"method": "matching", **PAIRS},
    "two": {"method": "matching", **PAIRS, "controls": 2},
    "again": {"method": "matching", **PAIRS, "with_replacement": True},
    "optimal": {"method": "optimal", "caliper": 0.2, "caliper_scale": "probability"},
    "ate": {"method": "ate"},
    "capped": {"method": "ate", "trim": 0.05},
    "entropy": {"method": "entropy"},
}


def made(ways=WAYS, endpoint_ids="fever"):
    rows, analysis = study("all")
    analysis = analysis.__class__(**(vars(analysis) | {"endpoint_ids": endpoint_ids}))
    choices = pd.DataFrame(
        [NONE | {"dimension": "estimator", "label": label} | way for label, way in ways.items()]
    )
    given = StudyData(**{**data().rows, "choices": choices})
    results = Results("made", analysis_id="judged")
    estimators.make(rows, analysis, given, results)
    return results, pd.DataFrame(results.estimates), scored_arms(rows, analysis, None, given), given


@pytest.mark.parametrize("name", WAYS)
def test_each_ratio_is_that_of_its_method(name):
    _, found, arms, given = made({name: WAYS[name]})
    shown = found[found["statistic"].eq("hazard_ratio_of_an_estimator")].iloc[0]
    keys = ["cohort_id", "person_id"]
    rows = arms.persons[keys].merge(given.endpoints.query("endpoint == 'fever'"), on=keys)
    free = ~rows["had_prior_event"].to_numpy(bool)
    assert free.all()  # so that matched sets stay whole here
    time, event = rows["time_days"].to_numpy(float), (rows["event"] == 1).to_numpy()
    score, treated = arms.score, arms.treated
    nearest = {"caliper": 0.2, "scale": "probability", "order": "smallest"}
    sets = {
        "nearest": lambda: match_nearest(score, treated, **nearest),
        "two": lambda: match_nearest(score, treated, ratio=2, **nearest),
        "again": lambda: match_nearest(score, treated, replace=True, **nearest),
        "optimal": lambda: match_optimal(score, treated, caliper=0.2, scale="probability"),
    }
    if name in sets:
        fit = matched_hazard_ratio(time, event, treated, sets[name]())
    else:
        weighting = {
            "ate": lambda: inverse_probability_weights(score, treated),
            "capped": lambda: inverse_probability_weights(score, treated, trim=0.05),
            "entropy": lambda: entropy_weights(treated, arms.model),
        }[name]()
        fit = weighted_hazard_ratio(time, event, treated, weighting.weights)
        sizes = found[found["statistic"].eq("effective_sample_size")]["estimate"]
        assert sizes.tolist() == pytest.approx(
            [weighting.effective_treated, weighting.effective_control]
        )
    row = fit.table().iloc[0]
    expected = row[["hr", "ci_low", "ci_high", "p"]].astype(float).tolist()
    assert shown[["estimate", "ci_low", "ci_high", "p_value"]].tolist() == pytest.approx(
        expected, rel=1e-8
    )


def test_a_person_used_twice_weighs_twice():
    alike = Alike(np.array([0, 1, 2, 2]), np.array([1.0, 1, 1, 1]), np.array([0, 1, 0, 1]))
    assert alike.of_persons(4).tolist() == [1, 1, 2, 0]
    assert alike.sizes(np.array([True, True, False, False])) == (2, 1)


def test_pairs_of_one_level_never_cross_it():
    rows, analysis = study("all")
    arms = scored_arms(rows, analysis, None, data())
    arms.persons["half"] = np.arange(len(arms.persons)) % 2
    alike = made_alike(arms, NONE | WAYS["nearest"] | {"exact_covariates": "half"})
    half = arms.persons["half"].to_numpy()[alike.rows]
    assert pd.Series(half).groupby(alike.clusters).nunique().eq(1).all()


def test_what_cannot_be_estimated_is_said_and_the_others_go_on():
    strict = {"method": "matching", **PAIRS, "caliper": 1e-12}
    results, found, _, _ = made({"strict": strict, "ate": WAYS["ate"]})
    assert any("strict" in warning for warning in results.warnings)
    assert set(found["row_label"]) == {"ate"}


def test_the_table_has_a_row_per_estimator_and_the_figure_all_of_them():
    results, _, _, _ = made()
    table = estimators.table(results.own_rows("judged"), "Estimators")
    assert [row[0] for row in table.rows] == list(WAYS)
    assert all(len(row) == len(table.columns) for row in table.rows)
    forest = results.figures["X-O2_estimators"]
    assert all(label in forest for label in WAYS)


def test_a_study_without_estimators_says_so():
    with pytest.raises(NoData, match="analysis_choices"):
        made({})
