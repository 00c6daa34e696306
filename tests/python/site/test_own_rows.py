"""A site's rows stand beside ours, and over ours only where they say so."""

import re

import pytest
from typer.testing import CliRunner

from myelomart import project
from myelomart.cli import app
from myelomart.errors import MyelomartError
from myelomart.linked_project import make_project
from myelomart.project import own_seed, project_root, seed
from myelomart.rows.faults import RowFaults
from myelomart.site.making import make_site
from myelomart.site.own_rows import OwnRows
from myelomart.site.settings import read_site

STUDY = """\
study: ours
title: T
question: Q
design: D
caution: C
{more}
cohorts:
  ours_all: {{label: All, index: any_death}}
analyses:
  ours_flow: {{output: OUR-1, title: Flow, type: attrition, cohort: ours_all}}
"""
SETS = "concept_set_id,clinical_scope,categories,status,citation\n"
MEMBERS = (
    "concept_set_id,category,vocabulary_id,code,name,include_descendants,is_reused,is_verified,"
    "is_placeholder,source,overrides\n"
)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site's folder, as `init` makes it."""
    monkeypatch.setenv(project.SITE, "")  # what a command puts in force ends with the test
    make_site(tmp_path / "site")
    return tmp_path / "site"


def write_study(site, more="", name="ours"):
    (site / "studies" / f"{name}.yml").write_text(STUDY.format(more=more).replace("ours", name))


def faults_of(site):
    return [
        (str(fault.place.file.relative_to(site)), fault.place.line, fault.sentence)
        for fault in sorted(set(OwnRows(site).faults))
    ]


def test_a_new_folder_has_everything_and_no_fault(site):
    names = {path.relative_to(site).as_posix() for path in site.rglob("*")}
    assert {"README.md", "myelomart.toml", ".gitignore", "checks"} <= names
    assert {"studies/study.schema.json", "codes/concept_set_members.csv"} <= names
    assert faults_of(site) == [] and OwnRows(site).changed == []
    with pytest.raises(MyelomartError, match="site's folder already"):
        make_site(site)


def test_the_rows_of_the_tutorial_have_no_fault(site):
    page = project_root() / "docs" / "tutorials" / "own_codes.md"
    shown = r"`((?:codes|rules)/\w+\.csv)`(?:(?!```).)*```csv\n(.*?)```"
    found = re.findall(shown, page.read_text(encoding="utf-8"), flags=re.DOTALL)
    written = {}
    for name, rows in found:
        header, _, cells = rows.partition("\n")
        written.setdefault(name, [header + "\n"]).append(cells)
    for name, rows in written.items():
        (site / name).write_text("".join(rows), encoding="utf-8")
    assert len(found) == 4 and len(written) == 3 and faults_of(site) == []
    assert len(OwnRows(site).changed) == 3


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(MyelomartError, match="holds README.md already"):
        make_site(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_rows_of_a_site_are_appended_to_ours(site):
    write_study(site)
    (site / "codes" / "concept_sets.csv").write_text(SETS + "ours,Ours,condition,verified,us\n")
    row = "ours,condition,local,X1,Ours,false,false,true,false,us,\n"
    (site / "codes" / "concept_set_members.csv").write_text(MEMBERS + row)
    rows = OwnRows(site)
    assert rows.faults == []
    for name, key in [("studies", "study_id"), ("concept_sets", "concept_set_id")]:
        seeds = {"studies": "studies/studies", "concept_sets": "concept_sets/concept_sets"}
        ours = own_seed(seeds[name])
        merged = rows.merged(name)
        assert merged[: len(ours)] == list(ours) and merged[len(ours) :][0][key] == "ours"


def test_a_code_of_the_site_can_be_an_event_of_its_study(site):
    write_study(site, "events:\n  ours_event: {label: O, coded: ours_set}")
    assert any("«ours_set» is not a known event code" in said for *_, said in faults_of(site))
    (site / "codes" / "concept_sets.csv").write_text(SETS + "ours_set,O,condition,verified,us\n")
    row = "ours_set,condition,local,X1,Ours,false,false,true,false,us,\n"
    (site / "codes" / "concept_set_members.csv").write_text(MEMBERS + row)
    assert faults_of(site) == []


def test_a_study_whose_name_is_taken_is_one_fault_unless_it_overrides(site):
    write_study(site, name="cart_vs_pom")
    ((file, line, said),) = faults_of(site)
    assert (file, line) == ("studies/cart_vs_pom.yml", 1)
    assert "«cart_vs_pom» is there already" in said and "overrides: true" in said
    write_study(site, "overrides: true", name="cart_vs_pom")
    rows = OwnRows(site)
    assert rows.faults == []
    for table in ("cohorts", "cohort_criteria", "covariates", "endpoint_rules", "analyses"):
        left = [
            row
            for row in rows.merged(table)
            if row.get("study_id") == "cart_vs_pom"
            or row.get("cohort_id", "").startswith("cart_vs_pom")
        ]
        assert len(left) == (1 if table in ("cohorts", "analyses") else 0), table
        assert table in {one.name for one in rows.changed}


def test_an_event_of_ours_is_not_widened_in_silence(site):
    write_study(site, "events:\n  bispecific: {label: B, coded: crs}")
    ((file, line, said),) = faults_of(site)
    assert (file, line) == ("studies/ours.yml", 7) and "is one of ours" in said
    write_study(site, "events:\n  bispecific: {label: B, coded: crs, overrides: true}")
    rows = OwnRows(site)
    assert rows.faults == []
    codes = [
        row["event_code"]
        for row in rows.merged("event_groups")
        if row["event_group_id"] == "bispecific"
    ]
    assert codes == ["crs"]


def test_two_studies_of_a_site_cannot_share_a_name(site):
    write_study(site)
    text = (site / "studies" / "ours.yml").read_text()
    (site / "studies" / "again.yml").write_text(text)
    assert {(file, said) for file, _, said in faults_of(site)} == {
        ("studies/again.yml", "study_id: «ours» is written twice"),
        ("studies/ours.yml", "study_id: «ours» is written twice"),
    }


PARAMETER = "default,myeloma_phenotype,min_gap_days"


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        (f"rule_set,algorithm,parameter,value,citation\n{PARAMETER},60,us\n", 2, "there already"),
        ("rule_set,algorithm,paramter,value\n", 1, "did you mean «parameter»?"),
        ("rule_set,algorithm,parameter,value\na,b,c,d,e\n", 2, "more cells than"),
        (
            "rule_set,algorithm,parameter,value,overrides\ndefault,x,y,1,true\n",
            2,
            "overrides nothing",
        ),
        (f"rule_set,algorithm,parameter,value,overrides\n{PARAMETER},60,yes\n", 2, "true, or empt"),
        (
            "rule_set,algorithm,parameter,value\nours,lines_of_therapy,regimen_windw_l1,60\n",
            2,
            "did you mean «regimen_window_l1»?",
        ),
    ],
)
def test_a_row_of_rules_that_cannot_be_is_named(site, rows, line, said):
    (site / "rules" / "algorithm_parameters.csv").write_text(rows)
    assert any(one == line and said in sentence for _, one, sentence in faults_of(site))


def test_a_rule_that_overrides_takes_the_place_of_ours(site):
    header = "rule_set,algorithm,parameter,value,citation,overrides\n"
    rules = site / "rules" / "algorithm_parameters.csv"
    rules.write_text(f"{header}{PARAMETER},60,us,true\n")
    rows = OwnRows(site)
    assert rows.faults == []
    values = [
        row["value"]
        for row in rows.merged("algorithm_parameters")
        if ",".join(list(row.values())[:3]) == PARAMETER
    ]
    assert values == ["60"]


def test_a_file_named_as_no_table_is_a_fault(site):
    (site / "codes" / "concept_set.csv").write_text("a\n1\n")
    ((file, line, said),) = faults_of(site)
    assert (file, line) == ("codes/concept_set.csv", 1) and "«concept_sets»" in said


def test_a_seed_read_in_python_has_the_rows_of_the_site_in_force(site, monkeypatch):
    write_study(site)
    assert "ours" not in {row["study_id"] for row in seed("studies/studies")}
    monkeypatch.setenv(project.SITE, str(site))
    project.own_rows.cache_clear()
    project._with_site.cache_clear()
    assert "ours" in {row["study_id"] for row in seed("studies/studies")}
    assert seed("clinical_rules/lab_limits") is own_seed("clinical_rules/lab_limits")


def test_the_project_for_dbt_is_ours_but_for_the_seeds_that_grew(site, tmp_path):
    write_study(site)
    rows = OwnRows(site)
    place = make_project(project_root(), tmp_path / "project", rows)
    names = {table.name for table in rows.changed}
    assert names == {"studies", "cohorts", "analyses"}
    for file in (project_root() / "seeds").glob("*/*.csv"):
        made = place / "seeds" / file.relative_to(project_root() / "seeds")
        assert made.is_symlink() == (file.stem not in names)
        assert made.read_text().startswith(file.read_text())
    assert (place / "seeds" / "studies" / "cohorts.csv").read_text().count("\nours_all,ours,") == 1
    made, ours = place / "models", project_root() / "models"
    linked = {one.relative_to(made): one.resolve() for one in made.rglob("*") if one.is_file()}
    left = {one.relative_to(ours): one for one in ours.rglob("*.*") if "unit_test" not in one.name}
    assert linked == left
    assert make_project(project_root(), place, OwnRows(site)) == place  # made anew


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_a_build_refuses_every_fault_before_it_reads_a_source(site, tmp_path):
    write_study(site, "events:\n  a: {label: A, coded: crss}\n  b: {label: B, coded: icanss}")
    settings = site / "myelomart.toml"
    settings.write_text(settings.read_text().replace('# source = "cdm"', 'source = "cdm"'))
    project.own_rows.cache_clear()
    failed = run("build", "--project", site)
    assert isinstance(failed.exception, RowFaults) and len(failed.exception.faults) == 2
    assert "ours.yml, line 7" in str(failed.exception)
    assert {path.name for path in site.iterdir() if path.name.startswith("myelomart")} == {
        "myelomart.toml"
    }


def test_the_settings_stand_for_options_that_are_not_given(site, monkeypatch):
    (site / "myelomart.toml").write_text(
        'source = ["a=cdm", "postgresql://host/db"]\ndatabase = "w.duckdb"\npolicy = "cms11"\n'
    )
    (site / "checks" / "ours.csv").write_text("check_id,threshold\n")
    said = read_site(site).defaults()
    assert said["source"] == [f"a={site / 'cdm'}", "postgresql://host/db"]
    assert said["db"] == str(site / "w.duckdb") and said["policy"] == "cms11"
    assert said["checks"] == str(site / "checks")
    listed = run("study", "list", "--project", site)
    assert f"There is no database at {site / 'w.duckdb'}" in str(listed.exception)
    monkeypatch.chdir(site)  # the current folder is a site
    assert f"There is no database at {site / 'w.duckdb'}" in str(run("study", "list").exception)
    given = run("study", "list", "--db", site / "other.duckdb")
    assert f"There is no database at {site / 'other.duckdb'}" in str(given.exception)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databse = 'x'", "did you mean «database»?"),
        ("database = 1", "is a text in quotes"),
        ("source = [1]", "is a text in quotes"),
        ("database = ", "is no TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_named(site, text, said):
    (site / "myelomart.toml").write_text(text)
    with pytest.raises(MyelomartError, match="myelomart.toml") as failure:
        read_site(site)
    assert said in str(failure.value)


@pytest.mark.parametrize("like", ["cart_vs_pom", "salvage_after_cart", "evidence"])
def test_a_new_study_like_one_of_ours_has_no_fault_and_no_name_of_it(site, like):
    made = run("study", "new", "mine", "--like", like, "--project", site)
    assert made.exit_code == 0, made.exception
    assert faults_of(site) == []
    rows = OwnRows(site)
    assert [one.study for one in rows.study_files] == ["mine"]
    assert run("study", "check", "--project", site).exit_code == 0
    again = run("study", "new", "mine", "--project", site)
    assert "is there already" in str(again.exception)


def test_a_study_to_begin_with_that_nobody_knows_is_named_with_the_nearest(site):
    made = run("study", "new", "mine", "--like", "cart_vs_pon", "--project", site)
    assert "did you mean «cart_vs_pom»?" in str(made.exception)
