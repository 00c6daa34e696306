"""TriNetX's result packages: all numbers agree, one that is changed is found, 10 is undone."""

import json
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from synthetic_package import package
from typer.testing import CliRunner

from myelomart.cli import app
from myelomart.errors import SourceError
from myelomart.trinetx_results.package import tables_of
from myelomart.trinetx_results.rebuilding import steps_of
from myelomart.trinetx_results.summary import package_summary

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "trinetx.json"
FILES, OUTCOMES = package()


def folder_of(files, folder):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.mark.parametrize("is_old", [False, True])
def test_every_number_of_a_package_agrees(is_old, tmp_path):
    told = package_summary(folder_of(package(is_old)[0], tmp_path))
    assert told["disagreements"] == [] and told["not_understood"] == []
    kinds = {one["file"]: one["kind"] for one in told["files"]}
    assert sorted(kinds.values()) == ["baseline", "curve", "curve", "density", "follow-up", "risk",
                                      "risk", "survival", "survival"]  # fmt: skip
    # 2 phases of 3 characteristics with 2 percents, a balance and a p; 4 sums of the density; 13
    # risks and at least 10 of survival an outcome (proportionality where the rows are certain)
    assert told["numbers"] >= 24 + 4 + 2 * (13 + 10)


def test_counts_behind_ten_are_those_of_the_persons(tmp_path):
    told = package_summary(folder_of(FILES, tmp_path))["recovered"]
    true = [int(arm["event"].sum()) for arms in OUTCOMES for arm in arms]
    assert [one["events"] for one in told] == true
    floored = [one for one in told if one["is_floored"]]
    assert len(floored) == 2 and all(0 < one["events"] < 10 == one["shown"] for one in floored)


def test_rebuilt_steps_are_the_persons_at_risk():
    from myelomart.survival import kaplan_meier

    arm = OUTCOMES[0][0]
    curve = kaplan_meier(arm["time"], arm["event"])
    steps = steps_of(curve.time, curve.survival, curve.ci_low, len(arm))
    has_event = curve.n_event > 0
    assert steps.at_risk.tolist() == curve.n_risk[has_event].tolist()
    assert steps.events.tolist() == curve.n_event[has_event].tolist()
    for late in (False, True):
        rows = steps.rows(late)
        assert rows["count"].sum() == len(arm)
        assert rows.loc[rows["event"] == 1, "count"].sum() == arm["event"].sum()
    wrong = curve.ci_low * np.where(np.arange(len(curve.ci_low)) == 40, 0.98, 1)
    assert steps_of(curve.time, curve.survival, wrong, len(arm)) is None
    assert steps_of(curve.time, curve.survival[::-1], curve.ci_low, len(arm)) is None


def numbers_in(file, title):
    """Each cell of a table that is recomputed: its line and its place among the fields."""
    for table in tables_of(file, FILES[file].removeprefix("\ufeff")):
        if table.title == title:
            for row in table.rows.to_dict("records"):
                for place, name in enumerate(name for name in row if name != "line"):
                    yield row["line"], place, name


CELLS = [
    (file, *cell)
    for file, title in (
        ("Outcome_1_Result_a_MOA_table.csv", "risk difference"),
        ("Outcome_1_Result_a_MOA_table.csv", "risk ratio"),
        ("Outcome_1_Result_a_MOA_table.csv", "odds ratio"),
        ("Outcome_1_Result_b_KM_table.csv", "log-rank test"),
        ("Outcome_1_Result_b_KM_table.csv", "hazard ratio"),
        ("Baseline_Patient_Characteristics.csv", "baseline patient characteristics"),
        ("Propensity_Score_Density_Graph.csv", "graph data table"),
    )
    for cell in numbers_in(file, title)
    if any(word in cell[2] for word in ("%", "p-value", "standardized", "patients", "ratio", "ci ",
                                        "difference", "χ²"))
    or cell[2] in ("z", "p")
]  # fmt: skip


@pytest.mark.parametrize(("file", "line", "place", "name"), CELLS)
def test_a_number_that_is_changed_is_found(file, line, place, name, tmp_path):
    """By five percent; a p twofold, which is still of the same size."""
    lines = FILES[file].split("\r\n")
    fields = lines[line - 1].split(",")
    unit = "%" if fields[place].endswith("%") else ""
    factor = 2 if name in ("p",) or "p-value" in name else 1.05
    if "patients" in name or "χ²" in name:
        factor = 1.5  # of the log-rank test the package leaves a range
    fields[place] = f"{float(fields[place].removesuffix('%')) * factor!r}{unit}"
    lines[line - 1] = ",".join(fields)
    read = (file, "Baseline_Patient_Characteristics.csv", file.replace("_table", "_graph"))
    files = {one: FILES[one] for one in read if one in FILES} | {file: "\r\n".join(lines)}
    told = package_summary(folder_of(files, tmp_path))
    found = {one["what"] for one in told["disagreements"] if one["file"] == file}
    assert name in found, told["disagreements"]


def test_the_command_reads_a_zip_and_says_what_it_did_not_understand(tmp_path):
    inside = {
        f"Analysis_1/{name.replace('Outcome', 'outcome')}": text for name, text in FILES.items()
    }
    inside["Analysis_1/Outcome_1_Result_c_instances.csv"] = "A title\r\n\r\nx,y\r\n1,2"
    inside["Analysis_1/_Read_Me.txt"] = "CONTENTS"
    wrong = inside["Analysis_1/outcome_1_Result_a_MOA_table.csv"].replace(
        "Risk Ratio\r\nRisk", "\x00"
    )
    assert "\x00" in wrong
    with zipfile.ZipFile(tmp_path / "results.zip", "w") as made:
        for name, text in inside.items():
            made.writestr(name, text.encode())
    told = CliRunner().invoke(app, ["trinetx", str(tmp_path / "results.zip"), "--json"])
    assert told.exit_code == 0, told.output
    summary = json.loads(told.stdout)
    jsonschema.validate(summary, json.loads(SCHEMA.read_text()))
    assert summary["not_understood"] == ["Analysis_1/Outcome_1_Result_c_instances.csv"]
    assert summary["not_read"] == ["Analysis_1/_Read_Me.txt"]
    shown = CliRunner().invoke(app, ["trinetx", str(tmp_path / "results.zip")])
    assert "not understood" in shown.output and "0 do not" in shown.output
    changed = FILES["Outcome_2_Result_a_MOA_table.csv"].replace(",400,10,", ",400,11,", 1)
    files = FILES | {"Outcome_2_Result_a_MOA_table.csv": changed}
    found = CliRunner().invoke(app, ["trinetx", str(folder_of(files, tmp_path / "folder"))])
    assert found.exit_code == 1 and "risk ratio" in found.output


def broken(path):
    """A zip whose only file cannot be unpacked: its bytes are changed in the middle."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", "x,y\n" * 5000)
    held = bytearray(path.read_bytes())
    held[45:55] = bytes(255 - one for one in held[45:55])
    path.write_bytes(bytes(held))


def latin(path):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.csv", "Zürich,1\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file or folder"),
        (lambda path: path.write_text("a,b\n1,2"), "cannot be read as a zip"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "no CSV file is in it"),
        (lambda path: broken(path), "cannot be read as a zip"),
        (lambda path: latin(path), "it is not in UTF-8"),
    ],
)
def test_what_is_no_package_is_refused_in_words(make, said, tmp_path):
    make(tmp_path / "results.zip")
    with pytest.raises(SourceError, match=said):
        package_summary(tmp_path / "results.zip")


def test_a_line_that_does_not_fit_its_table_is_named(tmp_path):
    name = "Outcome_1_Result_a_MOA_table.csv"
    lines = FILES[name].split("\r\n")
    at = next(k for k, line in enumerate(lines) if line.startswith("Risk Difference,"))
    files = {name: "\r\n".join([*lines[: at + 2], "1,2", *lines[at + 2 :]])}
    told = package_summary(folder_of(files, tmp_path))
    assert told["notes"][0] == (
        f"{name}: 1 lines do not fit the header of their table and were not read "
        f"(first line {at + 3})"
    )
    (tmp_path / "link.csv").symlink_to(tmp_path / name)
    assert package_summary(tmp_path)["not_read"] == ["link.csv"]


def test_risks_that_the_counts_do_not_tell_are_said_to_be_unchecked(tmp_path):
    name = "Outcome_2_Result_a_MOA_table.csv"
    few = FILES[name].replace(",400,10,", ",8,10,", 1)  # an arm smaller than what 10 may stand for
    assert few != FILES[name]
    (file,) = package_summary(folder_of({name: few}, tmp_path))["files"]
    assert file["what"] == "not recomputed: its counts do not tell its numbers"
