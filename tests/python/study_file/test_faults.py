"""All that is wrong with a study file is said at once: file, line, what, the nearest name."""

import json
import subprocess
import sys
import time

import pytest

from myelomart.site.own_rows import OwnRows

# the mistakes of the review (F5, F11) and more; each line says what its fault must say
MISTAKEN = """\
study: older_bispecific
title: Bispecific against CAR-T at 70 or older
question: Who lives longer?
desing: Retrospective  # did you mean «design»
caution: Small numbers.

events:
  mine: {label: Mine, coded: bispecificks}  # is not a known event code

cohorts:
  older_bispecific:
    arm: control  # known are treated, comparator, single
    label: Bispecific
    index: bispecifics  # did you mean «bispecific»
    index_from: 26/03/2021  # write 2021-03-26
    index_occurrence: first  # is not a whole number
    criteria:
      - include: Old
        characteristic: age => 70  # did you mean «>=»
      - exclude: Before
        event: bispecific
        days: 0 to -365  # write -365 to 0
      - include: Sex
        characteristic: gender = female  # none of the 372 known ones is like it, the nearest are
      - exclude: Infected
        event: severe_infections  # write in events: severe_infection: {label: …, adverse_event
        days: last year  # is not a window
      - older  # is not one of the criteria of the study
  older_car_t:  # needs index:
    arm: comparator
    label: CAR-T
    index_from: 2025-01-01
    index_to: 2021-01-01  # «2025-01-01 to 2021-01-01» ends before it begins

covariates:
  - group: Patients
    of:
      age: {label: Age, characteristic: Age, kind: number}  # did you mean «age»
      sex: {label: Sex, characteristic: sex, kind: categry}  # did you mean «category»
      charlson: {label: Charlson, characteristic: charlson_index}  # needs kind:
      ckd: {label: CKD, event: ckd, kind: binary}  # needs days:
      copd: {label: COPD, event: copd, kind: binary, days: to 0, adjusted: yes}  # true or false

endpoints:
  - group: Survival
    of:
      os: {label: OS, event: any_death, censor: last_contact, horizon: 540}  # no key «horizon»
      os_18m: {label: At 18 months, censor: last_contact}  # has no rule that counts
      crp: {label: CRP, event: lab_crp >= high}  # is not a number to compare with

strata:
  old: {label: Old, characteristic: age >= 70}
  old: {label: Old, characteristic: age >= 75}  # is written twice here, first in line 52

analyses:
  older_ratio:
    output: OLD-1
    title: Hazard ratio
    type: hazard ratio  # did you mean «hazard_ratios»
    treated: older_bispecific
    comparator: older_cart  # did you mean «older_car_t»
    endpoints: [os, os_18]  # did you mean «os_18m»
    months: [0, twelve]  # is not one or more months from 0 on
    row_groups: [Patient]  # did you mean «Patients»
  older_curves: {output: OLD-2, title: Curves, type: survival}  # needs cohort:
"""


@pytest.fixture
def mistaken(tmp_path):
    file = tmp_path / "older.yml"
    file.write_text(MISTAKEN, encoding="utf-8")
    return file


def faults_of(file):
    return [
        (fault.place.line, fault.sentence) for fault in sorted(set(OwnRows(None, [file]).faults))
    ]


def test_every_mistake_is_said_at_its_line_and_nothing_else_is(mistaken):
    faults = faults_of(mistaken)
    expected = {
        number: line.partition("  # ")[2]
        for number, line in enumerate(MISTAKEN.splitlines(), 1)
        if "  # " in line
    }
    assert len(expected) == 29
    for number, said in expected.items():
        assert any(line == number and said in sentence for line, sentence in faults), (number, said)
    # the key that is misspelt is missing as well
    others = [one for one in faults if one[0] not in expected]
    assert others == [(1, "a study needs design:")]


def test_the_command_says_them_all_in_less_than_two_seconds(mistaken):
    code = (
        "import json, sys, time; start = time.process_time();"
        "from pathlib import Path; from myelomart.site.own_rows import OwnRows;"
        "found = OwnRows(None, [Path(sys.argv[1])]).faults;"
        "print(json.dumps([len(found), time.process_time() - start]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(mistaken)], capture_output=True, text=True, check=True
    )
    count, seconds = json.loads(ran.stdout)
    assert count >= 28 and seconds < 2
    command = [sys.executable, "-m", "myelomart", "study", "check", str(mistaken)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 1 and told.stdout == ""
    assert told.stderr.count(f"{mistaken}, line ") == len(faults_of(mistaken))
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("study: [", 2, "is no YAML"),
        ("study: s\n\ttitle: T", 2, "is no YAML"),
        ("- a list", 1, "is no study"),
        ("", 1, "is no study"),
        ("study: &a [*a]", 1, "needs one text"),
        ("study: ../up\ntitle: T", 1, "cannot be the name of a study"),
        ("study: s\ncohorts: [a]", 2, "needs keys with values"),
        ("study: s\nendpoints: {a: b}", 2, "needs a list"),
        ("events: {}\ncohorts: {}", 1, "a study needs study:"),
        ("evnts: {}", 1, "a study has no key «evnts»; did you mean «events»?"),
        (
            "criteria:\n  a: {any_of: [a]}\ncohorts:\n  c: {label: C, index: crs, criteria: [a]}",
            2,
            "alternatives stand in a step, not in one another",
        ),
        (
            "analyses:\n  a: {output: O, title: T, type: survival, treated: c}",
            2,
            "a needs cohort:, or treated: and comparator:",
        ),
    ],
)
def test_a_file_that_is_no_study_is_a_fault_and_no_traceback(tmp_path, text, line, said):
    file = tmp_path / "s.yml"
    file.write_text(text, encoding="utf-8")
    assert any(one == line and said in sentence for one, sentence in faults_of(file))


def test_aliases_that_multiply_are_read_in_no_time(tmp_path):
    file = tmp_path / "s.yml"
    lines = ["a0: &a0 [x, x]"] + [f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 40)]
    file.write_text("\n".join(lines), encoding="utf-8")
    start = time.process_time()
    assert faults_of(file)
    assert time.process_time() - start < 2


def test_bytes_that_are_no_text_are_a_fault(tmp_path):
    file = tmp_path / "s.yml"
    file.write_bytes("study: é".encode("latin-1"))
    assert faults_of(file) == [(1, "is not UTF-8: save it as UTF-8")]


@pytest.mark.parametrize(
    ("text", "write"),
    [("26/03/2021", "2021-03-26"), ("03/26/2021", "2021-03-26"), ("3.4.2021", "2021-03-26")],
)
def test_a_local_date_is_turned_only_where_its_day_is_certain(tmp_path, text, write):
    file = tmp_path / "s.yml"
    file.write_text(f"study: s\ncohorts:\n  s_a: {{label: A, index: crs, index_to: {text}}}\n")
    (said,) = [sentence for line, sentence in faults_of(file) if "index_to" in sentence]
    assert write in said and said.startswith(f"index_to: «{text}» is not a date: write")
    assert ("year, month and day" in said) == (text == "3.4.2021")
