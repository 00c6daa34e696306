"""What a site packs, which packs are refused, and that two packs are one study."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from myelomart import warehouse
from myelomart.disclosure.attack_on_release import attack
from myelomart.disclosure.policies import named
from myelomart.disclosure.release import opened, policy_of
from myelomart.display.cells import SUPPRESSED
from myelomart.errors import MyelomartError
from myelomart.federated.pack import MANIFEST, STUDY_ROWS, read_pack, write_pack
from myelomart.federated.pooling import pool_packs
from myelomart.federated.study_rows import study_of, study_rows
from myelomart.federated.told import hidden_counts_told, without_profiles_that_tell
from myelomart.publishing import page_of
from myelomart.report.render import render
from myelomart.results import Results
from myelomart.study import read_study, study_ids
from myelomart.study_data import read_data

STUDY, RATIOS = "first_line_transplant", "first_line_transplant_hazard_ratios"
POLICY = named("cms11")


@pytest.fixture(scope="module")
def packs(demo, tmp_path_factory) -> list[Path]:
    """Two packs of the demonstration, as if it were two sites."""
    return two_sites(demo, tmp_path_factory.mktemp("packs"))


def two_sites(demo: Path, folder: Path, start=None) -> list[Path]:
    """A pack of the demonstration, and the same under another name."""
    files = [folder / "North.zip", folder / "South.zip"]
    write_pack(demo / "myelomart.duckdb", [STUDY], "North", POLICY, "total", files[0], start)
    changed(*files, lambda told, rows: told.update(site="South"))
    return files


@pytest.fixture(scope="module")
def pooled(packs):
    return pool_packs([read_pack(file) for file in packs])


def estimates(pooled) -> pd.DataFrame:
    made = pooled.run.chapters[0].results.estimate_frame()
    return made[made["analysis_id"] == RATIOS].set_index("statistic")


def changed(pack: Path, out: Path, change) -> Path:
    """A copy of ``pack`` with other study rows or another manifest, hashes made to fit."""
    with zipfile.ZipFile(pack) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    told, rows = json.loads(files[MANIFEST]), json.loads(files[STUDY_ROWS])
    change(told, rows)
    files[STUDY_ROWS] = json.dumps(rows).encode()
    told["files"][STUDY_ROWS] = hashlib.sha256(files[STUDY_ROWS]).hexdigest()
    files[MANIFEST] = json.dumps(told).encode()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out


def test_the_same_warehouse_gives_the_same_bytes(demo, packs, tmp_path):
    write_pack(demo / "myelomart.duckdb", [STUDY], "North", POLICY, "total", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packs[0].read_bytes()


def test_a_pack_holds_no_row_and_no_date_of_a_person(demo, packs):
    with warehouse.database(demo / "myelomart.duckdb") as connection:
        data = read_data(connection, read_study(connection, STUDY))
    persons = data.population["person_id"]
    assert of_persons(persons, persons)
    with zipfile.ZipFile(packs[0]) as packed:
        names = packed.namelist()
        frames = [name for name in names if name.endswith((".csv", ".parquet"))]
        assert not any("matched_pairs" in name for name in names)
        for name in frames:
            with packed.open(name) as file:
                frame = pd.read_parquet(file) if name.endswith(".parquet") else pd.read_csv(file)
            assert "person_id" not in frame.columns
            assert not [column for column in frame if of_persons(frame[column], persons)], name
            texts = {str(value) for column in frame for value in frame[column].dropna()}
            assert not any(re.fullmatch(r"\d{4}-\d\d-\d\d.*", one) for one in texts), name


def of_persons(column: pd.Series, persons: pd.Series) -> bool:
    """Whether a column holds identifiers: whole numbers of persons, and no rounded counts.

    A few months, ranks or counts that happen to be somebody's number are none.
    """
    values = pd.to_numeric(column, errors="coerce").dropna().unique()
    strange = values[values % POLICY.rounds_to != 0]
    return len(strange) > POLICY.hides_below and bool(np.isin(values, persons).all())


def test_counts_of_a_pack_are_those_of_its_release(packs):
    one = read_pack(packs[0]).studies[STUDY]
    counts = one.frames["endpoints"]
    assert (counts[["n", "events"]] % POLICY.rounds_to == 0).all().all()
    shown = one.estimates[one.estimates["analysis_id"] == RATIOS]
    events = shown[shown["statistic"] == "events"].set_index("arm")["estimate"]
    assert counts.set_index("arm")["events"].to_dict() == events.to_dict()


def test_two_sites_with_the_same_rows_have_the_estimate_of_one_and_half_the_variance(packs, pooled):
    made = estimates(pooled)
    ratio = made.loc["hazard_ratio"]
    single = made.loc["hazard_ratio_at_site"].set_index("population")
    assert list(single.index) == ["North", "South"]
    assert ratio["estimate"] == pytest.approx(single.loc["North", "estimate"], rel=1e-6)
    widths = np.log(ratio["ci_high"] / ratio["ci_low"]) / np.log(
        single["ci_high"] / single["ci_low"]
    )
    assert widths.to_numpy() == pytest.approx(1 / np.sqrt(2), rel=5e-3)
    of_one = read_pack(packs[0]).studies[STUDY].frames["endpoints"]
    assert made.loc["n", "estimate"].tolist() == (2 * of_one["n"]).tolist()
    random = made.loc["hazard_ratio_of_a_new_site"]
    assert random["ci_low"] < ratio["ci_low"] < ratio["ci_high"] < random["ci_high"]


def test_the_page_says_that_it_is_pooled_and_draws_a_forest_of_the_sites(pooled):
    one = pooled.run.chapters[0]
    assert "pooled over 2 sites (North, South)" in one.study.title
    assert "no row left a site" in one.results.warnings[0]
    assert any(name.endswith("_sites") for name in one.results.figures)
    assert {section.output_id for section in one.sections} == {"FLT-O1", "FLT-O2", "FLT-O3"}
    assert all(section.table for section in one.sections)


def test_the_page_says_how_it_was_pooled_and_that_its_people_are_made_up(pooled):
    one, page = pooled.run.chapters[0], page_of(pooled.run)
    assert [source.source_name for source in page.sources] == ["North", "South"]
    assert page.is_synthetic
    table = next(section.table for section in one.sections if section.anchor == RATIOS)
    assert "p (profile likelihood)" in table.columns
    assert not any("Wald" in column for column in table.columns)
    assert all("Over sites: " in section.said for section in one.sections if not section.missing)
    parts = {part.key: part for part in one.parts}
    assert "profile likelihood" in parts["variance"].paragraphs[0]
    assert parts["pooling"].tables[0].rows
    assert "profile likelihood" in one.card.found[0]
    assert all(drawn.narrow for name, drawn in one.results.figures.items() if "_sites" in name)
    told = render([one], page)
    assert page.notice in told


def test_a_pack_is_a_release_of_which_nothing_can_be_rebuilt(packs):
    with opened(packs[0]) as folder:
        assert policy_of(folder) == POLICY
        assert attack(folder, POLICY) == []


def test_what_profiles_tell_of_hidden_counts_is_found_and_kept_back():
    rows = [
        ("events", "CAR-T", 30, None), ("events", "Pom", np.nan, SUPPRESSED),
        ("n", "CAR-T", 100, None), ("n", "Pom", 100, None),
    ]  # fmt: skip
    results = Results("made_up", analysis_id="a")
    for statistic, arm, count, status in rows:
        results.add("O-1", statistic, population="all", row_label="Death", endpoint="death",
                    arm=arm, estimate=count, unit="persons", status=status)  # fmt: skip
    key = {"analysis_id": "a", "endpoint": "death"}
    profile = pd.DataFrame(key | {"log_ratio": [-6.0, 6.0], "slope": [28.97, -6.99]})
    counts = pd.DataFrame(key | {"arm": ["CAR-T", "Pom"], "withheld": None})
    nothing = pd.DataFrame(columns=[*key])
    frames = {"made_up": {"profiles": profile, "endpoints": counts, "adjusted": nothing,
                          "information": nothing}}  # fmt: skip
    shown = results.estimate_frame()
    told = hidden_counts_told(frames, shown, POLICY)
    assert "events of Pom" in told["made_up", "a", "death"]
    kept = without_profiles_that_tell(frames, shown, POLICY)["made_up"]
    assert not len(kept["profiles"])
    assert kept["endpoints"]["withheld"].str.contains("hides").all()
    assert not hidden_counts_told({"made_up": kept}, shown, POLICY)


def test_a_pack_beside_a_former_one_of_other_data_has_what_did_not_move_as_it_was(
    demo, packs, tmp_path
):
    place = f"pool/{STUDY}/profiles.csv"
    with zipfile.ZipFile(packs[0]) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    told = json.loads(files[MANIFEST])
    profiles = pd.read_csv(io.BytesIO(files[place]))
    profiles["log_likelihood"] -= 0.25  # the data of the former pack were others
    files[place] = profiles.to_csv(index=False).encode()
    told["files"][place] = hashlib.sha256(files[place]).hexdigest()
    told["facts"]["inputs"] = {"all tables": ["of other data"]}
    files[MANIFEST] = json.dumps(told).encode()
    former = tmp_path / "former.zip"
    with zipfile.ZipFile(former, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    again = tmp_path / "again.zip"
    write_pack(demo / "myelomart.duckdb", [STUDY], "North", POLICY, "total", again, None, [former])
    made = read_pack(again).studies[STUDY].frames["profiles"]
    pd.testing.assert_frame_equal(made, read_pack(former).studies[STUDY].frames["profiles"])
    with zipfile.ZipFile(again) as opened:
        told = json.loads(opened.read("release.json"))
    assert told["former_releases"] == [hashlib.sha256(former.read_bytes()).hexdigest()]


def test_a_second_round_is_the_stratified_adjusted_model(demo, packs, pooled, tmp_path):
    files = two_sites(demo, tmp_path, pooled.starts)
    made = estimates(pool_packs([read_pack(file) for file in files]))
    stepped = made.loc["hazard_ratio_odach"]
    own = read_pack(packs[0]).studies[STUDY].frames["adjusted"].set_index("term")
    assert np.log(stepped["estimate"]) == pytest.approx(own.loc["treated", "estimate"], abs=1e-4)
    width = np.log(stepped["ci_high"] / stepped["ci_low"]) / (2 * 1.96)
    assert width == pytest.approx(own.loc["treated", "se"] / np.sqrt(2), rel=1e-3)


def test_other_rows_and_other_rules_are_refused_by_name(packs, tmp_path):
    def longer(told, rows):
        rows[STUDY]["endpoints"][0]["start_day"] = 999

    def another_rule(told, rows):
        told["rule_set"]["rules"]["algorithm_parameters"] = "other"

    for change, said in (
        (longer, r"endpoints, row \w+: start_day is \d+ at North and 999 at South"),
        (another_rule, "the rules in algorithm_parameters differ between North and South"),
        (lambda told, rows: told["rule_set"].update(name="abstracted"), "rule set is default"),
        (lambda told, rows: told.update(site="North"), "two packs are of the site North"),
    ):
        other = changed(packs[1], tmp_path / "other.zip", change)
        with pytest.raises(MyelomartError, match=said):
            pool_packs([read_pack(packs[0]), read_pack(other)])
    with pytest.raises(MyelomartError, match="one pack is one site"):
        pool_packs([read_pack(packs[0])])


def test_other_codes_are_a_warning(packs, tmp_path):
    def local_code(told, rows):
        told["rule_set"]["codes"]["concept_set_members"] = "other"

    other = changed(packs[1], tmp_path / "other.zip", local_code)
    made = pool_packs([read_pack(packs[0]), read_pack(other)])
    said = made.run.chapters[0].results.warnings
    assert "North and South read different codes: concept_set_members." in said


def test_what_a_site_lacks_is_named(packs, tmp_path):
    with zipfile.ZipFile(packs[1]) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    told = json.loads(files[MANIFEST])
    profiles = f"pool/{STUDY}/profiles.csv"
    files[profiles] = files[profiles].splitlines(keepends=True)[0]
    counts = f"pool/{STUDY}/endpoints.csv"
    files[counts] = re.sub(rb",\n", b",an arm has fewer events than the policy shows\n",
                           files[counts])  # fmt: skip
    for name in (profiles, counts):
        told["files"][name] = hashlib.sha256(files[name]).hexdigest()
    files[MANIFEST] = json.dumps(told).encode()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    results = pool_packs([read_pack(packs[0]), read_pack(tmp_path / "other.zip")]).run.chapters[0]
    assert any("no profile of South: an arm has fewer events" in one
               for one in results.results.warnings)  # fmt: skip


def test_a_pack_that_was_changed_is_refused(packs, tmp_path):
    with zipfile.ZipFile(packs[0]) as opened, zipfile.ZipFile(tmp_path / "p.zip", "w") as made:
        for name in opened.namelist():
            content = opened.read(name)
            made.writestr(name, content + b" " if name.endswith("profiles.csv") else content)
    with pytest.raises(MyelomartError, match=r"profiles\.csv is not as it was written"):
        read_pack(tmp_path / "p.zip")
    (tmp_path / "no.zip").write_text("no")
    with pytest.raises(MyelomartError, match="is no pack"):
        read_pack(tmp_path / "no.zip")
    with pytest.raises(MyelomartError, match="is not there"):
        read_pack(tmp_path / "none.zip")


def test_names_and_rules_that_are_none_are_refused_before_anything_is_run(tmp_path):
    for site, rule, said in (("../x", "total", "cannot be the name"), ("A", "most", "no rule")):
        with pytest.raises(MyelomartError, match=said):
            write_pack(tmp_path / "none.duckdb", [STUDY], site, POLICY, rule, tmp_path / "p.zip")


def myelomart(*arguments):
    command = [sys.executable, "-m", "myelomart", "study", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_commands(packs, tmp_path):
    done = myelomart("pool", *packs, "--out", tmp_path / "pooled")
    assert done.returncode == 0, done.stderr
    assert "pooled over 2 sites" in done.stdout
    assert (tmp_path / "pooled" / STUDY / "report.html").exists()
    start = json.loads((tmp_path / "pooled" / "start.json").read_text())
    assert "treated" in start[STUDY][f"{RATIOS}/overall_survival"]
    refused = myelomart("pool", packs[0], shutil.copy(packs[0], tmp_path / "again.zip"),
                        "--out", tmp_path / "other")  # fmt: skip
    assert refused.returncode == 1
    assert "two packs are of the site North" in refused.stderr.replace("\n", " ")
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "other").exists()
    begun = myelomart("pack", STUDY, "--site", "A", "--policy", "cms11", "--out", "p.zip",
                      "--start", packs[0])  # fmt: skip
    assert begun.returncode == 1
    assert "is not a start file" in begun.stderr


def test_a_study_read_from_its_packed_rows_is_that_of_the_warehouse(demo):
    with warehouse.database(demo / "myelomart.duckdb") as connection:
        for study_id in study_ids(connection):
            own = read_study(connection, study_id)
            packed = study_of(json.loads(json.dumps(study_rows(connection, study_id))))
            groups = {one.event_group_id for one in packed.codes}
            codes = tuple(one for one in own.codes if one.event_group_id in groups)
            assert packed == replace(own, codes=codes), study_id
