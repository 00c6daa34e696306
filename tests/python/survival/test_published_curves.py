"""Rows of persons rebuilt from published curves."""

import importlib.util
import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from myelomart.cli import app
from myelomart.errors import StatisticsError
from myelomart.survival import cox_regression, kaplan_meier
from myelomart.survival.published_curve import falling_points, rebuilt_rows
from myelomart.survival.published_curves import CurveOptions, rebuilt_curves

ROOT = Path(__file__).parents[3]
BONNER = ROOT / "tests" / "fixtures" / "published_curves"
POINTS, AT_RISK = BONNER / "bonner_points.csv", BONNER / "bonner_at_risk.csv"


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def the_bench():
    spec = importlib.util.spec_from_file_location("b", ROOT / "bench" / "published_curves.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    return bench


@pytest.fixture(scope="module")
def bonner():
    summary, rows = rebuilt_curves(pd.read_csv(POINTS), pd.read_csv(AT_RISK), CurveOptions())
    return {one["arm"]: one for one in summary["curves"]}, rows


def test_the_published_example_of_ipdfromkm_gives_its_rows(bonner):
    """IPDfromKM 0.1.10 in R 4.2 on the same points: 134 and 110 events, medians 14.8 and 25.4,
    hazard ratio 0.717 (0.557 to 0.923), and these events and leavings between printed numbers.
    Its points are made to fall by running minima, and not as here: hence not the last digit."""
    curves, rows = bonner
    months = [0, 10, 20, 30, 40, 50, 99]
    theirs = {
        "radiotherapy": ([83, 32, 10, 5, 3, 1], [8, 10, 19, 16, 17, 9], 14.8),
        "with cetuximab": ([62, 37, 4, 4, 3, 0], [6, 5, 31, 27, 23, 9], 25.4),
    }
    for arm, (events, leavings, median) in theirs.items():
        own = rows[rows["arm"] == arm]
        for value, counts in ((1, events), (0, leavings)):
            made = np.histogram(own.loc[own["event"] == value, "time"], months)[0]
            assert np.abs(made - counts).max() <= 1
        assert abs(curves[arm]["events"] - sum(events)) <= 1
        assert curves[arm]["median"] == pytest.approx(median, abs=1)
        assert curves[arm]["largest_distance"] < 0.02
        assert all(row["printed"] == row["rebuilt"] for row in curves[arm]["at_risk"])
    is_treated = (rows["arm"] == "with cetuximab").astype(int).rename("arm")
    term = cox_regression(rows["time"], rows["event"], is_treated.to_frame()).table().iloc[0]
    ratio = [term["hr"], term["ci_low"], term["ci_high"]]
    assert ratio == pytest.approx([0.717, 0.557, 0.923], rel=0.01)


def test_a_curve_read_without_error_gives_its_own_rows_back():
    time = np.array([2.0, 3, 3, 5, 8, 8, 9, 12, 13, 20])
    event = np.array([1, 1, 1, 0, 1, 1, 1, 0, 1, 0])
    curve = kaplan_meier(time, event)
    moments = [0, 5, 8, 12, 13]
    at_risk = [(time >= one).sum() for one in moments]
    rebuilt = rebuilt_rows(curve.time, 100 * curve.survival, moments, at_risk, event.sum())
    assert rebuilt.time[rebuilt.event == 1].tolist() == time[event == 1].tolist()
    assert rebuilt.largest_distance < 1e-12
    assert rebuilt.at_risk["rebuilt"].tolist() == at_risk


def test_the_total_of_events_tells_who_left_after_the_last_number():
    """All 40 are followed for 10 months; 20 leave evenly and 14 die by a curve that says 14."""
    random = np.random.default_rng(4)
    left = random.permutation(np.repeat([0, 1], [26, 14]))
    curve = kaplan_meier(np.arange(1, 41) / 4, left)
    known, unknown = (
        rebuilt_rows(curve.time, curve.survival, [0], [40], total) for total in (14, None)
    )
    assert known.event.sum() == 14
    assert unknown.event.sum() > 14  # nobody is known to leave, so the same fall takes more


def test_points_in_percent_that_stray_or_rise_are_mended_and_counted():
    points = falling_points([-0.4, 1, 2, 3, 4, 5, 6], [99, 96, 95, 10, 94, 94.5, 90])
    assert points.level == pytest.approx([1, 0.96, 0.95, 0.9425, 0.9425, 0.90])
    assert (points.n_stray, points.n_moved) == (1, 2)


@pytest.mark.parametrize(
    ("points", "risk", "options", "said"),
    [
        ([(1, 0.9), (2, 0.8)], [(0, 10)], {}, "2 after time 0, and it needs 3"),
        ([(1, 0.1), (2, 0.2), (3, 0.4)], [(0, 10)], {}, "they rise; give the share without"),
        ([(1, 90), (2, 80), (3, -20)], [(0, 10)], {}, "1 of 3 lie below 0 or above 1"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], [(1, 10)], {}, "they begin at time 0"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], [(0, 10), (2, 11)], {}, "11 at time 2 is more than"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], [(0, 10.5)], {}, "they are whole numbers"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], [(0, 10)], {"events": 11}, "11 among 10 persons"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], [(0, 10)], {"persons": 10}, "give --risk"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], None, {}, "give --risk"),
        ([(1, 0.9), (2, 0.8), (3, 0.7)], [(0, 10)], {"survival": "os"}, "column os: the file has"),
    ],
)  # fmt: skip
def test_what_no_trial_has_is_refused_in_words(points, risk, options, said):
    risk = None if risk is None else pd.DataFrame(risk, columns=["time", "at_risk"])
    frame = pd.DataFrame(points, columns=["time", "survival"])
    with pytest.raises(StatisticsError, match=said):
        rebuilt_curves(frame, risk, CurveOptions(**options))


@pytest.mark.parametrize(
    ("arms", "extra", "said"),
    [
        (["A", "C"], {}, "arm B: no row in the file of numbers at risk"),
        (["A", "B", "C"], {}, "arm C: it has numbers at risk and no points"),
        (["A", "B"], {"study": "X"}, "column study: only one of the two files has it"),
        (["A", "B"], {"events": 2.5}, "arm A: column events: give one whole number"),
    ],
)
def test_curves_that_are_not_told_apart_are_refused(arms, extra, said):
    points = pd.DataFrame({"arm": ["A", "A", "A", "B", "B", "B"], "time": [1, 2, 3] * 2})
    points["survival"] = [0.9, 0.8, 0.7] * 2
    risk = pd.DataFrame({"arm": arms, "time": 0, "at_risk": 10}).assign(**extra)
    with pytest.raises(StatisticsError, match=said):
        rebuilt_curves(points, risk, CurveOptions())


def test_the_command_writes_rows_that_meta_and_survival_read(tmp_path):
    """Three copies of the trial pool to its own hazard ratio, with limits √3 times as near."""
    out = tmp_path / "rows.csv"
    told = command("curve", POINTS, "--risk", AT_RISK, "--out", out, "--json")
    assert told.exit_code == 0, told.output
    schema = json.loads((ROOT / "docs" / "schemas" / "curve.json").read_text())
    jsonschema.validate(json.loads(told.stdout), schema)
    assert out.stat().st_mode & 0o077 == 0
    shown = command("curve", POINTS, "--risk", AT_RISK)
    assert "largest_distance" in shown.output and "printed" in shown.output
    alone = command(
        "survival", out, "--time", "time", "--event", "event", "--group", "arm", "--json"
    )
    ratio = json.loads(alone.stdout)["cox"]["terms"][0]
    three = pd.concat([pd.read_csv(out).assign(study=name) for name in "ABC"])
    three.to_csv(tmp_path / "three.csv", index=False)
    pooled = json.loads(command("meta", tmp_path / "three.csv", "--measure", "hr", "--json").stdout)
    assert pooled["estimate"] == pytest.approx(ratio["hr"], rel=1e-9)
    assert np.log(pooled["ci_high"] / pooled["ci_low"]) == pytest.approx(
        np.log(ratio["ci_high"] / ratio["ci_low"]) / np.sqrt(3), rel=1e-6
    )
    medians = command("meta", tmp_path / "three.csv", "--measure", "median", "--json")
    assert {one["study"] for one in json.loads(medians.stdout)["studies"]} >= {"A, radiotherapy"}
    three.assign(arm="one").to_csv(tmp_path / "one.csv", index=False)
    refused = command("meta", tmp_path / "one.csv", "--measure", "hr")
    assert isinstance(refused.exception, StatisticsError)
    assert "study A: --measure hr needs the same two arms" in str(refused.exception)


def test_rebuilt_trials_have_the_ratio_of_the_true_ones():
    """The bench, on twelve trials; 200 are in docs/published_curves.md."""
    bench, apart = the_bench(), []
    for one in range(12):
        random = np.random.default_rng([7, one])
        arms = [bench.arm_rows(random, 150, rate) for rate in (0.06, 0.04)]
        made = [bench.rebuilt(bench.clicked(random, arm), arm, True, True) for arm in arms]
        assert max(one.root_mean_square for one in made) < 0.02
        own = bench.compared([pd.DataFrame({"time": r.time, "event": r.event}) for r in made])
        apart.append(own["log_hr"] - bench.compared(arms)["log_hr"])
    assert abs(np.mean(apart)) < 0.02 and np.std(apart) < 0.04
