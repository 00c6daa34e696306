"""A study as ADaM: the study's own numbers come out, and data that break a rule are not written."""

import json
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

from myelomart.adam.checking import faults
from myelomart.adam.export import _length
from myelomart.adam.shape import DATASETS, codelists, rows_of, short_names, variables
from myelomart.adam.transport import write_transport
from myelomart.cli import app
from myelomart.errors import MyelomartError
from myelomart.survival import cox_regression, kaplan_meier

STUDY = "cart_vs_pom"
DATES = {one.variable for one in variables() if one.type == "Date"}
FEW = 40


@pytest.fixture(scope="session")
def written(demo, tmp_path_factory):
    out = tmp_path_factory.mktemp("adam") / "adam"
    words = ["export", "adam", "--study", STUDY, "--out", out, "--db", demo / "myelomart.duckdb"]
    told = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert told.exit_code == 0, told.exception
    return out, json.loads(told.stdout)


@pytest.fixture(scope="session")
def whole_data(written):
    return {name: pd.read_csv(written[0] / f"{name.lower()}.csv") for name in DATASETS}


@pytest.fixture
def data(whole_data):
    """The first forty subjects, with the types that the rules ask for."""
    few = set(whole_data["ADSL"]["USUBJID"].head(FEW))
    shape = {name: [one for one in variables() if one.dataset == name] for name in DATASETS}
    made = {}
    for name, frame in whole_data.items():
        frame = frame[frame["USUBJID"].isin(few)].reset_index(drop=True)
        frame = frame[[one.variable for one in shape[name]]].copy()
        for one in shape[name]:
            column = frame[one.variable]
            if one.type == "Date":
                frame[one.variable] = pd.to_datetime(column)
            elif one.type == "Char":
                whole = column.dropna().map(lambda value: str(value).removesuffix(".0"))
                frame[one.variable] = whole.reindex(column.index).astype("str")
        made[name] = frame
    lists = {name: {*own.values()} for name, own in codelists().items()}
    lists["PARAMCD"] = {*made["ADTTE"]["PARAMCD"], *made["ADLB"]["PARAMCD"]}
    return made, shape, lists


def estimate(demo, analysis_id, statistic, endpoint, arm=None):
    rows = pd.read_parquet(demo / "results" / STUDY / "estimates.parquet")
    rows = rows[(rows["analysis_id"] == analysis_id) & (rows["statistic"] == statistic)]
    rows = rows[(rows["endpoint"] == endpoint) & (rows["population"] != "before matching")]
    rows = rows if arm is None else rows[rows["arm"] == arm]
    assert len(rows) >= 1
    return rows.iloc[0]


def test_the_times_give_the_curves_and_ratios_of_the_study(demo, written, whole_data):
    codes = pd.read_csv(written[0] / "codelists.csv")
    code = codes.set_index("ours")["theirs"]["all_cause_mortality"]
    times = whole_data["ADTTE"].merge(whole_data["ADSL"][["USUBJID", "MATCHFL"]], on="USUBJID")
    times = times[(times["PARAMCD"] == code) & (times["ANL01FL"] == "Y")]
    times = times[times["MATCHFL"] == "Y"]
    for arm, own in times.groupby("TRTP"):
        curve = kaplan_meier(own["AVAL"] / (365 / 12), own["CNSR"] == 0)
        found = estimate(demo, "cart_vs_pom_curves", "median_months", "all_cause_mortality", arm)
        assert (curve.n, curve.events) == (found["denominator"], found["numerator"])
        assert curve.median == pytest.approx(found["estimate"], nan_ok=True)
    treated = (times["TRTP"] == "CAR-T").astype(int).rename("arm").to_frame()
    fit = cox_regression(times["AVAL"], times["CNSR"] == 0, treated).table().iloc[0]
    found = estimate(demo, "cart_vs_pom_hazard_ratios", "hazard_ratio", "all_cause_mortality")
    ratio = [found[name] for name in ("estimate", "ci_low", "ci_high")]
    assert [fit["hr"], fit["ci_low"], fit["ci_high"]] == pytest.approx(ratio, rel=1e-6)


def test_the_folder_says_what_it_holds_and_is_its_owners_alone(written, whole_data):
    out, told = written
    assert told["analysis_id"] == "cart_vs_pom_hazard_ratios"
    assert told["rows"] == {name: len(frame) for name, frame in whole_data.items()}
    assert all(one.stat().st_mode & 0o077 == 0 for one in [out, *out.iterdir()])
    define = pd.read_csv(out / "define.csv")
    for name, frame in whole_data.items():
        own = define[define["dataset"] == name]
        assert own["variable"].tolist() == frame.columns.tolist()
        for row in own[own["type"] == "Char"].itertuples():
            longest = frame[row.variable].dropna().astype(str).str.removesuffix(".0").str.len()
            assert longest.max() <= row.length or not len(longest.dropna())
    assert (define["origin"].str.len() > 0).all() and (define["label"].str.len() <= 40).all()
    subjects = whole_data["ADSL"]
    assert subjects["USUBJID"].is_unique and {"DIABETFL", "PRIORLIN"} <= {*subjects.columns}
    assert set(subjects["SEX"]) <= {"M", "F", "U"}


def test_define_xml_names_every_variable_with_its_type_and_its_codes(written, whole_data):
    root = ElementTree.parse(written[0] / "define.xml").getroot()
    odm, own = "{http://www.cdisc.org/ns/odm/v1.3}", "{http://www.cdisc.org/ns/def/v2.1}"
    items = {one.get("OID"): one for one in root.iter(f"{odm}ItemDef")}
    methods = {one.get("OID") for one in root.iter(f"{odm}MethodDef")}
    lists = {
        one.get("OID"): {item.get("CodedValue") for item in one}
        for one in root.iter(f"{odm}CodeList")
    }
    groups = {one.get("Name"): one for one in root.iter(f"{odm}ItemGroupDef")}
    assert list(groups) == list(whole_data)
    for name, frame in whole_data.items():
        refs = groups[name].findall(f"{odm}ItemRef")
        named = [items[one.get("ItemOID")] for one in refs]
        assert [one.get("Name") for one in named] == frame.columns.tolist()
        assert {one.get("MethodOID") for one in refs} <= methods
        assert (written[0] / groups[name].find(f"{own}leaf/{own}title").text).is_file()
        for one in named:
            values, kind = frame[one.get("Name")].dropna(), one.get("DataType")
            if kind == "integer":
                assert (values % 1 == 0).all(), one.get("OID")
            coded = one.find(f"{odm}CodeListRef")
            if coded is not None and kind == "text":
                assert {*values.astype(str)} <= lists[coded.get("CodeListOID")]


def put(name, variable, value, row=0):
    def change(data):
        frame = data[name]
        place = frame.index[row] if not callable(row) else frame.index[row(frame)][0]
        frame[variable] = frame[variable].astype(object)
        frame.loc[place, variable] = value(frame.loc[place]) if callable(value) else value
        if variable in DATES:
            frame[variable] = pd.to_datetime(frame[variable])
        elif not frame[variable].map(type).eq(str).any():
            frame[variable] = frame[variable].astype(float)

    return change


def again(name):
    def change(data):
        data[name] = pd.concat([data[name], data[name].head(1)], ignore_index=True)

    return change


DAY = pd.Timedelta(days=1)
BASELINE = lambda frame: frame["ABLFL"] == "Y"  # noqa: E731
CHANGED = lambda frame: frame["CHG"].notna()  # noqa: E731
BROKEN = {
    "subject_unknown": put("ADTTE", "USUBJID", "nobody"),
    "one_study": put("ADSL", "STUDYID", "another"),
    "treatment_of_subject": put("ADAE", "TRTA", "placebo"),
    "dead_before_start": put("ADSL", "DTHDT", lambda one: one["TRTSDT"] - DAY),
    "death_without_flag": put("ADSL", "DTHFL", None, lambda f: f["DTHDT"].notna()),
    "pair_without_flag": put("ADSL", "MATCHFL", "N", lambda f: f["MATCHID"].notna()),
    "time_is_not_positive": put("ADTTE", "AVAL", 0.0),
    "ends_before_it_starts": put("ADTTE", "ADT", lambda one: one["STARTDT"] - DAY),
    "time_is_not_of_its_days": put("ADTTE", "AVAL", lambda one: one["AVAL"] + 1),
    "starts_elsewhere": put("ADTTE", "STARTDT", lambda one: one["STARTDT"] + DAY),
    "day_zero": put("ADLB", "ADY", 0.0),
    "day_is_wrong": put("ADLB", "ADY", lambda one: one["ADY"] - 1, lambda f: f["ADY"] < -5),
    "censored_twice": put("ADTTE", "CNSDTDSC", None, lambda f: f["CNSR"] == 1),
    "competing_event": put("ADTTE", "CMPEVFL", "Y", lambda f: f["CNSR"] == 0),
    "adverse_event_backwards": put("ADAE", "AENDT", lambda one: one["ASTDT"] - DAY),
    "emergent_before": put("ADAE", "TRTEMFL", "Y", lambda f: f["ASTDY"] < 0),
    "grade_of_two_minds": put("ADAE", "ATOXGRN", 5.0, lambda f: f["AETOXGR"].isin(["1", "2"])),
    "baseline_after": put("ADLB", "ABLFL", "Y", lambda f: f["ADY"] > 1),
    "baseline_of_another": put("ADLB", "BASE", lambda one: one["AVAL"] + 1, BASELINE),
    "change_is_wrong": put("ADLB", "CHG", lambda one: one["CHG"] + 1, CHANGED),
    "two_baselines": put("ADLB", "ABLFL", "Y", lambda f: (f["ADY"] < 0) & f["ABLFL"].isna()
                         & f.groupby(["USUBJID", "PARAMCD"])["ABLFL"].transform("count").eq(1)),
    "parameter_of_two_codes": put("ADTTE", "PARAM", lambda one: "Hospital admission, stays for an "
                                  "infusion left out (days)"),
    "code_of_two_parameters": put("ADLB", "PARAM", "another"),
    "code_is_too_long": put("ADTTE", "PARAMCD", "TOOLONGACODE"),
}  # fmt: skip
OF_A_ROW = [
    (again("ADSL"), "ADSL USUBJID: are the same in 1 rows"),
    (put("ADTTE", "AVAL", None), "ADTTE AVAL: is empty in 1 rows"),
    (put("ADSL", "FASFL", "yes"), "ADSL FASFL: is a flag that is neither Y, N nor empty"),
    (put("ADSL", "SEX", "male"), "ADSL SEX: 1 values are not of the code list SEX"),
    (put("ADTTE", "CNSR", 2.0), "ADTTE CNSR: 1 values are not of the code list CNSR"),
    (put("ADSL", "SITEID", "x" * 201), "ADSL SITEID: is not of the type Char in 1 rows"),
    (put("ADSL", "AGE", "old"), "ADSL AGE: is not of the type Num"),
    (lambda data: data["ADSL"].insert(0, "EXTRA", 1), "ADSL has other variables than its rows say"),
]


def test_what_was_written_breaks_no_rule(data):
    assert faults(*data) == []


def test_every_rule_has_data_that_break_it():
    assert set(BROKEN) == {rule["rule"] for rule in rows_of("rules")}


@pytest.mark.parametrize("rule", BROKEN)
def test_data_that_break_a_rule_between_variables_are_found(rule, data):
    BROKEN[rule](data[0])
    assert any(f"({rule})" in said for said in faults(*data)), faults(*data)


@pytest.mark.parametrize(("spoil", "said"), OF_A_ROW)
def test_data_that_break_the_row_of_a_variable_are_found(spoil, said, data):
    spoil(data[0])
    assert any(said in one for one in faults(*data)), faults(*data)


def test_wrong_data_leave_no_folder(demo, tmp_path, monkeypatch):
    from myelomart.adam import export

    monkeypatch.setattr(export, "faults", lambda *given: ["ADSL is wrong"])
    with pytest.raises(MyelomartError, match="break 1 rules of ADaM, so nothing was written"):
        export.export_study(demo / "myelomart.duckdb", "progression_patterns", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    for words, said in (
        ({"form": "xlsx"}, "--format xlsx is unknown"),
        ({"analysis_id": "none"}, "has no analysis «none»"),
    ):
        with pytest.raises(MyelomartError, match=said):
            export.export_study(demo / "myelomart.duckdb", STUDY, tmp_path / "out", **words)


def test_transport_files_hold_the_same_data(data, tmp_path):
    """As pandas reads them, whose reader is not ours; a day is the number since 1960."""
    frames, shape, _ = data
    for name, frame in frames.items():
        own = shape[name]
        lengths = {one.variable: _length(frame[one.variable], one.type) for one in own}
        path = tmp_path / f"{name.lower()}.xpt"
        write_transport(frame, own, lengths, name, DATASETS[name].label, path)
        assert path.stat().st_size % 80 == 0
        read = pd.read_sas(path, format="xport", encoding="utf-8")
        assert read.columns.tolist() == [one.variable for one in own] and len(read) == len(frame)
        for one in own:
            wanted, found = frame[one.variable], read[one.variable]
            if one.type == "Char":
                assert found.tolist() == wanted.fillna("").tolist()
            else:
                if one.type == "Date":
                    wanted = (wanted - pd.Timestamp("1960-01-01")).dt.days
                assert found.tolist() == pytest.approx(wanted.astype(float).tolist(), nan_ok=True)


def test_names_are_short_and_never_alike():
    names = [f"prior_line_{number}" for number in range(120)] + ["2_micro", "os"]
    made = short_names(names, taken=["PRIORLIN"])
    assert len({*made.values(), "PRIORLIN"}) == len(names) + 1
    assert all(len(one) <= 8 and one[0].isalpha() for one in made.values())
