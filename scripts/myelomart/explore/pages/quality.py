"""Quality: what came in, what was set aside and why, what is suspicious."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from myelomart.disclosure.policies import Policy
from myelomart.explore import charts, look, state
from myelomart.explore.opened import Answer
from myelomart.explore.state import Here
from myelomart.quality.history import NAME

TRENDS = {"domain": "domain", "source": "source", "way": "how it was found", "dates": "dates"}
TITLE, PATH, ICON = "Quality", "quality", ":material/fact_check:"


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "The checks of incoming data, the rows set aside with the reason, what looks "
        "suspicious, and the records year by year, where a change of the source shows.",
    )
    _checks(here)
    left, right = st.columns(2, gap="large")
    with left:
        _rows(here)
    with right:
        _trends(here)
    _frame(
        here,
        "quality_findings",
        "Findings",
        "Counts of records or codes; the schema qc has each.",
        ["found_count", "of_count"],
        "Nothing suspicious was found.",
    )


def _checks(here: Here) -> None:
    answer, history = here.ask("quality_checks"), _history(here)
    answers = [one for one in (answer, history) if one]
    look.part(
        "Checks at the door",
        "The share of rows that fail, against the limit of the check. "
        + (_told_builds(history.rows) if history else "This warehouse keeps no former builds."),
    )
    rows = answer.rows
    if not len(rows):
        look.note("Every check passed, and none was noted.")
        look.behind("checks", rows, *answers)
        return
    told = look.hidden(rows, ["failing", "counted"], here.policy)
    look.rows(
        told.assign(
            check=[
                f"{one.checked}: {one.check_name.replace('_', ' ')}" for one in rows.itertuples()
            ],
            trend=_trend_of(rows, history, here.policy),
            percent=100 * rows["share"],
            limit=100 * rows["threshold"],
        ),
        {
            "check": "",
            "severity": "severity",
            "status": "status",
            "failing": "failing",
            "counted": "of",
            "percent": "%",
            "limit": "limit, %",
            "trend": "by build",
            "meaning": "what it means",
        },
        {"percent": 1, "limit": 1},
    )
    look.behind("checks", told, *answers)


def _history(here: Here) -> Answer | None:
    """What former builds found; None where dbt alone made the warehouse, or an older version."""
    return here.ask("quality_history") if NAME in here.opened.schemas else None


def _told_builds(rows: pd.DataFrame) -> str:
    """How far the trend reaches, and what it no longer finds."""
    if not len(rows):
        return ""
    builds = rows["built_at"].drop_duplicates()
    if len(builds) == 1:
        return f"One build so far, of {builds.iloc[0]:%Y-%m-%d}: a trend is drawn from the second."
    last = rows[rows["built_at"] == builds.max()]
    gone = int((last["failing"] == 0).sum())
    return (
        f"By build: the share in each of {len(builds)} builds, from {builds.min():%Y-%m-%d} to "
        f"{builds.max():%Y-%m-%d}; · is one without a failing row, or with too few to show."
        + (f" Checks that failed some row before and fail none now: {gone}." if gone else "")
    )


def _trend_of(rows: pd.DataFrame, history: Answer | None, policy: Policy | None) -> list[str]:
    """For each check a bar per build, as high as its share of failing rows."""
    if history is None or history.rows["built_at"].nunique() < 2:
        return ["–"] * len(rows)
    told = look.hidden(history.rows, ["failing", "counted"], policy)
    told["share"] = (told["failing"] / told["counted"]).astype("Float64").fillna(0.0)
    keys = ["source_name", "checked", "check_name"]
    by_check = told.groupby(keys)["share"].apply(list)
    return [charts.bars_in_a_line(by_check[key]) for key in rows[keys].itertuples(index=False)]


def _rows(here: Here) -> None:
    look.part("Rows on their way in", "Of every table: rows read, set aside and kept.")
    answer = here.ask("quality_rows")
    rows = answer.rows.assign(
        aside=lambda f: f[["rows_left_out", "rows_unreadable", "rows_unusable"]].sum(axis=1)
    )
    told = look.hidden(rows, ["rows_in", "aside", "rows_kept"], here.policy)
    look.rows(
        told,
        {
            "table_name": "table",
            "rows_in": "read",
            "aside": "set aside",
            "rows_kept": "kept",
        },
    )
    counts = [
        "rows_in",
        "rows_left_out",
        "rows_unreadable",
        "rows_unusable",
        "rows_kept",
        "cells_emptied",
        "ends_capped",
    ]
    look.behind("rows", look.hidden(answer.rows, counts, here.policy), answer)
    _frame(
        here,
        "quality_reasons",
        "Rows set aside, by reason",
        "The rows themselves are not shown.",
        ["row_count"],
        "No row was set aside.",
    )


def _trends(here: Here) -> None:
    look.part("Trends: records by year", "A gap or a jump is a change of the source, not of care.")
    by = state.segments(st, "Told apart by", list(TRENDS), "by", format_func=TRENDS.get)
    answer = here.ask("quality_trends", by=by)
    if not len(answer.rows):
        look.note("No concept set found a record.")
        return
    wide = answer.rows.pivot_table(index="year", columns="part", values="records", fill_value=0)
    years = list(range(int(wide.index.min()), int(wide.index.max()) + 1))
    wide: pd.DataFrame = wide.reindex(years, fill_value=0)
    order = wide.sum().sort_values(ascending=False).index
    parts = {one: wide[one].astype(int).tolist() for one in order}
    labels = [f"’{year % 100:02d}" for year in years]
    look.figure(charts.stacked_columns(labels, parts, "Records by year", here.policy, 460, 240))
    look.behind("trends", look.hidden(answer.rows, ["records"], here.policy), answer)


def _frame(here: Here, question: str, title: str, says: str, counts: list[str], empty: str) -> None:
    look.part(title, says)
    answer = here.ask(question)
    if not len(answer.rows):
        look.note(empty)
        return
    told = look.hidden(answer.rows, counts, here.policy)
    st.dataframe(told, hide_index=True, width="stretch")
    look.behind(question, told, answer)
