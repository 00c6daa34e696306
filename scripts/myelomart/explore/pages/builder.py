"""Cohort builder: switch criteria on and off and see who stays."""

from __future__ import annotations

import time
from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from myelomart.explore import charts, look, state
from myelomart.explore.definition import Criterion, Definition
from myelomart.explore.export import as_study_file
from myelomart.explore.opened import Answer
from myelomart.explore.pages.criterion_form import add_criterion, change_criterion, index_event
from myelomart.explore.shown_flow import shown_flow
from myelomart.explore.state import Here
from myelomart.explore.trial import definition_of
from myelomart.explore.words import Words, words_of
from myelomart.messages import shown

TITLE, PATH, ICON = "Cohort builder", "cohort", ":material/filter_alt:"
SHOWN = {
    "age": "Age at index",
    "sex": "Sex",
    "index_year": "Calendar year of index",
    "prior_line_count": "Lines of therapy before index",
}
OWN = "A definition of your own"


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "Who has the index event, who stays after each criterion, and how the cohort changes. The "
        "arithmetic is that of the studies: the same models, over the criteria that are on.",
    )
    words = words_of(here)
    definition = _start(here)
    left, right = st.columns([11, 13], gap="large")
    with left:
        definition = _criteria(here, words, definition)
    state.keep(definition)
    began = time.perf_counter()
    here.trial.describe(definition, tuple(SHOWN))
    flow = here.trial.attrition(definition)
    profile = here.trial.ask("tried_distributions")
    took = time.perf_counter() - began
    with right:
        _numbers(here, flow, took)
        _flow(here, flow, definition)
        _shift(here, profile)
    _why(here, definition, flow)
    _export(definition)


def _start(here: Here) -> Definition:
    """The definition of the address or of this visit, or the cohort that is chosen."""
    cohorts = here.ask("cohorts").rows
    labels = {one.cohort_id: f"{one.label} · {one.cohort_id}" for one in cohorts.itertuples()}
    kept = state.kept_definition()
    if kept is None:
        first = cohorts["cohort_id"].iloc[0]
        kept = definition_of(here.opened.cursor(), first)
        st.session_state["start_from"] = first
        state.keep(kept)
    elif "start_from" not in st.session_state:
        st.session_state["start_from"] = OWN

    def load() -> None:
        name = st.session_state["start_from"]
        if name != OWN:
            _forget_widgets()
            state.keep(definition_of(here.opened.cursor(), name))

    st.selectbox(
        "Start from the cohort of a study",
        [OWN, *labels],
        format_func=lambda name: labels.get(name, name),
        key="start_from",
        on_change=load,
    )
    return state.kept_definition() or kept


def _forget_widgets() -> None:
    """The switches and fields of another definition."""
    for name in list(st.session_state):
        if str(name).startswith("criterion "):
            del st.session_state[name]


def _criteria(here: Here, words: Words, definition: Definition) -> Definition:
    """The index event and a switch per criterion; the definition as it stands now."""
    look.part("Index event", "The day from which a person is followed.")
    definition = index_event(words, definition)
    look.part(
        "Criteria", "A person leaves at the first step not passed; alternatives share a step."
    )
    kept: list[Criterion] = []
    if not definition.criteria:
        look.note("No criterion yet: everybody with the index event is in.")
    steps = [one.step for one in definition.criteria]
    for position, one in enumerate(definition.criteria):
        key = f"criterion {position} {one.step} {one.label}"
        switch, change = st.columns([12, 2], vertical_alignment="center")
        mark = "must" if one.kind == "include" else "must not"
        is_alternative = steps.count(one.step) > 1
        told = f"**{one.step}{' or' if is_alternative else ''}** · {mark} · {shown(one.label)}"
        is_on = switch.toggle(told, value=one.is_on, key=f"{key} on", wrap=True)
        with change.popover(
            "", icon=":material/tune:", help="Change or take away", width="stretch"
        ):
            changed = change_criterion(here, words, replace(one, is_on=is_on), key)
        if changed is not None:
            kept.append(changed)
    if len(kept) != len(definition.criteria):  # one was taken away: the others move up
        _forget_widgets()
        state.keep(replace(definition, criteria=tuple(kept)))
        st.rerun()
    definition = replace(definition, criteria=tuple(kept))
    with st.expander("Add a criterion", icon=":material/add:"):
        added = add_criterion(here, words, definition)
    if added is not None:
        _forget_widgets()
        state.keep(added)
        st.rerun()
    return definition


def _numbers(here: Here, flow: pd.DataFrame, took: float) -> None:
    last, myeloma, index = flow.iloc[-1], flow.iloc[0], flow.iloc[1]
    look.tiles(
        [
            (
                look.count(last["persons_after"], here.policy),
                "in the cohort",
                f"answered in {1000 * took:,.0f} ms",
            ),
            (
                look.count(index["persons_after"], here.policy),
                "with the index event",
                "in any year",
            ),
            (
                look.count(myeloma["persons_after"], here.policy),
                "with multiple myeloma",
                f"of {look.count(myeloma['persons_before'], here.policy)} in the source",
            ),
        ]
    )


def _flow(here: Here, flow: pd.DataFrame, definition: Definition) -> None:
    """The attrition, a row per step; how wide a bar is says how many come to the step."""
    told = shown_flow(flow, here.policy)
    most = max(float(flow.iloc[1]["persons_before"]), 1.0)
    rows = []
    for one in told.itertuples():
        if one.step == -2:
            continue
        name = one.label if one.kind == "include" else f"Not: {one.label}"
        stay, left = (
            0.0 if pd.isna(number) else 100 * float(number) / most
            for number in (one.persons_after, one.persons_excluded)
        )
        cells = [
            _number(one.persons_excluded, here),
            _number(one.persons_unknown, here),
            _number(one.persons_after, here),
        ]
        is_last = one.step == told["step"].iloc[-1]
        rows.append(
            f"<tr{' class=last' if is_last else ''}><td>{escape(shown(name))}</td>"
            f'<td class="bar"><div class="track"><div class="stay" style="width:{stay:.2f}%"></div>'
            f'<div class="left" style="width:{left:.2f}%"></div></div></td>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    off = [one.label for one in definition.criteria if not one.is_on]
    rows += [
        f'<tr class="off"><td>{escape(shown(label))}</td><td class="bar">switched off</td>'
        "<td></td><td></td><td></td></tr>"
        for label in off
    ]
    look.part("Who stays at each step")
    heads = "<th>step</th><th></th><th>leave</th><th>of these:<br>not recorded</th><th>stay</th>"
    st.html(
        "<table "
        f'class="mm-flow"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        '<p class="mm-key"><i style="background:var(--accent)"></i>stay'
        '<i style="background:#e8a98c"></i>leave at this step</p>'
    )
    query = here.trial.query("cohort_attrition", definition)
    look.behind(
        "attrition",
        told,
        Answer(flow, query),
        note="One query for the whole flow, made of models/cohorts. The page runs the same parts "
        "one by one and keeps what each criterion found, so that a switch asks nothing anew.",
    )


def _number(value, here: Here) -> str:
    if pd.isna(value):
        return f"&lt;{here.policy.hides_below}"
    return f"{int(value):,}"


def _shift(here: Here, profile: Answer) -> None:
    look.part(
        "How the cohort differs",
        "Pale: all with the index event in the period. Full: those who are in. A dot: too few to "
        "show.",
    )
    columns = st.columns(2)
    for k, (name, title) in enumerate(SHOWN.items()):
        own = profile.rows[profile.rows["characteristic"] == name]
        bars = [
            (one.bin, int(one.with_index), int(one.members))
            for one in sorted(own.itertuples(), key=lambda one: _order(one.bin))
        ]
        with columns[k % 2]:
            look.figure(charts.part_of_all(bars, title, here.policy))
    told = look.hidden(profile.rows, ["with_index", "members"], here.policy)
    look.behind("distributions", told, profile)


def _order(label: str) -> tuple[float, str]:
    digits = "".join(sign for sign in label if sign.isdigit())
    return (float(digits) if digits else 1e9, label)


def _why(here: Here, definition: Definition, flow: pd.DataFrame) -> None:
    look.part("Why is this person out?", "What each criterion that is on found of one person.")
    steps = {int(one.step): one.label for one in flow.itertuples() if one.step >= 0}
    choose, result = st.columns([8, 16], gap="large")
    lost = flow.loc[(flow["step"] > 0) & (flow["persons_excluded"] > 0), "step"].tolist()
    with choose:
        step = state.choose(
            st,
            "Persons who left at",
            [None, *steps],
            "left_at",
            int(lost[0]) if lost else None,
            format_func=lambda one: (
                "any step, and those who are in"
                if one is None
                else f"{one}. {shown(steps[one])}"
                if one
                else shown(steps[one])
            ),
        )
        persons = here.trial.ask("tried_persons", step=step, most=500)
        ids = persons.rows["person_id"].tolist()
        if not ids:
            look.note("Nobody left at this step.")
            return
        person = state.choose(st, "Person", ids, "why_person")
        look.note("From here on the page shows one person's data.", "person")
    with result:
        _one_person(here, definition, persons.rows.set_index("person_id").loc[person], person)


def _one_person(here: Here, definition: Definition, decided: pd.Series, person: int) -> None:
    found = here.trial.criterion_results(definition, person)
    where = (
        "in the cohort"
        if decided["is_member"]
        else "outside the calendar period"
        if decided["failed_step"] == 0
        else f"out at step {int(decided['failed_step'])}"
    )
    rows = "".join(
        f"<tr><th>{one.step}. "
        f"{'' if one.kind == 'include' else 'not: '}{escape(shown(one.label))}</th>"
        f"<td>{_met(one.is_met)}</td><td>{int(one.match_count)}</td></tr>"
        for one in found.itertuples()
    )
    st.html(
        f"<p><b>Person {person}</b>, index {pd.Timestamp(decided['index_date']).date()}: "
        f"{where}.</p>"
        '<table class="mm-table"><thead><tr><th>criterion</th><th>is it met?</th>'
        f"<th>days with the event</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    if not len(found):
        look.note("No criterion was asked: the index day lies outside the period, or none is on.")
    st.page_link(
        state.page_at("patient"),
        label=f"Open the course of person {person}",
        icon=":material/timeline:",
        query_params={"person": str(person)},
    )


def _met(value) -> str:
    if pd.isna(value):
        return '<span class="mm-unknown">not recorded</span>'
    return '<span class="mm-met">yes</span>' if value else '<span class="mm-not">no</span>'


def _export(definition: Definition) -> None:
    look.part(
        "Take it with you",
        "The cohort as a study file; only what is on. `myelomart study check` reads it; in the "
        "folder `studies` of your project `myelomart build` makes the same cohort of it.",
    )
    title = st.text_input("Name of the cohort", "My cohort", key="export_name", max_chars=60)
    text = as_study_file(definition, title.strip() or "My cohort")
    st.download_button(
        "Study file (YAML)",
        text,
        "study.yml",
        "application/yaml",
        key="export",
        on_click="ignore",
        icon=":material/download:",
    )
    with st.expander("Show the file"):
        st.code(text, "yaml")
