"""Overview: who is in this warehouse, from where, how treated, how long followed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from myelomart.explore import charts, look
from myelomart.explore.opened import Answer
from myelomart.explore.state import Here

TITLE, PATH, ICON = "Overview", "overview", ":material/monitoring:"
PRODUCTS = {
    "ide_cel": "ide-cel",
    "cilta_cel": "cilta-cel",
    "other_bcma": "other, against BCMA",
    "unknown": "of no named product",
    "other_target": "against another target",
}


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "The persons with multiple myeloma in this warehouse: when they were diagnosed and "
        "treated, "
        "with what, where, and how long they were followed.",
    )
    people = here.ask("overview_people")
    _numbers(here, people.rows.iloc[0])
    quality = here.ask("overview_quality")
    _quality(quality.rows.iloc[0])
    left, right = st.columns(2, gap="large")
    with left:
        _by_year(
            here,
            "lines",
            "overview_lines",
            "Lines of therapy that began, by year and number",
            "Persons may begin several lines in a year. Line 5 and later stand together.",
        )
    with right:
        _by_year(
            here,
            "t_cell",
            "overview_t_cell",
            "CAR-T infusions, by year and product",
            "Persons infused in the year; a later infusion of another product counts again.",
            PRODUCTS,
        )
    left, right = st.columns(2, gap="large")
    with left:
        _by_year(
            here,
            "bispecifics",
            "overview_bispecifics",
            "Bispecific antibodies, by year and drug",
            "Persons with the first dose of the drug in the year.",
        )
    with right:
        _by_year(
            here,
            "diagnoses",
            "overview_diagnoses",
            "First supported myeloma diagnosis, by year",
            "By sex. The first diagnosis in the records may come later than the disease.",
        )
    _sites(here)


def _numbers(here: Here, one: pd.Series) -> None:
    p = here.policy
    years = f"{one['first_year']:.0f}–{one['last_year']:.0f}"
    look.tiles(
        [
            (
                look.count(one["patients"], p),
                "patients with myeloma",
                f"of {look.count(here.opened.persons_in_source, p)} persons in the source",
            ),
            (f"{one['sites']:.0f}", "sites", f"{one['sources']:.0f} source(s)"),
            (years, "years of diagnosis", f"data cut {pd.Timestamp(one['data_cut']).date()}"),
            (f"{one['follow_up']:.1f}", "years of follow-up, median", "from the diagnosis"),
            (look.count(one["deaths"], p), "deaths", "with a date"),
            (look.count(one["treated"], p), "with a line of therapy", "of any kind"),
            (look.count(one["car_t"], p), "with CAR-T cells", "at least one infusion"),
            (look.count(one["bispecific"], p), "with a bispecific", "in any line"),
        ]
    )
    look.behind("overview", _one_row(here, one), here.ask("overview_people"))


def _one_row(here: Here, one: pd.Series) -> pd.DataFrame:
    counts = ["patients", "deaths", "treated", "car_t", "bispecific"]
    return look.hidden(one.to_frame().T, counts, here.policy)


def _quality(one: pd.Series) -> None:
    checks, warned = int(one["checks"]), int(one["not_passed"])
    aside, rows = float(one["rows_set_aside"] or 0), float(one["rows_in"] or 0)
    share = f"{100 * aside / rows:.2f} % of {rows:,.0f}" if rows else "no"
    look.note(
        f"Data quality in one line: {warned} of {checks} checks that were noted are above their "
        f"limit; {share} rows were set aside; codes that nothing maps: "
        f"{int(one['unmapped']):,}. The "
        "page Quality has each of them.",
        "care" if warned else "plain",
    )


def _by_year(here: Here, name: str, question: str, title: str, says: str, names=None) -> None:
    look.part(title, says)
    answer = here.ask(question)
    rows = answer.rows
    if not len(rows):
        look.note("Nothing of this kind is in the warehouse.")
        return
    wide = rows.pivot_table(
        index="year", columns="part", values="persons", aggfunc="sum", fill_value=0, sort=True
    )
    years = list(range(int(wide.index.min()), int(wide.index.max()) + 1))
    wide = wide.reindex(years, fill_value=0)
    order = list(dict.fromkeys(rows.sort_values("part_order")["part"]))
    parts = {(names or {}).get(part, part): wide[part].tolist() for part in order}
    labels = [f"’{year % 100:02d}" if len(years) > 12 else str(year) for year in years]
    look.figure(charts.stacked_columns(labels, parts, title, here.policy))
    look.behind(
        name, look.hidden(rows.drop(columns="part_order"), ["persons"], here.policy), answer
    )


def _sites(here: Here) -> None:
    look.part("Sites", "Patients, lines and infusions by the site where the person is recorded.")
    answer: Answer = here.ask("overview_sites")
    told = look.hidden(answer.rows, ["patients", "with_car_t", "deaths"], here.policy)
    look.rows(
        told,
        {
            "site": "",
            "patients": "patients",
            "with_car_t": "with CAR-T",
            "deaths": "deaths",
            "follow_up": "median follow-up, years",
        },
        {"follow_up": 1},
    )
    look.behind("sites", told, answer)
