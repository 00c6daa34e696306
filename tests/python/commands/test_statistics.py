"""The commands survival, match and meta: their JSON against the schemas, and bad input in words."""
# ruff: noqa: E501 -- one bad file, its arguments and its sentence read best on one line

import json
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from myelomart.cli import main

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "fixtures" / "r" / "data"
BASE = {
    "survival": "--time time --event event",
    "match": "--treatment treated",
    "emulate": "--time time --event event --treated-at start --grace 8 --horizon 40 --period 4",
}


@pytest.fixture
def run(monkeypatch, capsys):
    def call(command, file, arguments=""):
        words = f"{BASE.get(command, '')} {arguments}".split()
        monkeypatch.setattr(sys, "argv", ["myelomart", command, str(file), *words])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def table(tmp_path):
    def write(frame, name="table.csv"):
        path = tmp_path / name
        if name.endswith(".parquet"):
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False)
        return path

    return write


def days():
    return pd.read_csv(DATA / "days.csv")


COVARIATES = "--covariates arm,age,stage"


@pytest.mark.parametrize(
    ("command", "data", "arguments"),
    [
        ("survival", "days", ""),
        ("survival", "days", f"--group arm {COVARIATES} --at 3,6,400 --tau 9 --conf-type log"),
        (
            "survival",
            "days",
            f"--entry entry --strata site --cluster pair --weights weight {COVARIATES}",
        ),
        ("survival", "days", "--group stage --rho 1 --zph rank"),
        ("survival", "days", f"--event cause --competing 2 --group arm {COVARIATES}"),
        ("survival", "days", f"--event cause --competing 2 --strata site {COVARIATES} --firth"),
        ("survival", "missing_values", f"--group stage {COVARIATES} --ties breslow"),
        ("survival", "recurrent_death", "--event kind --competing 2 --person person --at 8"),
        ("wins", "days", "--treatment arm --tier time/event --tier fewer:marker"),
        ("survival", "days", "--group arm --covariates age --cure weibull --knots 1 --at 6"),
        ("bias", "days", "--treatment arm --outcome event --sensitivity 0.7,0.9,1"),
        ("match", "match_plain", "--covariates age,marker,stage"),
        (
            "match",
            "match_plain",
            "--covariates age,stage --order random --seed 4 --exact sex --ratio 2",
        ),
        (
            "match",
            "match_plain",
            "--covariates age --order closest --scale probability --caliper 1e-9",
        ),
        ("match", "match_plain", "--covariates age --replace"),
        ("emulate", "exposure_days", "--covariates age --samples 25 --at 8,20,21 --trim 0.05"),
        ("emulate", "exposure_days", "--samples 0 --control never --unstabilized"),
        ("emulate", "exposure_days", "--samples 20 --seed 3 --trials 0,2,4 --initiation natural"),
        ("meta", "meta_response", ""),
        ("meta", "meta_rare", "--method glmm"),
        ("meta", "meta_response", "--transform freeman-tukey --hartung-knapp"),
        ("meta", "meta_hazard_ratio", "--measure hr --method dl"),
    ],
)
def test_json_is_one_object_and_follows_the_schema(run, command, data, arguments):
    code, out, err = run(command, DATA / f"{data}.csv", f"{arguments} --json")
    assert code == 0, err
    schema = json.loads((ROOT / "docs" / "schemas" / f"{command}.json").read_text())
    jsonschema.validate(json.loads(out, parse_constant=pytest.fail), schema)


def test_tables_without_json_print_the_same_numbers(run):
    code, out, _ = run("survival", DATA / "days.csv", f"--group arm {COVARIATES} --at 6")
    assert code == 0
    assert "stage" in out
    assert "concordance" in out


def test_parquet_gives_what_csv_gives(run, table):
    _, from_csv, _ = run("survival", DATA / "days.csv", f"{COVARIATES} --json")
    _, from_parquet, _ = run("survival", table(days(), "d.parquet"), f"{COVARIATES} --json")
    assert from_csv == from_parquet


def test_dropped_rows_are_counted_by_column(run, table):
    frame = days()
    frame.loc[[1, 5, 7], "age"] = np.nan
    frame.loc[[5], "time"] = np.nan
    _, out, _ = run("survival", table(frame), f"{COVARIATES} --json")
    report = json.loads(out)
    assert (report["n"], report["n_dropped"]) == (297, 3)
    assert report["dropped"] == {"time": 1, "age": 3}


def test_rows_missing_in_unused_columns_are_kept(run, table):
    frame = days()
    frame.loc[[1, 5, 7], "marker"] = np.nan
    _, out, _ = run("survival", table(frame), f"{COVARIATES} --json")
    assert json.loads(out)["n_dropped"] == 0


@pytest.mark.parametrize(
    "words", [("true", "false"), ("TRUE", "FALSE"), ("1", "0"), ("True", "False")]
)
def test_events_as_words(run, table, words):
    frame = days()
    frame["event"] = frame["event"].map({1: words[0], 0: words[1]})
    _, out, _ = run("survival", table(frame), "--json")
    assert json.loads(out)["groups"][0]["events"] == days()["event"].sum()


def test_event_value_names_the_event(run, table):
    frame = days()
    frame["event"] = frame["event"].map({1: "progressed", 0: "alive"})
    _, out, _ = run("survival", table(frame), "--event-value progressed --json")
    assert json.loads(out)["groups"][0]["events"] == days()["event"].sum()


def test_pairs_name_the_rows_of_the_file_even_when_some_were_dropped(run, table):
    frame = pd.read_csv(DATA / "match_plain.csv")
    frame.loc[range(10), "age"] = np.nan
    _, out, _ = run("match", table(frame), "--covariates age,marker --json")
    for pair in json.loads(out)["pairs"]:
        assert pair["treated"] > 10
        assert frame["treated"][pair["treated"] - 1] == 1
        assert frame["treated"][pair["control"] - 1] == 0


def test_rows_that_cannot_be_matched_are_counted_by_column(run, table):
    frame = pd.read_csv(DATA / "match_plain.csv")
    frame.loc[[2, 5, 8], "age"] = np.nan
    frame.loc[[8, 9], "stage"] = None
    _, out, _ = run("match", table(frame), "--covariates age,stage --json")
    report = json.loads(out)
    assert (report["n"], report["n_dropped"]) == (216, 4)
    assert report["dropped"] == {"age": 3, "stage": 2}


def test_firths_penalty_prints_profile_limits(run):
    _, out, _ = run("survival", DATA / "silent_arm.csv", "--covariates arm --firth --json")
    (term,) = json.loads(out)["cox"]["terms"]
    assert 0 <= term["profile_ci_low"] < term["hr"] < term["profile_ci_high"]
    assert 0 < term["profile_p"] < 1


def test_out_holds_the_matched_rows(run, tmp_path):
    out_file = tmp_path / "matched.csv"
    _, out, _ = run("match", DATA / "match_plain.csv", f"--covariates age --out {out_file} --json")
    report, matched = json.loads(out), pd.read_csv(out_file)
    assert len(matched) == report["n_matched_treated"] + report["n_matched_control"]
    assert matched.groupby("match_set")["treated"].sum().eq(1).all()


def test_exact_pairs_agree_on_the_column(run):
    frame = pd.read_csv(DATA / "match_plain.csv")
    _, out, _ = run("match", DATA / "match_plain.csv", "--covariates age --exact sex,stage --json")
    for pair in json.loads(out)["pairs"]:
        one, zero = frame.loc[pair["treated"] - 1], frame.loc[pair["control"] - 1]
        assert (one["sex"], one["stage"]) == (zero["sex"], zero["stage"])


def spoiled(**changes):
    frame = days()
    for name, change in changes.items():
        frame[name] = change(frame[name]) if callable(change) else change
    return frame


def with_first(value, row=3):
    def change(column):
        column = column.astype(object)
        column[row] = value
        return column

    return change


@pytest.mark.parametrize(
    ("frame", "arguments", "sentence"),
    [
        (spoiled(time=with_first(-2.0)), "", "column time: 1 of 300 rows are negative (first in row 4)"),
        (spoiled(time=with_first("late")), "", "column time: 1 of 300 rows hold text, not a number (first in row 4)"),
        (spoiled(time=lambda t: "a" + t.astype(str)), "", "column time: 300 of 300 rows hold text"),
        (spoiled(time=with_first(np.inf)), "", "column time: 1 of 300 rows are infinite"),
        (spoiled(time=np.nan), "", "column time: 300 of 300 rows are missing"),
        (spoiled(event=0), "", "column event: none of 300 rows has an event"),
        (spoiled(event=with_first(2)), "", "column event: 1 of 300 rows are neither 1/0 nor true/false"),
        (spoiled(arm=1), "--group arm", "column arm: all 300 rows are in one group (1)"),
        (spoiled(arm=with_first(7)), "--group arm", "column arm: the group 7 has 1 row of 300"),
        (spoiled(age=60), "--covariates age", "column age: all 300 rows hold the value 60"),
        (spoiled(stage="II"), "--covariates stage", "column stage: all 300 rows hold the value II"),
        (spoiled(stage=with_first("IV")), "--covariates stage", "column stage: the category IV has 1 row of 300"),
        (spoiled(age=with_first("sixty")), "--covariates age", "column age: 1 of 300 rows hold text, not a number (first in row 4)"),
        (spoiled(), "--covariates age,age2", "column age2: the file has no such column"),
        (days().assign(twice=lambda d: 2 * d["age"]), "--covariates age,twice", "column twice: the other covariates"),
        (days().assign(arm=lambda d: 1 - d["event"]), "--covariates arm", "column arm: none of the"),
        (spoiled(entry=lambda _: days()["time"]), "--entry entry", "column entry: 300 of 300 rows enter at or after"),
        (spoiled(weight=0), "--weights weight", "column weight: 300 of 300 rows are zero or negative"),
        (spoiled(), "--event cause --competing 7", "column cause: none of 300 rows holds 7"),
        (spoiled(cause=with_first(5)), "--event cause --competing 2", "column cause: 1 of 300 rows are neither 0"),
        (spoiled(), "--conf-type wald", "--conf-type wald is unknown"),
        (spoiled(), "--at 3,x", "--at 3,x: give numbers"),
        (spoiled(), "--tau -1", "--tau -1: the horizon lies above 0"),
        (spoiled(), "--tau inf", "--tau inf: the horizon lies above 0 and is finite"),
        (spoiled(), "--rho inf", "--rho inf: give a finite number"),
        (spoiled(), "--rho nan", "--rho nan: give a finite number"),
        (spoiled(), "--covariates age,age", "--covariates: column age is named twice"),
        (spoiled(age=lambda a: 0.3 + 0 * a), "--covariates age", "column age: all 300 rows hold the value 0.3"),
    ],
)  # fmt: skip
def test_survival_refuses_bad_input_in_words(run, table, frame, arguments, sentence):
    code, out, err = run("survival", table(frame), f"{arguments} --json")
    assert code == 2
    assert out == ""
    assert sentence in " ".join(err.split())
    assert "Traceback" not in err


def treatments(**changes):
    return pd.read_csv(DATA / "match_plain.csv").assign(**changes)


@pytest.mark.parametrize(
    ("frame", "arguments", "sentence"),
    [
        (treatments(treated=1), "--covariates age", "column treated: all 220 rows are treated"),
        (
            treatments(treated="yes"),
            "--covariates age",
            "column treated: 220 of 220 rows are neither",
        ),
        (treatments(age=lambda d: d["treated"] * 10.0), "--covariates age", "do not overlap"),
        (treatments(age=1), "--covariates age", "column age: all 220 rows hold the value 1"),
        (treatments(), "--covariates age --caliper 0", "--caliper lies above 0"),
        (treatments(), "--covariates age,treated", "column treated: the treatment is no covariate"),
        (treatments(), "--covariates age --order best", "--order best is unknown"),
        (treatments(), "--covariates age --exact town", "column town: the file has no such column"),
        (treatments(treated=0), "--covariates age", "column treated: all 220 rows are controls"),
        (treatments(), "--covariates age,age", "--covariates: column age is named twice"),
        (treatments(), "--covariates age --exact sex,sex", "--exact: column sex is named twice"),
        (treatments(), "--covariates age --order random --seed -1", "--seed and --merge-below"),
        (treatments(), "--covariates age --caliper inf", "--caliper lies above 0 and is finite"),
        (treatments(), "--covariates age --caliper nan", "--caliper lies above 0 and is finite"),
        (treatments(), "--covariates ,", "--covariates: name one column or more"),
        (
            treatments(
                stage=lambda d: d["stage"].where(d["treated"].eq(1) | d.index.isin(range(99)), "IV")
            ),
            "--covariates age,stage",
            "rows with IV are of the control arm, so the arms do not overlap there",
        ),
        (treatments(age=np.nan), "--covariates age", "column age: 220 of 220 rows are missing"),
        (
            treatments(age=lambda d: with_first("sixty")(d["age"])),
            "--covariates age",
            "column age: 1 of 220 rows hold text, not a number (first in row 4)",
        ),
        (
            treatments(age=lambda d: with_first(np.inf)(d["age"])),
            "--covariates age",
            "column age: 1 of 220 rows are missing or not finite",
        ),
        (
            treatments(stage=lambda d: with_first("IV")(d["stage"])),
            "--covariates stage",
            "column stage: the category IV has 1 row of 220",
        ),
        (
            treatments(twice=lambda d: 2 * d["age"]),
            "--covariates age,twice",
            "column twice: the covariates before it determine it in all 220 rows",
        ),
    ],
)
def test_match_refuses_bad_input_in_words(run, table, frame, arguments, sentence):
    code, out, err = run("match", table(frame), f"{arguments} --json")
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.split())
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("frame", "arguments", "sentence"),
    [
        (pd.DataFrame({"events": [1, 2, 3]}), "", "the file needs columns events and n"),
        (pd.DataFrame({"events": [9, 2, 3], "n": [5, 5, 5]}), "", "column events: 1 of 3 rows are below 0 or above n"),
        (pd.DataFrame({"events": ["a", 2, 3], "n": [5, 5, 5]}), "", "column events: 1 of 3 rows hold text"),
        (pd.DataFrame({"estimate": [1.0], "ci_low": [0.5], "ci_high": [2.0]}), "", "estimates need --measure"),
        (pd.DataFrame({"events": [1, -2, 3], "n": [5, 5, 5]}), "", "column events: 1 of 3 rows are below 0 or above n (first in row 2)"),
        (pd.DataFrame({"events": [1.5, 2, 3], "n": [5, 5, 5]}), "", "column events: 1 of 3 rows are no whole numbers (first in row 1)"),
        (pd.DataFrame({"events": [3 * 10**14, 4, 4], "n": [10**15, 10, 12]}), "", "one study outweighs the others so far that REML cannot tell"),
        (pd.DataFrame({"events": [0, 0, 0], "n": [5, 0, 5]}), "", "column n: 1 of 3 rows are below 1 (first in row 2)"),
        (pd.DataFrame({"events": [0, 0, 0], "n": [5, 6, 5]}), "--method glmm", "column events: all 3 studies together have no event"),
        (pd.DataFrame({"events": [np.nan] * 3, "n": [5, 6, 5]}), "", "column events: 3 of 3 rows are missing"),
        (pd.DataFrame({"estimate": [1.0] * 3, "ci_low": [2.5, 0.5, 0.5], "ci_high": [2.0] * 3}), "--measure hr", "column ci_low: 1 of 3 rows are not below ci_high (first in row 1)"),
        (pd.DataFrame({"estimate": [1.0] * 3, "ci_low": [-0.5, 0.5, 0.5], "ci_high": [2.0] * 3}), "--measure hr", "column ci_low: 1 of 3 rows are not above 0, as a hr must be"),
        (pd.DataFrame({"estimate": [3.0, 1, 1], "ci_low": [0.5] * 3, "ci_high": [2.0] * 3}), "--measure mean", "column estimate: 1 of 3 rows lie outside their limits"),
        (pd.DataFrame({"estimate": [1.0] * 3, "ci_low": [0.5] * 3, "ci_high": [2.0] * 3}), "--measure hr --method glmm", "--method glmm pools counts"),
    ],
)  # fmt: skip
def test_meta_refuses_bad_input_in_words(run, table, frame, arguments, sentence):
    code, out, err = run("meta", table(frame), f"{arguments} --json")
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.split())
    assert "Traceback" not in err


def test_two_studies_are_listed_but_not_pooled(run, table):
    frame = pd.DataFrame({"events": [3, 5], "n": [10, 12]})
    code, out, _ = run("meta", table(frame), "--json")
    report = json.loads(out)
    assert (code, report["estimate"], len(report["studies"])) == (0, None, 2)


def test_a_median_without_its_limits_is_dropped_and_counted(run, table):
    frame = pd.read_csv(DATA / "meta_median.csv")
    frame.loc[3] = [20.0, 15.0, np.nan]
    _, out, _ = run("meta", table(frame), "--measure median --json")
    report = json.loads(out)
    assert (report["k"], report["n_dropped"], report["dropped"]) == (3, 1, {"ci_high": 1})


def test_a_file_that_is_not_there(run, tmp_path):
    code, _, err = run("survival", tmp_path / "none.csv", "--json")
    assert code == 2
    assert "it does not exist" in " ".join(err.split())


def test_strata_that_hold_one_group_each_leave_the_log_rank_test_open(run, table):
    frame = days().assign(town=lambda d: d["arm"])
    code, out, err = run("survival", table(frame), "--group arm --strata town --json")
    report = json.loads(out)
    assert (code, report["logrank"], report["cox"]) == (0, None, None), err
    assert any("log-rank test" in note for note in report["notes"])


def test_one_event_time_leaves_the_proportionality_test_open(run, table):
    frame = days().assign(time=9.0)
    code, out, err = run("survival", table(frame), f"{COVARIATES} --json")
    assert (code, json.loads(out)["cox"]["zph"]) == (0, None), err


def test_fewer_clusters_than_covariates_still_give_a_robust_fit(run, table):
    frame = days().assign(half=lambda d: d.index % 2)
    code, out, err = run("survival", table(frame), f"{COVARIATES} --cluster half --json")
    assert code == 0, err
    assert json.loads(out)["cox"]["terms"][0]["robust_se"] >= 0


def test_a_group_without_events_keeps_its_curve(run, table):
    frame = days()
    frame.loc[frame["stage"] == "III", "event"] = 0
    code, out, _ = run("survival", table(frame), "--group stage --json")
    report = json.loads(out)
    assert (code, report["cox"]) == (0, None)
    assert report["groups"][2]["median"] is None
    assert any("Cox" in note for note in report["notes"])


def test_weights_reach_log_rank_and_restricted_mean_and_their_scale_does_not(run, table):
    frame = days().assign(tenfold=lambda d: 10 * d["weight"])
    reports = [
        json.loads(run("survival", table(frame), f"--group arm --weights {name} --json")[1])
        for name in ("weight", "tenfold")
    ]
    for part, key in (("logrank", "p"), ("rmst_difference", "se"), ("rmst_difference", "p")):
        values = [report[part][key] for report in reports]
        assert values[0] == pytest.approx(values[1], rel=1e-9)
    unweighted = json.loads(run("survival", table(frame), "--group arm --json")[1])
    assert reports[0]["logrank"]["p"] != pytest.approx(unweighted["logrank"]["p"], rel=1e-3)


def test_rows_given_twice_with_their_id_as_cluster_change_no_test(run, table):
    frame = days().assign(row=lambda d: d.index)
    reports = [
        json.loads(run("survival", table(one), "--group arm --cluster row --json")[1])
        for one in (frame, pd.concat([frame, frame]))
    ]
    for part in ("logrank", "rmst_difference"):
        assert reports[1][part]["p"] == pytest.approx(reports[0][part]["p"], rel=1e-9)


def test_whole_weights_are_said_to_be_read_two_ways(run, table):
    frame = days().assign(count=lambda d: 1 + d.index % 3)
    report = json.loads(run("survival", table(frame), "--group arm --weights count --json")[1])
    assert any("whole numbers" in note for note in report["notes"])


def test_one_cluster_leaves_the_variance_open_with_a_note(run, table):
    frame = days().assign(site="one")
    code, out, err = run(
        "survival", table(frame), f"--group arm --cluster site {COVARIATES} --json"
    )
    report = json.loads(out)
    assert code == 0, err
    assert report["cox"]["terms"][0]["robust_se"] is None
    assert report["cox"]["terms"][0]["hr"] > 0
    assert report["logrank"] is None
    assert report["groups"][0]["rmst"] > 0
    assert report["groups"][0]["rmst_se"] is None
    assert any("in one cluster" in note for note in report["notes"])


def test_a_group_whose_follow_up_ends_at_time_zero_keeps_the_rest(run, table):
    frame = pd.DataFrame(
        {"time": [0, 0, 0, 1, 2, 3], "event": [1, 1, 0, 1, 1, 0], "arm": list("aaabbb")}
    )
    code, out, err = run("survival", table(frame), "--group arm --json")
    report = json.loads(out)
    assert code == 0, err
    assert [group["median"] for group in report["groups"]] == [0, 2]
    assert report["logrank"]["chi2"] == pytest.approx(2.5)
    assert report["groups"][1]["rmst"] is None
    assert any("ends at time 0" in note for note in report["notes"])


def test_a_stratum_without_events_leaves_grays_test(run, table):
    frame = pd.DataFrame(
        {
            "time": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2, 4],
            "status": [1, 2, 1, 0, 1, 2, 1, 0, 1, 1, 0, 0],
            "arm": list("ababababab") + ["a", "b"],
            "site": ["x"] * 10 + ["y"] * 2,
        }
    )
    code, out, err = run(
        "survival", table(frame), "--event status --competing 2 --group arm --strata site --json"
    )
    gray = json.loads(out)["competing"]["gray"]
    assert code == 0, err
    # R 4.2, cmprsk 2.2-11: cuminc(time, status, arm, site)
    assert (gray["chi2"], gray["p"]) == (pytest.approx(7.026134), pytest.approx(0.008033, abs=1e-6))


def test_nobody_with_the_competing_event_leaves_an_incidence_of_zero(run, table):
    frame = days().assign(status=lambda d: d["event"])
    code, out, err = run(
        "survival", table(frame), "--event status --competing 2 --group arm --at 6 --json"
    )
    report = json.loads(out)
    assert code == 0, err
    rows = {(row["group"], row["cause"]): row["cif"] for row in report["competing"]["cif"]}
    assert rows[("0", 2)] == rows[("1", 2)] == 0
    assert rows[("0", 1)] > 0
    assert report["competing"]["gray"]["p"] <= 1
    assert any("none of 300 rows has the competing event 2" in note for note in report["notes"])


def test_firths_main_row_is_the_profiles(run):
    _, out, _ = run("survival", DATA / "silent_arm.csv", "--covariates arm --firth --json")
    (term,) = json.loads(out)["cox"]["terms"]
    assert (term["ci_low"], term["p"]) == (term["profile_ci_low"], term["profile_p"])
    assert term["wald_p"] != pytest.approx(term["p"], rel=1e-3)
    assert term["z"] is None


def unshared():
    frame = pd.read_csv(DATA / "match_plain.csv")
    controls = frame.index[frame["treated"] == 0][:12]
    frame.loc[controls, "stage"] = "IV"
    return frame


def test_a_level_of_one_arm_is_left_out_with_its_count(run, table):
    code, out, err = run(
        "match", table(unshared()), "--covariates age,stage --leave-out-unshared --json"
    )
    report = json.loads(out)
    assert code == 0, err
    assert report["n_left_out"] == 12
    assert report["left_out"] == [
        {"covariate": "stage", "level": "IV", "rows": 12, "arm": "control"}
    ]
    assert report["n"] == 208
    assert any("stage: the 12 rows with IV" in note for note in report["notes"])
    assert max(abs(row["smd_after"]) for row in report["balance"]) < 0.25


def test_rare_levels_are_merged_into_one_of_their_own_with_a_note(run, table):
    frame = pd.read_csv(DATA / "match_plain.csv")
    frame.loc[[1, 2, 3], "stage"] = ["IV", "V", "VI"]
    frame.loc[4:9, "stage"] = "VII"
    code, out, err = run("match", table(frame), "--covariates age,stage --merge-below 8 --json")
    report = json.loads(out)
    assert code == 0, err
    assert {row["level"]: row["rows"] for row in report["merged"]} == {
        "IV": 1, "V": 1, "VI": 1, "VII": 6,
    }  # fmt: skip
    assert "stage[other]" in report["propensity"]["coefficients"]
    assert any("levels with fewer than 8 rows were merged" in note for note in report["notes"])


def test_with_replacement_out_holds_a_row_for_every_pair(run, tmp_path):
    out_file = tmp_path / "matched.csv"
    arguments = f"--covariates age,marker --replace --out {out_file}"
    _, out, _ = run("match", DATA / "match_scarce_controls.csv", f"{arguments} --json")
    report, matched = json.loads(out), pd.read_csv(out_file)
    controls = matched[matched["treated"] == 0]
    assert len(controls) == len(report["pairs"]) > report["n_matched_control"]
    assert len(matched) == len(report["pairs"]) + report["n_matched_treated"]
    treated = matched[matched["treated"] == 1].set_index("match_set")["file_row"]
    made = {(int(treated[row.match_set]), int(row.file_row)) for row in controls.itertuples()}
    assert made == {(pair["treated"], pair["control"]) for pair in report["pairs"]}


def test_columns_that_matching_adds_are_not_written_over(run, table, tmp_path):
    frame = pd.read_csv(DATA / "match_plain.csv").assign(match_set=1)
    out_file = tmp_path / "matched.csv"
    code, _, err = run("match", table(frame), f"--covariates age --out {out_file} --json")
    assert code == 2
    assert "the file already has the columns match_set" in " ".join(err.split())
    assert not out_file.exists()


def test_a_ratio_beyond_all_controls_ends(run):
    code, out, err = run(
        "match", DATA / "match_plain.csv", "--covariates age --ratio 1000000000 --json"
    )
    assert code == 0, err
    assert json.loads(out)["pairs"]


def test_a_study_without_which_nothing_can_be_pooled_is_noted(run, table):
    frame = pd.DataFrame({"events": [0, 0, 0, 4], "n": [20, 25, 30, 22]})
    code, out, err = run("meta", table(frame), "--method glmm --json")
    report = json.loads(out)
    assert code == 0, err
    assert report["leave_one_out"][3]["estimate"] is None
    assert report["leave_one_out"][0]["estimate"] is not None
    assert any("not pooled without study 4" in note for note in report["notes"])


def test_brackets_in_labels_are_printed_as_they_are(run, table):
    frame = days().assign(stage=lambda d: d["stage"].map({"I": "a", "II": "b", "III": "[/b]"}))
    code, out, err = run("survival", table(frame), "--covariates stage")
    assert code == 0, err
    assert "stage[b]" in out
    code, out, err = run("survival", table(frame), "--covariates arm[/b]")
    assert code == 2
    assert "column arm[/b]: the file has no such column" in " ".join(err.split())


def followed(n=40, **columns):
    """Forty rows in two arms of twenty, an event in every second; ``columns`` replace or add."""
    rows = np.arange(n)
    usual = {"time": 1 + rows % 17, "event": rows % 2, "arm": np.where(rows < n // 2, "a", "b")}
    return pd.DataFrame(usual | columns)


@pytest.mark.parametrize(
    ("frame", "arguments", "sentence"),
    [
        (followed(1), "", "column event: none of 1 rows has an event"),
        (followed(event=0), "--group arm", "column event: none of 40 rows has an event"),
        (followed(time=10**18 + np.arange(40)), "", "column time: 40 of 40 rows are too large to be told apart (2^53 or more)"),
        (followed(age=10**15 + np.arange(40)), "--covariates age", "column age: all 40 rows vary by rounding alone from the value 1000000000000000"),
        (followed(age=5), "--covariates age", "column age: all 40 rows hold the value 5"),
        (followed(start=followed()["time"]), "--entry start", "column start: 40 of 40 rows enter at or after their own time"),
        (followed(weight=np.arange(40)), "--weights weight", "column weight: 1 of 40 rows are zero or negative (first in row 1)"),
        (followed(), "--covariates time", "column time: the follow-up time is no covariate of itself"),
        (followed(), "--covariates event", "column event: the event is no covariate of itself"),
        (followed(), "--event time", "column time: it is both the time and the event"),
    ],
)  # fmt: skip
def test_odd_rows_are_refused_in_words(run, table, frame, arguments, sentence):
    code, out, err = run("survival", table(frame), f"{arguments} --json")
    assert (code, out) == (2, "") and sentence in " ".join(err.split())


def test_blanks_around_a_label_make_no_group_and_a_blank_one_is_missing(run, table):
    plain = followed()
    dressed = plain.assign(arm=plain["arm"].where(plain.index % 3 > 0, plain["arm"] + " "))
    answers = []
    for frame in (plain, dressed):
        code, out, err = run("survival", table(frame), "--group arm --json")
        assert code == 0, err
        answers.append(json.loads(out))
    assert answers[0] == answers[1]
    _, out, _ = run(
        "survival",
        table(plain.assign(arm=plain["arm"].mask(plain.index == 0, "  "))),
        "--group arm --json",
    )
    found = json.loads(out)
    assert found["dropped"] == {"arm": 1} and [one["n"] for one in found["groups"]] == [19, 20]


def test_labels_that_differ_in_case_alone_are_told_apart_and_named(run, table):
    frame = followed(arm=np.where(np.arange(40) % 4 < 2, "a", "A"), site=["x", "X"] * 20)
    _, out, _ = run("survival", table(frame), "--group arm --strata site --json")
    assert json.loads(out)["notes"][:2] == [
        "arm: A and a differ in case alone and are told apart",
        "site: X and x differ in case alone and are told apart",
    ]
    frame = frame.assign(treated=[1, 0, 0, 1] * 10, age=50 + np.arange(40) % 13)
    _, out, _ = run("match", table(frame), "--covariates age --exact site --json")
    assert json.loads(out)["notes"][0].startswith("site: X and x differ in case alone")


def test_a_ratio_that_no_number_holds_is_noted(run, table):
    frame = followed(age=1e-15 * (np.arange(40) * 7 % 40))
    _, out, _ = run("survival", table(frame), "--covariates age --json")
    found = json.loads(out)
    assert found["cox"]["terms"][0]["hr"] in (None, 0.0)
    assert "the hazard ratio of age is beyond what a number holds" in found["notes"][0]


def test_nobody_matched_is_said(run, table):
    frame = followed(treated=[1, 0] * 20, age=50 + np.arange(40), id=np.arange(40))
    _, out, _ = run("match", table(frame), "--covariates age --exact id --json")
    found = json.loads(out)
    assert found["n_matched_treated"] == 0
    assert found["notes"] == [
        "nobody was matched: no control lies within the caliper of 0.2 pooled standard deviations "
        "with the same exact columns"
    ]


def test_a_study_given_twice_is_named(run, table):
    frame = pd.DataFrame({"study": ["a", "a", "b"], "events": [3, 4, 4], "n": [10, 10, 12]})
    _, out, _ = run("meta", table(frame), "--json")
    assert json.loads(out)["notes"] == ["study a stands in 2 rows, pooled as so many studies"]


def trials():
    """Persons with a marker that changes, and treatment that it brings nearer."""
    rng = np.random.default_rng(5)
    records = pd.DataFrame({"id": np.repeat(np.arange(80), 4), "day": np.tile([0, 5, 10, 15], 80)})
    records["marker"] = rng.normal(size=320).round(3)
    frame = pd.DataFrame({"id": np.arange(80), "time": rng.integers(1, 60, 80), "event": 1})
    frame["start"] = np.where(np.arange(80) % 2, rng.integers(0, 12, 80), np.nan)
    return frame, records


def test_a_covariate_that_changes_and_the_clones_with_their_weights(run, table, tmp_path):
    frame, records = trials()
    changing = table(records, "marker.csv")
    words = f"--varying {changing} --varying-time day --person id --samples 0 --json"
    code, out, err = run("emulate", table(frame), f"{words} --out {tmp_path / 'clones.csv'}")
    assert code == 0, err
    clones = pd.read_csv(tmp_path / "clones.csv")
    assert len(clones["weight"].unique()) > 20
    treated = json.loads(out)["effects"][0]["estimate"]
    own = clones[clones["strategy"] == 1]
    last = own[(own["weight"] > 0)].assign(time=own["stop"], entry=own["start"])
    _, out, _ = run(
        "survival", table(last, "t.csv"), "--entry entry --weights weight --at 40 --json"
    )
    assert 1 - json.loads(out)["groups"][0]["at"][0]["survival"] == pytest.approx(treated)


def test_trials_of_a_file_are_those_of_trials_at_times(run, table):
    frame, _ = trials()
    late = frame[(frame["time"] > 3) & ~(frame["start"] < 3)]
    late = late.assign(time=late["time"] - 3, start=late["start"] - 3)
    both = pd.concat([frame.assign(line=0), late.assign(line=3)])
    words = "--covariates line --person id --trial line --samples 0 --json"
    code, from_file, err = run("emulate", table(both), words)
    assert code == 0, err
    _, at_times, _ = run("emulate", table(frame, "b.csv"), "--trials 0,3 --samples 0 --json")
    one, two = json.loads(from_file), json.loads(at_times)
    assert (one["persons"], one["trials"], one["rows_of_trials"]) == (80, 2, len(both))
    for first, second in zip(one["effects"], two["effects"], strict=True):
        assert first["estimate"] == pytest.approx(second["estimate"])


@pytest.mark.parametrize(
    ("change", "arguments", "sentence"),
    [
        ({}, "--varying CHANGING", "--varying needs --person"),
        ({}, "--varying CHANGING --person id", "column time: the file of --varying has no such column"),
        ({"id": 1}, "--varying CHANGING --person id --varying-time day", "79 rows are of a person who has another"),
        ({"id": 500}, "--varying CHANGING --person id --varying-time day --trials 0", "column marker: 80 of 80 rows have no value at or before time zero"),
        ({}, "--trial id", "--trial needs --person"),
        ({}, "--trial id --person id --trials 0,1", "--trials makes trials of each row"),
        ({}, "--trim 2", "--trim 2: give a share from the top"),
        ({}, "--samples -1", "--samples -1: 0 for none"),
        ({}, "--covariates time", "column time: the follow-up time is no covariate"),
        ({}, "--treated-at begun", "column begun: the file has no such column"),
        ({"start": "soon"}, "", "column start: 80 of 80 rows hold text, not a number"),
        ({}, "--grace 50", "--horizon 40: it lies beyond the grace period (50)"),
        ({}, "--initiation late", "--initiation late is unknown"),
    ],
)  # fmt: skip
def test_a_trial_that_cannot_be_emulated_is_refused_in_words(
    run, table, change, arguments, sentence
):
    frame, records = trials()
    words = arguments.replace("CHANGING", str(table(records, "marker.csv")))
    code, out, err = run("emulate", table(frame.assign(**change)), f"{words} --json")
    assert (code, out) == (2, ""), out
    assert sentence in " ".join(err.split())
