"""Codes: every concept set, what it found, and what no set claims."""

from __future__ import annotations

import streamlit as st

from myelomart.explore import charts, look, state
from myelomart.explore.state import Here

TITLE, PATH, ICON = "Codes", "codes", ":material/data_object:"
MOST = 5


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "Every clinical idea as a set of codes: its members with their dates and sources, the "
        "records that it found year by year, and the codes that no set claims.",
    )
    sets = here.ask("code_sets")
    names = sets.rows.set_index("set_id")["meaning"].to_dict()
    commonest = sets.rows["set_id"].iloc[int(sets.rows["records"].to_numpy().argmax())]
    chosen = state.choose(
        st,
        "Concept set",
        list(names),
        "set",
        commonest,
        format_func=lambda one: f"{names[one]} · {one}",
    )
    one = sets.rows.set_index("set_id").loc[chosen]
    years = here.ask("code_years", set=chosen)
    members = here.ask("code_members", set=chosen)
    look.tiles(
        [
            (f"{int(one['codes'] or 0):,}", "codes", f"{int(one['unverified'] or 0)} not verified"),
            (look.count(one["records"], here.policy), "records found", "in all years"),
            (str(one["status"]), "status of the set", str(one["categories"])),
        ]
    )
    left, right = st.columns([11, 13], gap="large")
    with left:
        _years(here, years)
    with right:
        look.part("Members", "Each code with the dates in which it counts, and where it was read.")
        st.dataframe(
            members.rows,
            hide_index=True,
            width="stretch",
            height=min(330, 40 * (len(members.rows) + 1)),
        )
        look.behind("members", members.rows, members)
        _sites(here, chosen)
    for question, title, says, empty in (
        (
            "codes_unmapped",
            "Unmapped codes: the vocabulary lacks them",
            "Codes of our sets that the source's vocabulary does not hold.",
            "Every code is known.",
        ),
        (
            "codes_unclaimed",
            "Unclaimed codes: no set has them",
            "Codes of the source that lie near an idea of ours and belong to no set.",
            "No code of the source is left that should be claimed.",
        ),
    ):
        look.part(title, says)
        answer = here.ask(question)
        if not len(answer.rows):
            look.note(empty)
            continue
        told = look.hidden(
            answer.rows, [c for c in ("records", "persons") if c in answer.rows], here.policy
        )
        st.dataframe(told, hide_index=True, height=260, width="stretch")
        look.behind(question, told, answer)


def _years(here: Here, answer) -> None:
    look.part("Records by year", "By the code in the source; the commonest are named.")
    rows = answer.rows
    if not len(rows):
        look.note("No record of this set is in the warehouse.")
        return
    keep = rows.groupby("source_code")["records"].sum().nlargest(MOST).index.tolist()
    merged = rows.assign(
        code=rows["source_code"].where(rows["source_code"].isin(keep), "other codes")
    )
    wide = merged.pivot_table(
        index="year", columns="code", values="records", aggfunc="sum", fill_value=0
    )
    span = list(range(int(wide.index.min()), int(wide.index.max()) + 1))
    wide = wide.reindex(span, fill_value=0)
    parts = {one[:44]: wide[one].tolist() for one in [*keep, "other codes"] if one in wide}
    labels = [f"’{year % 100:02d}" for year in span]
    look.figure(charts.stacked_columns(labels, parts, "Records by year", here.policy))
    told = look.hidden(rows, ["records", "persons", "out_of_date"], here.policy)
    if rows["source_name"].nunique() > 1:
        by_source = rows.groupby("source_name", as_index=False)["records"].sum()
        look.rows(
            look.hidden(by_source, ["records"], here.policy),
            {"source_name": "source", "records": "records"},
        )
    look.behind("years", told, answer)


def _sites(here: Here, chosen: str) -> None:
    look.part(
        "Persons by site and year",
        "Persons with myeloma who have a code of the set, by the site where they are recorded.",
    )
    answer = here.ask("code_sites", set=chosen)
    rows = answer.rows
    if not len(rows):
        look.note("Nobody with myeloma has a code of this set.")
        return
    wide = rows.pivot_table(index="year", columns="site", values="persons", fill_value=0)
    span = list(range(int(wide.index.min()), int(wide.index.max()) + 1))
    wide = wide.reindex(span, fill_value=0)
    parts = {str(one): wide[one].astype(int).tolist() for one in wide}
    labels = [f"’{year % 100:02d}" for year in span]
    look.figure(charts.stacked_columns(labels, parts, "Persons by site and year", here.policy))
    look.behind("code_sites", look.hidden(rows, ["records", "persons"], here.policy), answer)
