"""Survival explorer: a cohort's curves, whole, by group or against another, as the studies do."""

from __future__ import annotations

import streamlit as st

from myelomart.errors import MyelomartError
from myelomart.explore import look, state
from myelomart.explore.follow import Asked, Followed, follow
from myelomart.explore.state import Here, kept_definition
from myelomart.messages import shown
from myelomart.study import Study

TITLE, PATH, ICON = "Survival explorer", "survival", ":material/show_chart:"
TRIED = "the cohort of the builder"
WAYS = {
    "none": "nothing: as they are",
    "matched": "matching 1:1 on the propensity score",
    "overlap": "overlap weights",
    "att": "weights to the treated (ATT)",
    "ate": "weights to everybody (ATE)",
}


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "How long it takes from the index day to an event, in one cohort, its groups, or against "
        "another cohort: Kaplan–Meier or Aalen–Johansen curves with the persons at risk.",
    )
    left, right = st.columns([8, 17], gap="large")
    with left:
        study, asked = _fields(here)
    with right:
        try:
            _answer(here, follow(here, study, asked, kept_definition()))
        except MyelomartError as error:
            look.note(f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.", "care")


def _fields(here: Here) -> tuple[Study, Asked]:
    """What is asked: cohort, endpoint, groups, days, and how arms are made alike."""
    cohorts = here.ask("cohorts").rows
    titles = cohorts.drop_duplicates("study_id").set_index("study_id")["title"].to_dict()
    open_ended = cohorts.loc[cohorts["has_open_endpoint"], "study_id"].tolist()
    study_id = state.choose(
        st,
        "Study that defines endpoints and covariates",
        list(titles),
        "study",
        open_ended[0] if open_ended else None,
        format_func=titles.get,
    )
    study = here.study(study_id)
    labels = {one.cohort_id: one.label for one in study.cohorts}
    own = [TRIED] if kept_definition() is not None else []
    cohort = state.choose(
        st,
        "Cohort",
        [*labels, *own],
        "cohort",
        format_func=lambda one: shown(labels.get(one, one)),
    )
    endpoints = {one.endpoint_id: one.label for one in study.endpoints}
    endpoint = state.choose(
        st,
        "Endpoint",
        list(endpoints),
        "endpoint",
        format_func=lambda one: shown(endpoints[one]),
    )
    against, by = st.columns(2)
    others = [one for one in labels if one != cohort]
    comparator = state.choose(
        against,
        "Against",
        [None, *others],
        "against",
        format_func=lambda one: "nobody" if one is None else shown(labels[one]),
    )
    grouped = {
        one.covariate_id: one.label for one in study.covariates if one.value_kind != "number"
    }
    group = state.choose(
        by,
        "By group",
        [None, *grouped],
        "group",
        disabled=bool(comparator),
        format_func=lambda one: "all together" if one is None else shown(grouped[one]),
    )
    way = state.choose(
        st,
        "Arms made alike by",
        list(WAYS),
        "way",
        format_func=WAYS.get,
        disabled=not comparator,
    )
    landmark, horizon = st.columns(2)
    asked = Asked(
        cohort=None if cohort == TRIED else cohort,
        endpoint=endpoint,
        comparator=comparator,
        group=None if comparator else group,
        way=way if comparator else "none",
        landmark_days=state.number(
            landmark,
            "Landmark, day",
            0,
            3650,
            0,
            "landmark",
            step=30,
            help="Only those still followed on this day; time counts from it.",
        ),
        horizon_months=state.number(
            horizon,
            "Horizon, months",
            3,
            240,
            24,
            "horizon",
            step=3,
            help="The end of the picture; restricted means reach to it.",
        ),
        competes=state.choose(
            st,
            "A competing event",
            [True, False],
            "competes",
            disabled=bool(comparator) or not study.rules_of(endpoint, "competing"),
            format_func=lambda one: (
                "competes: cumulative incidence" if one else "censors: Kaplan–Meier"
            ),
            help="Where the endpoint names one: an event that forestalls, or the end of follow-up.",
        ),
    )
    return study, asked


def _answer(here: Here, made: Followed) -> None:
    look.part(made.title, made.at_risk)
    for svg in made.figures:
        look.figure(svg)
    if not made.figures:
        look.note("No curve: too few persons or events for what may be shown.")
    for table in made.tables:
        look.table(table)
    for words in made.warnings:
        look.note(words, "care")
    look.behind(
        "survival",
        made.csv,
        *made.answers,
        note="The rows that were followed come from this SQL; the statistics are those of "
        "`myelomart survival` and of the studies.",
    )
