"""What the short forms of a study file mean, row by row."""

import pytest

from myelomart.study_file.expansion import StudyFile

HEAD = """\
study: s
title: T
question: Q
design: D
caution: C
cohorts:
  s_all:
    label: All
    index: any_death
    criteria:
{criteria}
{more}
analyses:
  s_flow: {{output: S-1, title: Flow, type: attrition, cohort: s_all}}
"""
ADULT = "      - {include: Adult, characteristic: age >= 18}"


def read(tmp_path, criteria=ADULT, more="", labels=None):
    file = tmp_path / "s.yml"
    file.write_text(HEAD.format(criteria=criteria, more=more), encoding="utf-8")
    return StudyFile(file, labels)


def cells(one, table):
    return [row.cells for row in one.rows if row.table == table]


@pytest.mark.parametrize(
    ("days", "window"),
    [
        ("-365 to -1", ("-365", "-1")),
        ("to -1", ("", "-1")),
        ("from 0", ("0", "")),
        ("0", ("0", "0")),
        ("any", ("", "")),
    ],
)
def test_days_are_a_window(tmp_path, days, window):
    one = read(tmp_path, f"      - {{include: Died, event: any_death, days: {days}}}")
    (row,) = cells(one, "cohort_criteria")
    assert one.faults == []
    assert (row["window_start_days"], row["window_end_days"]) == window
    assert row["criterion_type"] == "event" and row["min_count"] == "1"


@pytest.mark.parametrize(
    ("said", "operator", "number", "text"),
    [
        ("age >= 18", ">=", "18", ""),
        ("age<0.5", "<", "0.5", ""),
        ("sex = female", "", "", "female"),
        ("""stage = '2'""", "", "", "2"),
        ("age", "", "", ""),
    ],
)
def test_a_characteristic_is_compared_with_a_number_or_a_word(
    tmp_path, said, operator, number, text
):
    one = read(tmp_path, f'      - {{include: It, characteristic: "{said}"}}')
    (row,) = cells(one, "cohort_criteria")
    assert one.faults == []
    assert row.get("value_operator", "") == operator
    assert (row.get("value_number", ""), row.get("value_text", "")) == (number, text)


def test_steps_are_counted_alternatives_share_one_and_named_criteria_are_looked_up(tmp_path):
    steps = "      - adult\n      - any_of:\n          - adult\n"
    steps += "          - {exclude: Died, event: any_death, days: to 0}"
    more = "criteria:\n  adult: {include: Adult, characteristic: age >= 18}"
    one = read(tmp_path, steps, more)
    assert one.faults == []
    said = [(row["step"], row["kind"], row["label"]) for row in cells(one, "cohort_criteria")]
    assert said == [("1", "include", "Adult"), ("2", "include", "Adult"), ("2", "exclude", "Died")]


def test_what_a_group_says_holds_for_each_of_it_that_does_not_say_it(tmp_path):
    more = """\
covariates:
  - group: Before
    kind: binary
    days: to -1
    adjusted: true
    of:
      a: {label: A, event: crs}
      b: {label: B, event: crs, days: to 0, adjusted: false}
      c: {label: C, characteristic: age, kind: number, days: to 0}
"""
    one = read(tmp_path, more=more)
    assert one.faults == []
    rows = cells(one, "covariates")
    assert [row["sort_order"] for row in rows] == ["1", "2", "3"]
    assert [row["window_end_days"] for row in rows] == ["-1", "0", "0"]
    assert [row["is_adjusted_for"] for row in rows] == ["true", "false", "true"]
    assert [row["value_kind"] for row in rows] == ["binary", "binary", "number"]
    assert {row["row_group"] for row in rows} == {"Before"}


def test_rules_stand_in_the_order_of_their_parts_and_a_label_is_the_reason(tmp_path):
    more = """\
endpoints:
  - group: G
    rules:
      - competing: any_death
      - censor: last_contact
    of:
      e: {label: E, event: lab_il6 >= 40, reason: High, censor: t_cell_therapy, days: 1 to 365}
      f:
        label: F
        rules:
          - event: crs
          - {censor: icans, priority: 9}
"""
    one = read(tmp_path, more=more, labels={"any_death": "Death", "crs": "CRS"})
    assert one.faults == []
    rows = cells(one, "endpoint_rules")
    said = [(row["endpoint_id"], row["priority"], row["role"], row["event_group"]) for row in rows]
    assert said == [
        ("e", "1", "event", "lab_il6"),
        ("e", "2", "competing", "any_death"),
        ("e", "3", "censor", "last_contact"),
        ("e", "4", "censor", "t_cell_therapy"),
        ("f", "1", "event", "crs"),
        ("f", "2", "competing", "any_death"),
        ("f", "3", "censor", "last_contact"),
        ("f", "9", "censor", "icans"),
    ]
    assert (rows[0]["value_operator"], rows[0]["value_number"]) == (">=", "40")
    assert [row["reason"] for row in rows[:2]] == ["High", "Death"]
    assert [row["reason"] for row in rows[4:6]] == ["CRS", "Death"]
    first, second = cells(one, "endpoints")
    assert (first["start_day"], first["horizon_days"]) == ("1", "365")
    assert (second["start_day"], second.get("horizon_days", "")) == ("1", "")


def test_an_event_of_several_kinds_is_a_row_each(tmp_path):
    more = "events:\n  tct: {label: T, cell_therapy: [bcma, other], coded: teclistamab}"
    one = read(tmp_path, more=more)
    said = [(row["event_type"], row["event_code"]) for row in cells(one, "event_groups")]
    assert said == [("cell_therapy", "bcma"), ("cell_therapy", "other"), ("coded", "teclistamab")]


def test_matched_analyses_match_as_the_study_says_unless_they_say_otherwise(tmp_path):
    more = "matching: {caliper: 0.1, caliper_scale: logit, match_order: random, seed: 7}"
    one = read(tmp_path, more=more)
    text = one.notes.file.read_text()
    text += "  s_hr: {output: S-2, title: H, type: hazard_ratios, treated: s_all, comparator: s_b,"
    text += " population: matched, caliper: 0.2, endpoints: [a, b], months: [0, 12]}\n"
    one.notes.file.write_text(text)
    flow, ratios = cells(StudyFile(one.notes.file), "analyses")
    assert "caliper" not in flow
    assert (ratios["caliper"], ratios["caliper_scale"], ratios["seed"]) == ("0.2", "logit", "7")
    assert (ratios["endpoint_ids"], ratios["months_shown"]) == ("a;b", "0;12")
    assert (ratios["sort_order"], ratios["adjustment"]) == ("2", "none")


def test_a_merge_key_gives_what_is_not_said(tmp_path):
    more = """\
covariates:
  - group: G
    of:
      a: &a {label: A, event: crs, kind: binary, days: to -1}
      b: {<<: *a, label: B}
"""
    rows = cells(read(tmp_path, more=more), "covariates")
    assert [(row["label"], row["event_group"]) for row in rows] == [("A", "crs"), ("B", "crs")]
