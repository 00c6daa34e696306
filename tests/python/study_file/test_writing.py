"""A study written from its rows expands into the same rows."""

import pytest

from myelomart.errors import MyelomartError
from myelomart.study_file.expansion import StudyFile
from myelomart.study_file.rows import as_csv, definitions, files_in, rows_by_table
from myelomart.study_file.writing import as_yaml

EVENTS = StudyFile(definitions() / "events.yml")
STUDIES = [file for file in files_in(definitions()) if file.stem != "events"]


def rows_of(one):
    return {table: [row.cells for row in rows] for table, rows in rows_by_table([one]).items()}


def written_again(rows, folder, labels):
    """What the file of ``rows`` expands into, and its text."""
    file = folder / "again.yml"
    file.write_text(as_yaml(rows, labels), encoding="utf-8")
    again = StudyFile(file, labels)
    assert again.faults == []
    return rows_of(again), file.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_each_of_our_studies_comes_back_row_by_row(file, tmp_path):
    rows = rows_of(StudyFile(file, EVENTS.labels))
    again, text = written_again(rows, tmp_path, EVENTS.labels)
    assert len(rows["cohorts"]) and len(rows["analyses"])
    for table, own in rows.items():
        assert as_csv(table, again[table]) == as_csv(table, own), table
    assert "null" not in text and "&id" not in text


def test_events_of_a_study_come_back_with_all_their_codes(tmp_path):
    rows = rows_of(StudyFile(STUDIES[0], EVENTS.labels))
    rows |= {"event_groups": rows_of(EVENTS)["event_groups"]}
    again, _ = written_again(rows, tmp_path, {})
    assert len(again["event_groups"]) > 50
    own = as_csv("event_groups", rows["event_groups"])
    assert as_csv("event_groups", again["event_groups"]) == own


ODD = {
    "value_text": "2",  # a text that looks like a number
    "label": "It's: a «name», # with signs [of] YAML; 100 %",
    "characteristic": "stage",
    "criterion_type": "characteristic",
    "window_end_days": "0",
    "min_count": "1",
    "kind": "exclude",
    "step": "1",
}


def small(*criteria):
    return {
        "studies": [{"study_id": "s", "title": "no", "question": "12:30", "design": "null",
                     "caution": "2021-03-26", "sort_order": "007"}],
        "cohorts": [{"cohort_id": "s_all", "study_id": "s", "arm": "single", "label": "0x1F",
                     "index_event_group": "any_death", "index_occurrence": "1",
                     "index_offset_days": "-30", "index_from": "2021-03-26"}],
        "cohort_criteria": [{"cohort_id": "s_all"} | one for one in criteria],
        "analyses": [{"analysis_id": "s_flow", "study_id": "s", "output_id": "S-1",
                      "title": "Flow", "analysis_type": "attrition", "sort_order": "3",
                      "treated_cohort_id": "s_all", "population": "all", "adjustment": "none"}],
    }  # fmt: skip


def test_texts_that_look_like_something_else_stay_texts(tmp_path):
    rows = small(ODD)
    again, _ = written_again(rows, tmp_path, {})
    for table, own in rows.items():
        assert as_csv(table, again[table]) == as_csv(table, own), table


def test_a_value_that_no_file_can_hold_is_said(tmp_path):
    with pytest.raises(MyelomartError, match="«'Quoted'» of stage"):
        as_yaml(small(ODD | {"value_text": "'Quoted'"}))
