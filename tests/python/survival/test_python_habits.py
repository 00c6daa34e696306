"""Frames with names of columns, formulas, and results that notebooks show."""
# ruff: noqa: E501 -- a call and its sentence read best on one line

import xml.dom.minidom
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from myelomart import survival
from myelomart.errors import StatisticsError
from myelomart.figures.results_drawn import drawn_curves
from myelomart.matching import match_nearest, propensity_score
from myelomart.sensitivity import e_value

DAYS = pd.read_csv(Path(__file__).parents[2] / "fixtures" / "r" / "data" / "days.csv")
USED = ["arm", "age", "stage"]


@pytest.mark.parametrize(
    "call",
    [
        lambda fit: fit(DAYS[["time", "event", *USED]], "time", "event"),
        lambda fit: fit(DAYS, "time", "event", USED),
        lambda fit: fit(DAYS, time="time", event="event", covariates=USED),
        lambda fit: fit(DAYS, "time", "event", DAYS[USED]),
        lambda fit: fit("Surv(time, event) ~ arm + age + stage", DAYS),
        lambda fit: fit("Surv(time, event) ~ arm + age + factor(stage)", DAYS),
        lambda fit: fit("Surv(time,event)~.", data=DAYS[["time", "event", *USED]]),
    ],
)
def test_a_frame_and_a_formula_give_what_arrays_give(call):
    wanted = survival.cox_regression(DAYS["time"], DAYS["event"], DAYS[USED])
    assert call(survival.cox_regression).to_frame().equals(wanted.to_frame())


def test_the_parts_of_a_formula_go_to_their_places():
    fit = survival.cox_regression(
        "Surv(entry, time, event) ~ age + strata(site) + cluster(pair)", DAYS
    )
    wanted = survival.cox_regression(
        DAYS["time"], DAYS["event"], DAYS[["age"]], entry=DAYS["entry"], strata=DAYS["site"],
        cluster=DAYS["pair"],
    )  # fmt: skip
    assert fit.to_frame().equals(wanted.to_frame())
    test = survival.logrank_test("Surv(time, event) ~ stage", DAYS)
    assert test.chi2 == survival.logrank_test(DAYS["time"], DAYS["event"], DAYS["stage"]).chi2
    curve = survival.kaplan_meier("Surv(time, event) ~ 1", DAYS)
    assert curve.median == survival.kaplan_meier(DAYS["time"], DAYS["event"]).median
    gray = survival.fine_gray("Surv(time, cause) ~ arm", DAYS)
    assert gray.to_frame().equals(survival.fine_gray(DAYS, "time", "cause", ["arm"]).to_frame())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: survival.cox_regression(DAYS, "time", "died"), "died: the frame has no such column; it has time"),
        (lambda: survival.cox_regression("Surv(time, event) ~ arm * age", DAYS), "«arm \\* age» is neither"),
        (lambda: survival.cox_regression("time ~ arm", DAYS), "begins with Surv"),
        (lambda: survival.cox_regression("Surv(time, event) ~ arm"), "give the frame after it"),
        (lambda: survival.kaplan_meier("Surv(time, event) ~ arm", DAYS), "call it for each group"),
        (lambda: survival.kaplan_meier("Surv(time, event) ~ strata(arm)", DAYS), "strata has no place"),
        (lambda: survival.cox_regression(DAYS["time"], DAYS["event"]), "covariates is not given"),
        (lambda: survival.kaplan_meier(DAYS, "time", "event", group="arm"), "takes no group; it takes time"),
        (lambda: survival.cox_regression("Surv(time, event) ~ log(age)", DAYS), "make a column of it first"),
        (lambda: survival.cox_regression(DAYS), "time and event and covariates are not"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_how_to_write_it(call, said):
    with pytest.raises(StatisticsError, match=said):
        call()


def results():
    score = propensity_score(DAYS["arm"], DAYS[["age"]])
    yield survival.cox_regression(DAYS, "time", "event", USED), 4
    yield survival.cox_regression(DAYS, "time", "event", ["arm"], penalty="firth"), 1
    yield survival.fine_gray(DAYS, "time", "cause", ["arm"]), 1
    yield survival.kaplan_meier(DAYS, "time", "event"), DAYS["time"].nunique()
    yield survival.cumulative_incidence(DAYS, "time", "cause")[1], DAYS["time"].nunique()
    yield survival.logrank_test(DAYS, "time", "event", "stage"), 3
    yield survival.proportionality_test(survival.cox_regression(DAYS, "time", "event", USED)), 3
    yield score, len(DAYS)
    yield match_nearest(score.probability, DAYS["arm"]), None
    yield e_value(0.8, 0.71, 0.91), 1


@pytest.mark.parametrize(("result", "rows"), results(), ids=lambda one: type(one).__name__)
def test_a_result_is_a_frame_and_a_table(result, rows):
    frame = result.to_frame()
    assert len(frame.columns) > 1 and (len(frame) == rows or rows is None)
    page = xml.dom.minidom.parseString(f"<div>{result._repr_html_()}</div>")
    assert len(page.getElementsByTagName("tr")) == 1 + min(len(frame), 20)
    assert type(result).__name__ in page.getElementsByTagName("p")[0].firstChild.data


def test_one_covariate_keeps_its_name_and_a_number_can_be_a_category():
    assert survival.cox_regression(DAYS, "time", "event", "age").names == ("age",)
    fit = survival.cox_regression("Surv(time, event) ~ C(arm)", DAYS)
    assert fit.names == ("arm[1]",)


def test_print_shows_the_table_and_no_matrix():
    shown = str(survival.cox_regression(DAYS, "time", "event", USED))
    assert "stage[III]" in shown and "events 198" in shown and "array" not in shown
    assert "rows more" in str(propensity_score(DAYS["arm"], DAYS[["age"]]))


def test_a_table_shows_labels_as_they_are_and_runs_none():
    frame = DAYS.assign(stage=np.where(DAYS["stage"] == "II", "x<script>y</script>", "I"))
    shown = survival.cox_regression(frame, "time", "event", ["stage"])._repr_html_()
    assert "<script" not in shown and "&lt;script&gt;" in shown


def test_results_draw_themselves():
    curves = {
        name: survival.kaplan_meier(part, "time", "event") for name, part in DAYS.groupby("stage")
    }
    for drawing in (
        curves["I"].plot("stage I", "Survival of stage I", "Days"),
        drawn_curves(curves, "Survival by stage", "Days"),
        survival.cumulative_incidence(DAYS, "time", "cause")[2].plot("relapse"),
        survival.cox_regression(DAYS, "time", "event", USED).plot("A model"),
        survival.fine_gray(DAYS, "time", "cause", ["arm"]).plot(),
    ):
        assert xml.dom.minidom.parseString(drawing).documentElement.tagName == "svg"
        assert drawing._repr_html_() == str(drawing)
    assert all(name in drawn_curves(curves) for name in ("I", "II", "III"))
