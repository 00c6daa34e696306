"""Toxicity after T-cell engagers: reactions, markers, blood counts and infections."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from myelomart.explore import charts, look, state
from myelomart.explore.pages.overview import PRODUCTS
from myelomart.explore.state import Here

TITLE, PATH, ICON = "Toxicity", "toxicity", ":material/emergency:"
AFTER = {
    "both": "CAR-T cells and bispecifics",
    "car_t": "CAR-T cells",
    "bispecific": "bispecific antibodies",
}
TERMS = {"crs": "Cytokine release syndrome", "icans": "ICANS"}
GRADES = ["none recorded", "grade 1", "grade 2", "grade 3 or more", "grade unknown"]
CURVES = {"markers": "markers", "recovery": "blood counts"}
COUNTS = {"anemia": "Hb", "neutropenia": "ANC", "thrombocytopenia": "Platelets"}
MARKERS = {
    "crp": "C-reactive protein",
    "ferritin": "Ferritin",
    "il6": "Interleukin-6",
    "ldh": "LDH",
}
RECOVERY = {
    "neutrophil_count": "Neutrophils",
    "platelet_count": "Platelets",
    "hemoglobin": "Hemoglobin",
}


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "What follows an infusion of CAR-T cells or the first dose of a bispecific antibody: CRS "
        "and ICANS by grade and day, markers by grade, how blood counts recover, and severe "
        "infections by month.",
    )
    engager, reaction = st.columns([13, 11])
    after = state.segments(engager, "After", list(AFTER), "after", format_func=AFTER.get)
    term = state.segments(reaction, "Reaction", list(TERMS), "term", format_func=TERMS.get)
    left, right = st.columns(2, gap="large")
    with left:
        _grades(here, after, term)
    with right:
        _onset(here, after, term)
    curves = st.container()  # drawn last: what is quick is there while they are asked for
    left, right = st.columns(2, gap="large")
    with left:
        _cytopenias(here)
    with right:
        _infections(here, after)
    with curves:
        _laboratory(here, after)


@state.part
def _laboratory(here: Here, after: str) -> None:
    """Curves of the markers or of the blood counts: each takes a scan of all laboratory values."""
    curves = state.segments(st, "Laboratory values", list(CURVES), "curves", format_func=CURVES.get)
    if curves == "markers":
        look.part(
            "Markers by the highest grade of CRS",
            "Median by day from a week before the start to day 28, with the quartiles as a band; "
            "days with too few persons are left out. The scale is logarithmic.",
        )
        _curves(here, curves, MARKERS, after=after, days=1, until=28)
        return
    look.part(
        "Recovery of the blood counts, by the highest grade of CRS",
        "Median by week from a week before the start to day 100, with the quartiles as a band; "
        "transfusions and growth factors are not taken out. The scale is logarithmic.",
    )
    _curves(here, curves, RECOVERY, after=after, days=7, until=100)


def _grades(here: Here, after: str, term: str) -> None:
    look.part(
        f"{TERMS[term]} by product",
        "Infusions, and first doses of a bispecific, by the highest grade recorded afterwards. "
        "None recorded is not none: mild reactions may not be coded.",
    )
    answer = here.ask("toxicity_grades", after=after, term=term)
    if not len(answer.rows):
        look.note(f"No start of {AFTER[after]} is in the warehouse.")
        return
    wide = answer.rows.pivot_table(
        index=["engager", "product"], columns="grade", values="starts", fill_value=0, sort=False
    ).droplevel("engager")
    products = wide.index.tolist()
    parts = {one: wide.loc[products, one].tolist() for one in GRADES if one in wide}
    names = [PRODUCTS.get(one, one) for one in products]
    look.figure(charts.stacked_columns(names, parts, TERMS[term], here.policy, all_labels=True))
    look.behind("grades", look.hidden(answer.rows, ["starts"], here.policy), answer)


def _onset(here: Here, after: str, term: str) -> None:
    look.part(
        "Day of onset",
        "Starts by the day on which an episode began; day 0 is the infusion or the first dose, 30 "
        "is day 30 and later.",
    )
    answer = here.ask("toxicity_onset", after=after, term=term)
    if not len(answer.rows):
        look.note(f"No episode of {TERMS[term]} after {AFTER[after]} is in the warehouse.")
        return
    wide = answer.rows.pivot_table(index="day", columns="grade", values="starts", fill_value=0)
    days = list(range(int(wide.index.max()) + 1))
    wide = wide.reindex(days, fill_value=0)
    parts = {one: wide[one].tolist() for one in GRADES if one in wide}
    look.figure(charts.stacked_columns(list(map(str, days)), parts, "Day of onset", here.policy))
    look.behind("onset", look.hidden(answer.rows, ["starts"], here.policy), answer)


def _curves(here: Here, name: str, labs: dict[str, str], **asked: object) -> None:
    """A picture per test: its values round the start, a curve per grade."""
    answer = here.ask("toxicity_curves", labs=tuple(labs), **asked)
    fewest = here.policy.hides_below if here.policy else 1
    rows = answer.rows[answer.rows["persons"] >= fewest]
    if not len(rows):
        look.note("None of these tests was done in enough persons round a start.")
        return
    found = [one for one in labs if (rows["lab"] == one).any()]
    for column, lab in zip(st.columns(2) + st.columns(2), found, strict=False):
        own = rows[rows["lab"] == lab]
        lines = dict(list(own.groupby("grade")))
        with column:
            look.figure(charts.curves_by_day(lines, f"{labs[lab]}, {own['unit'].iloc[0]}"))
    told = look.hidden(rows, ["persons"], here.policy)
    numbers = ["median", "low", "high"]
    told = told.assign(
        **{one: told[one].map(lambda value: float(f"{value:.3g}")) for one in numbers}
    )
    look.behind(name, told, answer)


def _cytopenias(here: Here) -> None:
    look.part(
        "Blood counts after CAR-T cells",
        "Infusions by the grade of the count at day 30 and 90 "
        "(CTCAE 5): hemoglobin, neutrophils, platelets; those not measured are counted apart.",
    )
    answer = here.ask("toxicity_cytopenias")
    rows = answer.rows
    if not len(rows):
        look.note("No blood count after an infusion is in the warehouse.")
        return
    at = [(term, day) for term in COUNTS for day in sorted(rows["time_point"].unique())]
    wide = rows.pivot_table(
        index=["term", "time_point"], columns="grade", values="infusions", fill_value=0
    ).reindex(at, fill_value=0)
    first = ["none", "grade 1 or 2", "grade 3 or 4"]
    order = [one for one in first if one in wide] + sorted(set(wide) - set(first))
    labels = [f"{COUNTS[term]} {day}" for term, day in at]
    parts = {one: wide[one].tolist() for one in order}
    look.figure(charts.stacked_columns(labels, parts, "Blood counts", here.policy))
    look.behind("cytopenias", look.hidden(rows, ["infusions"], here.policy), answer)


def _infections(here: Here, after: str) -> None:
    look.part(
        "Severe infections by month",
        "Pale: persons still followed when the month begins. Full: "
        "those of them with a severe infection in it. A month is 30 days.",
    )
    answer = here.ask("toxicity_infections", after=after)
    rows: pd.DataFrame = answer.rows
    if not len(rows):
        look.note(f"Nobody is followed after {AFTER[after]}.")
        return
    bars = [(str(one.month), int(one.followed), int(one.infected)) for one in rows.itertuples()]
    look.figure(charts.part_of_all(bars, "Months after the first of them", here.policy, 460, 150))
    look.behind("infections", look.hidden(rows, ["followed", "infected"], here.policy), answer)
