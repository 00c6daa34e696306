"""A rule set of one's own is rows: it is counted beside the others, put in force, and compared."""

import shutil
from pathlib import Path

import pytest

from myelomart import warehouse
from myelomart.project import project_root

OWN_PARAMETERS = """\
mine,lines_of_therapy,regimen_window_l1,28,ours: a short window
mine,lines_of_therapy,rechallenge_gap_days,,ours: no gap rule
mine,lines_of_therapy,bridging_in_cart_line,0,ours: bridging is a line of its own
"""
OWN_SUBSTITUTIONS = "mine,bortezomib,carfilzomib,ours: either proteasome inhibitor\n"
SEEDS = ("algorithm_parameters", "line_substitutions")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The seeds of the project with a rule set `mine`, in rows alone."""
    folder = tmp_path_factory.mktemp("own_rule_set")
    shutil.copytree(project_root() / "seeds", folder / "seeds")
    rules = folder / "seeds" / "clinical_rules"
    for name, rows in (
        ("algorithm_parameters", OWN_PARAMETERS),
        ("line_substitutions", OWN_SUBSTITUTIONS),
    ):
        with (rules / f"{name}.csv").open("a") as opened:
            opened.write(rows)
    return folder


@pytest.fixture(scope="module")
def built(demo, models, project):
    """A connection to the demonstration, what differs made again with `mine` in force."""
    database = Path(shutil.copy(demo / "myelomart.duckdb", project))
    assert models.of_rows(project).under("mine").build_over(database, models) == []
    with warehouse.database(database) as connection:
        yield connection


def rows(connection, query):
    return connection.execute(query).fetchall()


def test_it_is_in_force_and_the_others_stand_beside_it(built):
    assert rows(built, "from studies.study_rule_set") == [("mine",)]
    assert rows(built, "select distinct rule_set from core.lines_of_therapy") == [("mine",)]
    counted = rows(built, "select distinct rule_set from core.lines_of_therapy_by_rule_set")
    assert {"default", "imwg_strict", "optum_2026", "registry", "mine"} <= {
        name for (name,) in counted
    }
    here = "select * from core.lines_of_therapy"
    there = "select * from core.lines_of_therapy_by_rule_set where rule_set = 'mine'"
    assert rows(built, f"({here} except {there}) union all ({there} except {here})") == []


def test_its_rows_are_what_counts(built):
    reasons = dict(
        rows(built, "select start_reason, count(*) from core.lines_of_therapy group by 1")
    )
    assert reasons["FIRST"] > 1_000
    assert "GAP" not in reasons  # it has no gap rule
    (bridging_in_line,) = rows(
        built,
        "select count(*) from core.lines_of_therapy "
        "where start_reason = 'CART' and bridging_drugs is not null",
    )[0]
    assert bridging_in_line == 0  # bridging is a line of its own
    (substituted,) = rows(
        built, "select count(*) from core.lines_of_therapy where added_drugs like '%carfilzomib%'"
    )[0]
    assert substituted > 0
    (late,) = rows(  # what joined the first line of the default after day 28 opens one here
        built,
        "select count(*) from intermediate.int_line_steps where rule_set = 'mine' "
        "and action = 'JOIN' and line_number = 1 and event_date - line_start_date >= 28",
    )[0]
    assert late == 0


def test_who_is_counted_differently_is_said_with_the_reason(built):
    compared = rows(
        built,
        "select person_id, line_count_in_force, line_count, reason from qc.rule_sets_compared "
        "where rule_set = 'default'",
    )
    counted = {
        (person, rule_set): lines
        for person, rule_set, lines in rows(
            built,
            "select person_id, rule_set, count(*) from core.lines_of_therapy_by_rule_set "
            "group by all",
        )
    }
    assert len(compared) > 1_000
    assert all(
        (ours, theirs) == (counted[person, "mine"], counted[person, "default"])
        for person, ours, theirs, _ in compared
    )
    differing = [reason for _, ours, theirs, reason in compared if ours != theirs]
    assert len(differing) > 50
    assert all(" under mine, " in reason and " under default" in reason for reason in differing)
    moved = rows(
        built,
        "select infusion_line_in_force, infusion_line, reason from qc.rule_sets_compared "
        "where rule_set = 'default' and is_infusion_line_different",
    )
    assert moved
    assert all(ours != theirs and reason for ours, theirs, reason in moved)


def test_a_misspelt_rule_set_or_parameter_stops_the_build(models, project, tmp_path):
    models = models.of_rows(project)
    (said,) = models.under("mien").build(tmp_path / "rule_set.duckdb", SEEDS)
    assert "the variable rule_set is mien, which is not a rule set" in said
    with (project / "seeds/clinical_rules/algorithm_parameters.csv").open("a") as opened:
        opened.write("mine,lines_of_therapy,rechalenge_gap_days,90,misspelt\n")
    said = models.under("mine").build(tmp_path / "parameter.duckdb", SEEDS)
    assert any("rule set mine sets rechalenge_gap_days of lines_of_therapy" in one for one in said)
