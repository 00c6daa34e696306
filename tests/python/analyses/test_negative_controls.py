"""Negative controls: what their error does to a ratio, on rows made here."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from myelomart.analyses import negative_controls
from myelomart.errors import NoData
from myelomart.results import Results
from myelomart.sensitivity import error_posterior
from myelomart.study import Analysis, Cohort, Covariate, Endpoint, Study
from myelomart.study_data import StudyData

PERSONS, CONTROLS, BIAS = 600, 8, np.log(2)


def study(controls=CONTROLS):
    cohorts = tuple(
        Cohort(name, name, words, "index", 1, 0, None, None)
        for name, words in (("one", "Treated"), ("zero", "Controls"))
    )
    named = [
        Endpoint(f"control_{k}", f"Control {k}", "Negative controls", 1, 365, True, None,
                 negative_control_reason="wax")
        for k in range(controls)
    ]  # fmt: skip
    fever = Endpoint("fever", "Fever", "Events", 1, 365, True, None)
    analysis = Analysis(
        "judged", "X-O2", "Judged", "negative_controls", "one", "zero", "all", "none", None, None,
        None, None, endpoint_ids="fever",
    )  # fmt: skip
    age = Covariate("age", "Age", "Demographics", "number", True)
    made = Study(
        "made", "Made", "?", "cohort", "none", cohorts, (), (age,), (*named, fever), (analysis,)
    )
    return made, analysis


def data(names):
    """Every event is found twice as often in the treated, who are watched more closely."""
    rng = np.random.default_rng(5)
    treated = np.arange(PERSONS) % 2 == 0
    who = {"cohort_id": np.where(treated, "one", "zero"), "person_id": np.arange(PERSONS)}
    endpoints = []
    for name in names:
        life = rng.exponential(700 * np.exp(-BIAS * treated))
        rows = {**who, "endpoint": name, "time_days": np.ceil(np.minimum(life, 365))}
        rows["event"] = (life <= 365).astype(int)
        rows["had_prior_event"] = np.arange(PERSONS) % 50 == 0
        endpoints.append(pd.DataFrame(rows))
    return StudyData(
        population=pd.DataFrame(who),
        covariates=pd.DataFrame(
            {
                **who,
                "covariate_id": "age",
                "value_number": rng.normal(60, 9, PERSONS),
                "value_text": None,
            }
        ),
        endpoints=pd.concat(endpoints, ignore_index=True),
    )


def made(controls=CONTROLS, **changed):
    rows, analysis = study(controls)
    results = Results("made")
    results.analysis_id = "judged"
    names = [one.endpoint_id for one in rows.endpoints]
    negative_controls.make(rows, replace(analysis, **changed), data(names), results)
    return results, pd.DataFrame(results.estimates)


def test_the_error_of_the_controls_is_taken_off_the_outcome():
    _, found = made()
    plain = found[
        found["statistic"].eq("hazard_ratio_before_calibration") & found["endpoint"].eq("fever")
    ].iloc[0]
    after = found[found["statistic"].eq("hazard_ratio_calibrated")].iloc[0]
    assert plain["ci_low"] > 1 and plain["p_value"] < 0.001  # the records mislead
    assert after["ci_low"] < 1 < after["ci_high"] and after["p_value"] > 0.05
    assert after["ci_high"] / after["ci_low"] > plain["ci_high"] / plain["ci_low"]
    assert (
        after[["numerator", "denominator"]].tolist() == plain[["numerator", "denominator"]].tolist()
    )


def test_the_error_is_that_of_the_ratios_shown():
    _, found = made()
    controls = found[found["row_group"].eq("Negative controls")]
    assert len(controls) == CONTROLS and (controls["denominator"] == PERSONS * 49 // 50).all()
    se = np.log(controls["ci_high"] / controls["ci_low"]) / (2 * 1.959964)
    error = error_posterior(np.log(controls["estimate"]), se)
    rows = found.set_index("statistic")
    mean = rows.loc["systematic_error_mean"]
    assert mean["estimate"] == pytest.approx(error.mean, rel=1e-5)
    assert [mean["ci_low"], mean["ci_high"]] == pytest.approx(list(error.mean_limits), rel=1e-5)
    assert mean["ci_low"] < BIAS < mean["ci_high"]
    covers = rows.loc["percent_of_controls_covering_one"]
    with_one = (controls["ci_low"] <= 1) & (controls["ci_high"] >= 1)
    assert covers[["numerator", "denominator"]].tolist() == [with_one.sum(), CONTROLS]


def test_few_controls_calibrate_nothing_and_say_so():
    results, found = made(controls=4)
    assert set(found["statistic"]) == {"hazard_ratio_before_calibration"}
    assert (
        "4 of 4 negative controls have events in both arms, and 5 are needed" in results.warnings[0]
    )


def test_a_study_without_controls_says_what_is_missing():
    with pytest.raises(NoData, match="negative control"):
        made(controls=0)


def test_the_table_says_what_the_controls_tell():
    results, _ = made()
    table = negative_controls.table(results.own_rows("judged"), "Judged")
    assert [row[0] for row in table.rows if len(row) == 1] == ["Negative controls", "Events"]
    assert f"Of {CONTROLS} negative controls with events in both arms" in table.note
    assert "calibrated" in table.columns[-1]
