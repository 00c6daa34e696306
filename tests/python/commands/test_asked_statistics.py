"""What `match` and `survival` give on top, by the numbers of R (tests/fixtures/r)."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from myelomart.cli import app
from myelomart.errors import StatisticsError
from myelomart.matching.summary import MatchOptions, match_summary
from myelomart.sensitivity.misclassified_rows import BiasOptions, bias_summary
from myelomart.sensitivity.unmeasured_terms import add_bias
from myelomart.survival.summary import SurvivalOptions, survival_summary

R = Path(__file__).parents[2] / "fixtures" / "r"
EXPECTED = json.loads((R / "expected_functions.json").read_text())
FEATURES = Path(__file__).parents[3] / "docs" / "features.md"
NEAR = {"rel": 1e-6, "abs": 1e-9}
OF_ALL = {"--help", "--json", "--quiet", "--verbose", "--memory", "--threads", "--project"}


def of(*subjects):
    cases = [one for one in EXPECTED if one["subject"] in subjects]
    names = [f"{one['subject']}-{one['data']}-{[*one['input'].values()]}" for one in cases]
    return pytest.mark.parametrize("case", cases, ids=names)


def read(name):
    return pd.read_csv(R / "data" / f"{name}.csv")


@of("weights", "entropy weights")
def test_weights_and_their_effects_are_those_of_r(case):
    kind, wanted = case["input"]["kind"], case["expected"]
    options = MatchOptions(
        "arm", ("age", "marker", "stage"), weights=kind, outcome="event", time="time", event="event"
    )
    report, rows = match_summary(read(case["data"]), options)
    assert rows["match_weight"].tolist() == pytest.approx(wanted["weights"], rel=1e-5)
    told = report["weighting"]
    worth = [told["effective_treated"], told["effective_control"]]
    assert worth == pytest.approx(wanted["ess"], rel=1e-5)
    risk = report["risk_difference"]
    shown = [risk[name] for name in ("estimate", "se", "ci_low", "ci_high", "p")]
    assert shown == pytest.approx(wanted["risk_difference"], rel=1e-5, abs=1e-7)
    ratio, r = report["hazard_ratio"], wanted["hazard_ratio"]
    assert np.log(ratio["hr"]) == pytest.approx(r["coef"][0], rel=1e-5, abs=1e-7)
    assert [ratio["ci_low"], ratio["ci_high"]] == pytest.approx([*r["ci_low"], *r["ci_high"]], 1e-5)


@of("optimal pairs")
def test_optimal_pairs_have_the_distance_of_r(case):
    options = MatchOptions(
        "treated", ("age", "marker"), caliper=case["input"]["caliper"], order="optimal",
        exact=("sex",),
    )  # fmt: skip
    report, _ = match_summary(read(case["data"]), options)
    assert len(report["pairs"]) == case["expected"]["pairs"]
    total = sum(pair["distance"] for pair in report["pairs"])
    assert total == pytest.approx(case["expected"]["total"], rel=1e-6)


@of("penalty l1", "penalty l2")
def test_regularised_scores_are_those_of_r(case):
    penalty = case["subject"][-2:]
    options = MatchOptions(
        "treated", ("age", "marker", "stage"), weights="overlap", penalty=penalty,
        strength=case["input"]["strength"],
    )  # fmt: skip
    report, rows = match_summary(read(case["data"]), options)
    score = rows["propensity_score"].to_numpy()
    assert np.log(score / (1 - score)) == pytest.approx(
        case["expected"]["logit"], rel=1e-5, abs=1e-7
    )
    assert report["propensity"]["penalty"] == penalty


@of("adjusted curves")
def test_curves_at_values_are_those_of_r(case):
    options = SurvivalOptions(
        "time", "event", strata="site", covariates=("arm", "age"), ties=case["input"]["ties"],
        adjusted=("arm=1,age=60",),
    )  # fmt: skip
    report = survival_summary(read(case["data"]), options)
    wanted = case["expected"]
    rows = pd.DataFrame(report["cox"]["adjusted"])
    rows = rows[rows["time"].isin(wanted["time"]) & (rows["stratum"] == _north(case["data"]))]
    hazard = -np.log(rows["survival"].to_numpy())
    assert hazard == pytest.approx(wanted["cumulative_hazard"], **NEAR)
    assert rows["ci_low"].tolist() == pytest.approx(wanted["ci_low"], **NEAR)


def _north(name):
    return sorted(read(name)["site"].unique()).index("north")


@of("mean cumulative count")
def test_repeated_events_are_counted_as_by_r(case):
    times = tuple(float(value) for value in case["input"]["times"])
    options = SurvivalOptions("time", "kind", competing="2", person="person", at=times)
    report = survival_summary(read(case["data"]), options)
    for name in ("count", "ci_low", "ci_high"):
        shown = [row[name] for row in report["recurrent"]]
        assert shown == pytest.approx(case["expected"][name], **NEAR), name
    assert report["groups"] == [] and report["cox"] is None and report["rates"] is None


def test_a_ratio_of_rates_needs_one_value_for_each_person():
    rows = read("recurrent_death")
    rows["arm"] = np.where(rows["person"] % 2, "new", "old")
    options = SurvivalOptions(
        "time", "kind", competing="2", person="person", group="arm", at=(8.0,)
    )
    report = survival_summary(rows, options)
    (term,) = report["rates"]
    assert term["term"] == "arm[old]" and term["robust_se"] > 0
    rows.loc[rows.index[0], "arm"] = "old"
    asked = replace(options, group=None, covariates=("arm",))
    with pytest.raises(StatisticsError, match="column arm: it changes within 1 persons"):
        survival_summary(rows, asked)
    rows["arm"] = rows["person"] % 3  # three groups, one of them without an event: only a note
    quiet = rows[(rows["arm"] != 2) | (rows["kind"] != 1)]
    report = survival_summary(rows, options)
    assert [term["term"] for term in report["rates"]] == ["arm[1]", "arm[2]"]
    with pytest.raises(StatisticsError, match="no event among"):
        survival_summary(quiet, options)


def test_a_bias_is_the_published_e_value_and_leaves_the_model_as_it_was():
    """VanderWeele and Ding 2017: the formula, on the ratio and the limit of this model."""
    summary = survival_summary(read("days"), SurvivalOptions("time", "event", covariates=("arm",)))
    (term,) = summary["cox"]["terms"]
    assert summary["cox"]["bias"] == []
    add_bias(summary, "rare")
    (rare,) = summary["cox"]["bias"]
    ratio = max(term["hr"], 1 / term["hr"])
    assert rare["e_value"] == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)))
    add_bias(summary, "common")
    assert summary["cox"]["bias"][0]["e_value"] < rare["e_value"]
    with pytest.raises(StatisticsError, match="--bias often is unknown"):
        add_bias(summary, "often")
    with pytest.raises(StatisticsError, match="name --covariates or --group"):
        add_bias(survival_summary(read("days"), SurvivalOptions("time", "event")), "rare")


def test_exposure_is_never_compared_naively_alone():
    options = SurvivalOptions("time", "event", exposure_start="start", landmarks=(3.0, 6.0))
    rows = survival_summary(read("exposure_days"), options)["exposure"]
    assert [row["analysis"] for row in rows] == [
        "time-varying exposure", "landmark at 3", "landmark at 6",
        "ever exposed (immortal-time biased)",
    ]  # fmt: skip
    assert rows[-1]["hr"] < 0.5 * rows[0]["hr"]  # the bias, as the data were made to show


def test_the_order_of_matching_moves_the_ratio_within_its_spread():
    options = MatchOptions(
        "arm", ("age", "marker"), caliper=0.3, order="random", seed=3, time="time", event="event",
        orders=5,
    )  # fmt: skip
    report, _ = match_summary(read("days"), options)
    spread = report["orders"]
    assert spread["orders"] == 5 and spread["hr_min"] < spread["hr_max"]
    assert report["hazard_ratio"]["n"] == 2 * len(report["pairs"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weights": "atc"}, "--weights atc is unknown"),
        ({"weights": "ate", "exact": ("stage",)}, "--weights takes no --exact"),
        ({"weights": "entropy", "trim": 0.01}, "--trim lies between 0 and 0.5"),
        ({"outcome": "event"}, "--outcome goes with --weights"),
        ({"order": "optimal", "ratio": 2}, "--order optimal makes pairs"),
        ({"penalty": "l3"}, "--penalty l3 is unknown"),
        ({"penalty": "l2", "strength": 0.0}, "--strength lies above 0"),
        ({"time": "time"}, "--time and --event go together"),
        ({"orders": 5}, "--orders is a number"),
    ],
)
def test_options_of_match_that_do_not_go_together_are_refused(options, said):
    with pytest.raises(StatisticsError, match=said):
        match_summary(read("days"), MatchOptions("arm", ("age",), **options))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"adjusted": ("means",)}, "name --covariates or --group"),
        ({"covariates": ("arm",), "adjusted": ("arm",)}, "write it as COVARIATE=VALUE"),
        ({"covariates": ("arm",), "adjusted": ("age=1",)}, "write it as COVARIATE=VALUE"),
        ({"covariates": ("arm",), "adjusted": ("arm=x",)}, "x is not a number"),
        (
            {"covariates": ("stage",), "adjusted": ("stage=V",)},
            "stage has no level V; it has I, II",
        ),
        ({"exposure_start": "entry"}, "go together"),
        ({"exposure_start": "begun", "landmarks": (1.0,)}, "the file has no such column"),
        ({"person": "pair", "strata": "site"}, "takes no --strata"),
    ],
)
def test_options_of_survival_that_do_not_go_together_are_refused(options, said):
    with pytest.raises(StatisticsError, match=said):
        survival_summary(read("days"), SurvivalOptions("time", "event", **options))


def test_misclassified_rows_are_counted_and_their_errors_read():
    rows = read("days")
    said = bias_summary(rows, BiasOptions("arm", "event", "0.9", "0.95", "0.8"))
    counts = rows.groupby("arm")["event"].agg(["sum", "size"])
    assert [said["events_treated"], said["n_treated"]] == counts.loc[1].tolist()
    shares = counts["sum"] / counts["size"]
    assert said["corrected"]["risk_treated"] == pytest.approx((shares[1] - 0.05) / 0.85)
    assert said["corrected"]["risk_control"] == pytest.approx((shares[0] - 0.05) / 0.75)
    for given, message in ((("0.9,1", "1"), "give one number"), (("x", "1"), "give one number"),
                           (("0.9", "0.1"), "the codes tell nothing")):  # fmt: skip
        with pytest.raises(StatisticsError, match=message):
            bias_summary(rows, BiasOptions("arm", "event", *given))
    with pytest.raises(StatisticsError, match="all 3 rows are in one arm"):
        bias_summary(rows[rows["arm"] == 1].head(3), BiasOptions("arm", "event", "1", "1"))


def test_every_option_has_its_row_among_the_features_and_every_row_its_option():
    shown = FEATURES.read_text(encoding="utf-8")
    for command in ("survival", "match", "emulate", "wins", "bias", "curve"):
        told = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
        options = {word for word in told.split() if word.startswith("--") and word[2:].islower()}
        options -= OF_ALL
        rows = {
            word.strip("`")
            for line in shown.splitlines()
            if f"myelomart {command} " in line
            for word in line.replace("`", " ").split()
            if word.startswith("--")
        }
        assert rows == options, command
