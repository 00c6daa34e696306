"""The fields by which an index event and criteria are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import streamlit as st

from myelomart.explore.definition import Criterion, Definition
from myelomart.explore.state import Here
from myelomart.explore.words import Words

OPERATORS = [">=", ">", "<=", "<", "="]
ALONE = "a step of its own"
WINDOWS = {
    "at any time": (None, None),
    "on or before the index day": (None, 0),
    "before the index day": (None, -1),
    "on or after the index day": (0, None),
    "between two days": None,
}


def index_event(words: Words, definition: Definition) -> Definition:
    """The fields of the index event; the definition with what they say."""
    options = list(words.events)
    if definition.index_event_group not in options:
        options = [definition.index_event_group, *options]
    group = st.selectbox(
        "Event",
        options,
        index=options.index(definition.index_event_group),
        format_func=words.event,
        key="criterion index group",
    )
    which, offset = st.columns(2)
    since, until = st.columns(2)
    number = which.number_input(
        "Which one",
        1,
        20,
        definition.index_occurrence,
        key="criterion index which",
        help="1 is the first day with the event.",
    )
    days = offset.number_input(
        "Days added",
        -3650,
        3650,
        definition.index_offset_days,
        key="criterion index offset",
        help="A landmark: the index day is so many days after the event.",
    )
    first = since.text_input(
        "From", definition.index_from or "", key="criterion index from", placeholder="YYYY-MM-DD"
    )
    last = until.text_input(
        "To", definition.index_to or "", key="criterion index to", placeholder="YYYY-MM-DD"
    )
    return replace(
        _knowing(words, definition, group),
        index_event_group=group,
        index_occurrence=int(number),
        index_offset_days=int(days),
        index_from=_day(first),
        index_to=_day(last),
    )


def change_criterion(here: Here, words: Words, one: Criterion, key: str) -> Criterion | None:
    """The fields of a criterion that is there; None when it is to be taken away."""
    if one.criterion_type == "event":
        st.caption(words.event(one.event_group))
        one = replace(one, **_event_fields(one, key))
    else:
        st.caption(words.characteristic(one.characteristic))
        one = replace(one, **_value_fields(here, one, key))
    kind = st.segmented_control(
        "A person",
        ["include", "exclude"],
        default=one.kind,
        key=f"{key} kind",
        required=True,
        format_func=lambda name: "must" if name == "include" else "must not",
    )
    label = st.text_input("Name", one.label, key=f"{key} label")
    if st.button("Take it away", key=f"{key} gone", icon=":material/delete:"):
        return None
    return replace(one, kind=kind or one.kind, label=label or one.label)


def add_criterion(here: Here, words: Words, definition: Definition) -> Definition | None:
    """The fields of a new criterion; the definition with it once it is added."""
    about, kind, place = st.columns(3)
    sort = about.segmented_control(
        "About", ["event", "characteristic"], default="event", key="new about", required=True
    )
    part = kind.segmented_control(
        "A person",
        ["include", "exclude"],
        default="include",
        key="new kind",
        required=True,
        format_func=lambda name: "must" if name == "include" else "must not",
    )
    steps = sorted({one.step for one in definition.criteria if one.kind == part})
    step = place.selectbox(
        "As",
        [ALONE, *steps],
        key="new step",
        format_func=lambda one: one if one == ALONE else f"an alternative in step {one}",
    )
    at = definition.next_step if step == ALONE else int(step)
    blank = Criterion(step=at, kind=part, label="")
    if sort == "event":
        word = st.selectbox(
            "Event",
            list(words.events),
            format_func=words.event,
            key="new event",
            index=None,
            placeholder="Type a drug, a diagnosis, a test …",
        )
        one = replace(blank, event_group=word, **_event_fields(blank, "new"))
        name = words.event(word).partition(" · ")[0] if word else ""
    else:
        word = st.selectbox(
            "Characteristic",
            list(words.characteristics),
            format_func=words.characteristic,
            key="new characteristic",
            index=None,
            placeholder="Type age, lines, stage …",
        )
        one = replace(blank, characteristic=word)
        if word:
            one = replace(one, **_value_fields(here, one, f"new {word}"))
        name = words.characteristic(word).partition(" (")[0] if word else ""
    if not word:
        return None
    one = replace(one, label=f"{name}{_in_words(one)}")
    st.caption(f"Step {at}: {'must' if part == 'include' else 'must not'}: {one.label}")
    if not st.button("Add", key="new add", type="primary"):
        return None
    return _knowing(words, definition, one.event_group).with_criterion(one)


def _knowing(words: Words, definition: Definition, group: str | None) -> Definition:
    """The definition with the codes behind an event that no study has named."""
    if group not in words.codes:
        return definition
    return replace(definition, groups=definition.groups | {group: words.codes[group]})


def _event_fields(one: Criterion, key: str) -> dict:
    days = (one.window_start_days, one.window_end_days)
    names = list(WINDOWS)
    now = next((name for name, window in WINDOWS.items() if window == days), names[-1])
    when = st.selectbox("When", names, index=names.index(now), key=f"{key} when")
    if WINDOWS[when] is None:
        first, last = st.columns(2)
        days = (
            first.number_input("From day", value=days[0], step=1, key=f"{key} first"),
            last.number_input("To day", value=days[1], step=1, key=f"{key} last"),
        )
    else:
        days = WINDOWS[when]
    count, operator, number = st.columns(3)
    least = count.number_input("On how many days", 1, 500, one.min_count, key=f"{key} count")
    sign = operator.selectbox(
        "Value",
        [None, *OPERATORS],
        index=0 if one.value_operator is None else 1 + OPERATORS.index(one.value_operator),
        key=f"{key} sign",
        format_func=lambda s: "any" if s is None else s,
    )
    limit = None
    if sign:
        limit = number.number_input("Limit", value=one.value_number or 0.0, key=f"{key} limit")
    return {
        "window_start_days": days[0],
        "window_end_days": days[1],
        "min_count": int(least),
        "value_operator": sign,
        "value_number": limit,
    }


def _value_fields(here: Here, one: Criterion, key: str) -> dict:
    levels = (
        here.ask("levels_of_characteristic", name=one.characteristic).rows["value_text"].tolist()
    )
    if one.value_text and one.value_text not in levels:
        levels = [one.value_text, *levels]
    if levels:
        at = levels.index(one.value_text) if one.value_text in levels else 0
        return {"value_text": st.selectbox("Is", levels, index=at, key=f"{key} text")}
    operator, number = st.columns(2)
    sign = operator.selectbox(
        "Is", OPERATORS, index=OPERATORS.index(one.value_operator or ">="), key=f"{key} sign"
    )
    limit = number.number_input(
        "Limit",
        value=float(1 if one.value_number is None else one.value_number),
        key=f"{key} limit",
        help="Yes is 1 and no is 0.",
    )
    return {"value_operator": sign, "value_number": limit}


def _in_words(one: Criterion) -> str:
    """What of a criterion its name does not say."""
    told = ""
    if one.value_operator:
        told += f" {one.value_operator} {one.value_number:g}"
    if one.value_text:
        told += f": {one.value_text}"
    if one.criterion_type == "event":
        window = (one.window_start_days, one.window_end_days)
        name = next((name for name, days in WINDOWS.items() if days == window), None)
        if name is None:
            first, last = ("any" if day is None else str(day) for day in window)
            name = f"from day {first} to day {last}"
        told += f", {name}" if window != (None, None) else ""
        told += f", on {one.min_count} days" if one.min_count > 1 else ""
    return told


def _day(text: str) -> str | None:
    """A day as the seeds write it; a sentence for any other text."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        st.warning(f"«{text.strip()}» is no day: write it as 2021-03-26. It is left out.")
        return None
