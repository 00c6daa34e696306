"""Studies: an output as the report shows it, also at another time zero or caliper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from myelomart.analyses import TYPES
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.states import unions
from myelomart.disclosure.suppression import suppress
from myelomart.errors import MyelomartError
from myelomart.explore import look, state
from myelomart.explore.asked_data import AskedData
from myelomart.explore.opened import Answer, Opened
from myelomart.explore.state import Here
from myelomart.explore.waiting import long_work
from myelomart.messages import shown
from myelomart.protocol import as_prose
from myelomart.report.sections import section
from myelomart.results import Results
from myelomart.study import Analysis, Study, study_ids
from myelomart.study_data import StudyData, tables
from myelomart.warehouse import literal

TITLE, PATH, ICON = "Studies", "studies", ":material/science:"
AS_IT_IS = "as the study has it"


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "Each output of a study as its report shows it; two arms also from another time zero or at "
        "another caliper, to see what rests on that choice.",
    )
    left, right = st.columns([8, 17], gap="large")
    with left:
        opened = _rule_set(here)
        study_id = state.choose(st, "Study", study_ids(opened.cursor()), "study")
        study = here.study(study_id, opened)
        analysis = _chosen(study)
    with right:
        look.note(f"Read with care. {study.caution}", "care")
        try:
            _output(here, opened, study, analysis)
        except MyelomartError as error:
            look.note(f"No data for this output: {error}", "care")
    with left, st.expander("Methods, generated from the study's rows"):
        st.text(as_prose(study))


def _rule_set(here: Here) -> Opened:
    """The warehouse of the rule set that is chosen, where several lie in one folder."""
    beside = here.opened.beside
    if len(beside) == 1:
        st.html(
            f'<p class="mm-quiet">Lines of therapy by the rule set «{escape(here.opened.rule_set)}'
            "». A warehouse that <code>myelomart build --rule-set</code> makes in this folder can "
            "be chosen here as well.</p>"
        )
        return here.opened
    name = state.choose(st, "Rule set of the lines of therapy", list(beside), "rules")
    return state.warehouse_at(str(beside[name]))


def _chosen(study: Study) -> Analysis:
    """The analysis that is asked for, with what is chosen otherwise."""
    titles = {one.analysis_id: f"{one.output_id} · {one.title}" for one in study.analyses}
    name = state.choose(
        st,
        "Output",
        list(titles),
        "analysis",
        format_func=lambda one: shown(titles[one]),
    )
    analysis = next(one for one in study.analyses if one.analysis_id == name)
    if not analysis.comparator_cohort_id:
        st.html('<p class="mm-quiet">One cohort: nothing to choose beside the output.</p>')
        return analysis
    pairs = {
        (one.treated_cohort_id, one.comparator_cohort_id): None
        for one in study.analyses
        if one.comparator_cohort_id
    }
    labels = {
        f"{a}|{b}": f"{study.cohort(a).label} against {study.cohort(b).label}" for a, b in pairs
    }
    arms = state.choose(
        st,
        "Time zero and arms",
        [AS_IT_IS, *labels],
        "arms",
        format_func=lambda one: shown(labels.get(one, one)),
    )
    if arms != AS_IT_IS:
        treated, _, comparator = arms.partition("|")
        analysis = replace(analysis, treated_cohort_id=treated, comparator_cohort_id=comparator)
    if analysis.population == "matched":
        caliper = state.number(
            st,
            f"Caliper, standard deviations of the {analysis.caliper_scale}",
            0.01,
            2.0,
            float(analysis.caliper),
            "caliper",
            step=0.05,
        )
        analysis = replace(analysis, caliper=float(caliper))
    return analysis


def _output(here: Here, opened: Opened, study: Study, analysis: Analysis) -> None:
    asked = (str(opened.path), study.study_id)
    data = here.once(("data", *asked), lambda: AskedData(opened, study))
    results = here.once(
        ("output", *asked, analysis, here.policy and here.policy.name),
        lambda: long_work(
            lambda: _made(study, analysis, data, here.policy), "Running the analysis"
        ),
    )
    one = section(study, analysis, results, data)
    look.part(one.title, one.said)
    for figure in one.figures:
        look.figure(str(figure.svg))
    if not one.figures:
        look.note("No figure: this output has none, or what may be shown is too little to draw.")
    if one.table:
        look.table(one.table)
    if one.printed:
        with st.expander(f"{len(one.printed.rows)} printed values beside ours"):
            look.table(one.printed)
    if results.warnings:
        with st.expander(f"Warnings: {len(results.warnings)}"):
            for words in results.warnings:
                look.note(words)
    csv = one.table.as_csv() if one.table else "nothing\n"
    look.behind(
        f"{one.output_id}_{one.anchor}",
        csv,
        *_rows_read(study, one.models),
        note="What the analysis reads; of the cohorts and endpoints at hand alone. Rule set "
        f"«{opened.rule_set}», in {opened.path.name}.",
    )


def _rows_read(study: Study, models: Sequence[str]) -> list[Answer]:
    """The SQL of the rows that an output rests on."""
    told = []
    for one in tables().values():
        if one.model in models:
            where = f"\nwhere study_id = {literal(study.study_id)}" if one.is_of_study else ""
            sql = f"select * from studies.{one.model}{where}\norder by {one.order}"
            told.append(Answer(pd.DataFrame(), sql))
    return told


def _made(study: Study, analysis: Analysis, data: StudyData, policy: Policy | None) -> Results:
    """What the analysis makes of the study's rows, as it may be shown."""
    results = Results(study.study_id, analysis_id=analysis.analysis_id)
    with data.noting() as read:
        TYPES[analysis.analysis_type].make(study, analysis, data, results)
    results.read[analysis.analysis_id] = tuple(sorted(read))
    if policy:
        months = {analysis.output_id: analysis.months}
        suppress([results], policy, months, made_of=unions(study, data))
    return results
