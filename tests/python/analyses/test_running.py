"""A study goes on without what its data lack, and stops only when nothing could be made."""

from dataclasses import replace

import pandas as pd
import pytest
from small_study import COHORT, analysis

from myelomart.errors import MyelomartError
from myelomart.results import Results
from myelomart.running import run_study

STEP = {"cohort_id": COHORT, "kind": "include", "label": "Relapsed", "step": 1,
        "persons_before": 15, "persons_excluded": 3, "persons_unknown": 0,
        "persons_after": 12}  # fmt: skip
FLOW = analysis("attrition")
TABLE = analysis("cohort_table", row_groups="Disease")
EMPTY = analysis("distribution", row_groups="Cells")  # nobody has a value of it
LANES = analysis("swimmer", endpoint_ids="os")  # once nobody has a line


@pytest.fixture
def run(study, data):
    data.rows |= {
        "attrition": pd.DataFrame([STEP]),
        "warnings": pd.DataFrame({"warning": ["twice", "twice", "once"]}),
        "lines": data.lines.iloc[:0],
    }

    def ran(*analyses) -> Results:
        return run_study(replace(study, analyses=analyses), data)

    return ran


def test_the_others_go_on_where_one_lacks_its_data(run):
    results = run(FLOW, EMPTY, TABLE)
    assert results.stopped is None
    assert list(results.missing) == [EMPTY.analysis_id]
    assert results.missing[EMPTY.analysis_id].startswith("«Naive cells, %»: no value is known")
    assert results.missing[EMPTY.analysis_id].endswith(".")
    frame = results.estimate_frame().set_index("analysis_id")
    assert frame.loc[EMPTY.analysis_id, "status"] == "no_data"
    assert frame.loc[EMPTY.analysis_id, "statistic"] == "not_produced"
    assert (frame.loc[TABLE.analysis_id, "statistic"] == "percent").any()


def test_a_study_of_which_only_the_flow_could_be_made_has_stopped_for_the_first_reason(run):
    results = run(FLOW, EMPTY, LANES)
    assert results.stopped == results.missing[EMPTY.analysis_id]
    assert set(results.missing) == {EMPTY.analysis_id, LANES.analysis_id}


def test_a_flow_alone_is_a_study_that_ran(run):
    assert run(FLOW).stopped is None


def test_each_warning_of_the_data_is_said_once(run):
    assert run(FLOW).warnings == ["twice", "once"]


def test_what_a_failed_analysis_had_made_is_dropped(run, monkeypatch):
    from myelomart import analyses

    def half(study, analysis, data, results):
        results.add("OUT-1", "percent", estimate=50.0)
        results.add_figure("half", "<svg/>")
        results.add_curve(pd.DataFrame({"time_months": [1.0], "arm": ["All"]}))
        raise MyelomartError("the rest is not known")

    broken = replace(analyses.TYPES["distribution"], make=half)
    monkeypatch.setitem(analyses.TYPES, "distribution", broken)
    results = run(FLOW, TABLE, EMPTY)
    assert results.missing == {EMPTY.analysis_id: "The rest is not known."}
    assert results.own_figures(EMPTY.analysis_id) == {}
    assert results.curve_frame().empty
    (left,) = results.own_rows(EMPTY.analysis_id)
    assert left.statistic == "not_produced"
