"""One patient's course, as `myelomart patient` draws it, out of a list with filters."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from myelomart.explore import look, state
from myelomart.explore.opened import Answer, text_of
from myelomart.explore.state import Here
from myelomart.history import read_history
from myelomart.messages import shown
from myelomart.timeline import as_svg

TITLE, PATH, ICON = "Patient timeline", "patient", ":material/timeline:"
MOST = 2000  # persons of a list
MEMBERS = -9  # in place of a step: those who are in
CELLS = {
    "any": "with or without",
    "yes": "with CAR-T cells",
    "no": "without CAR-T cells",
}


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "One patient's course: lines with the reason for each, drugs, infusions, responses, "
        "progressions, toxicity, and laboratory curves on one axis of time.",
    )
    look.note(
        "This page shows a person's data. It stays on this machine: do not copy it to where the "
        "person's records may not go.",
        "person",
    )
    persons = _list(here)
    if not persons:
        look.note("No patient fits these filters: widen one of them.")
        return
    person = _chosen(persons)
    with here.opened.cursor() as connection:
        svg = as_svg(read_history(connection, person))
    look.figure(svg)
    answer = Answer(pd.DataFrame(), text_of("patient_history"), {"person": person})
    look.behind(
        f"patient_{person}",
        svg,
        answer,
        kind="svg",
        note="The file is the picture. It shows a person's data, as this page does.",
    )


def _list(here: Here) -> list[int]:
    """The filters, and the persons who fit them."""
    words = here.ask("refractory_words").rows["word"].tolist()
    cohorts = here.ask("cohorts").rows.set_index("cohort_id")["label"].to_dict()
    cells, refractory, lines, cohort, step = st.columns([3, 3, 2, 4, 4])
    chosen = {
        "cells": state.choose(cells, "CAR-T", list(CELLS), "cells", format_func=CELLS.get),
        "refractory_to": state.choose(
            refractory,
            "Refractory to",
            [None, *words],
            "refractory",
            format_func=lambda one: "any drug, or none" if one is None else one.replace("_", " "),
        ),
        "fewest_lines": state.number(lines, "Lines, at least", 0, 20, 0, "lines"),
        "cohort": state.choose(
            cohort,
            "Asked for a cohort",
            [None, *cohorts],
            "cohort",
            format_func=lambda one: "none" if one is None else f"{cohorts[one]} · {one}",
        ),
        "step": None,
    }
    if chosen["cohort"]:
        rows = here.ask("cohort_steps", cohort=chosen["cohort"]).rows
        names = {MEMBERS: "those who are in"} | {
            int(one.step): f"left at {one.step}: {one.label}" for one in rows.itertuples()
        }
        chosen["step"] = state.choose(
            step,
            "Where they left",
            [None, *names],
            "step",
            format_func=lambda one: "anywhere, or in" if one is None else shown(names[one]),
        )
    answer = here.ask("patient_list", most=MOST, **chosen)
    with st.expander(
        f"The list: {len(answer.rows):,} patients"
        + (" (the first of more)" if len(answer.rows) == MOST else "")
    ):
        st.dataframe(answer.rows, hide_index=True, height=260, width="stretch")
        st.code(answer.shown_sql, "sql", height=200)
    return answer.rows["person"].tolist()


def _chosen(persons: list[int]) -> int:
    """The patient that is shown; the arrow keys of the two buttons go through the list."""
    asked = st.query_params.get("person", "")
    if "person" not in st.session_state and asked.isdigit() and int(asked) in persons:
        st.session_state["person"] = int(asked)
    if st.session_state.get("person") not in persons:
        st.session_state["person"] = persons[0]
    at = persons.index(st.session_state["person"])

    def go(by: int) -> None:
        now = persons.index(st.session_state["person"])
        st.session_state["person"] = persons[(now + by) % len(persons)]
        st.query_params["person"] = str(st.session_state["person"])

    back, choose, on, told = st.columns([3, 3, 3, 7], vertical_alignment="bottom")
    back.button(
        "Previous",
        on_click=go,
        args=(-1,),
        shortcut="Left",
        width="stretch",
        icon=":material/chevron_left:",
    )
    person = choose.selectbox("Patient", persons, key="person", on_change=go, args=(0,))
    on.button(
        "Next",
        on_click=go,
        args=(1,),
        shortcut="Right",
        width="stretch",
        icon=":material/chevron_right:",
        icon_position="right",
    )
    told.html(
        f'<p class="mm-quiet">{at + 1:,} of {len(persons):,} in the list; the arrow keys ← → '
        "go through it.</p>"
    )
    st.query_params["person"] = str(person)
    return int(person)
