"""Lines and sequences: what follows what, when, and how long until the next."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from myelomart.disclosure.policies import Policy
from myelomart.disclosure.suppression import suppress
from myelomart.display.survival_table import survival_table
from myelomart.estimates.curves import add_logrank, add_survival
from myelomart.explore import charts, look, state
from myelomart.explore.one_analysis import analysis_of
from myelomart.explore.state import Here
from myelomart.figures.sankey import sankey
from myelomart.figures.survival_plot import Frame, survival_panel, tested_words
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint

TITLE, PATH, ICON = "Lines and sequences", "lines", ":material/account_tree:"
MOST = 6  # parts that a picture names; all others are one
OTHERS = "all others"
MONTHS = [0, 6, 12, 18, 24, 30, 36]
NEXT = Endpoint("next_treatment", "Next line of therapy or death", "Lines", 1, None, False, None)


def show(here: Here) -> None:
    """The page."""
    look.head(
        TITLE,
        "From one line of therapy to the next, regimens by year, and the time until the next "
        "line or death; by the rule set in force, and by another beside it.",
    )
    names = here.ask("rule_set_names").rows["rule_set"].tolist()
    one, other, number, by = st.columns([4, 4, 2, 3])
    rule_set = state.choose(one, "Rule set", names, "rules", here.opened.rule_set)
    beside = state.choose(
        other,
        "Beside it",
        [None, *(name for name in names if name != rule_set)],
        "beside",
        format_func=lambda name: "nothing" if name is None else name,
    )
    line = state.number(number, "Line", 1, 10, 1, "line")
    part = state.segments(by, "Told apart by", ["group", "regimen"], "by")
    shown = [rule_set, beside] if beside else [rule_set]
    for column, name in zip(st.columns(len(shown), gap="large"), shown, strict=True):
        with column:
            _of(here, name, line, part, len(shown) == 1)
    _compared(here)


def _of(here: Here, rule_set: str, line: int, by: str, is_alone: bool) -> None:
    """Everything of one rule set, in a column; the two halves lie side by side where it is "
    "alone."""
    left, right = (
        st.columns([13, 11], gap="large") if is_alone else (st.container(), st.container())
    )
    with left:
        _to_next(here, rule_set, line, by)
    with right:
        _by_year(here, rule_set, line)
    _until_next(here, rule_set, line)


def _to_next(here: Here, rule_set: str, line: int, by: str) -> None:
    look.part(
        f"Line {line} and what followed, «{rule_set}»",
        "A band is as wide as the persons in it. "
        "No further line: none was begun until the last contact.",
    )
    answer = here.ask("lines_to_next", rule_set=rule_set, line=line, by=by)
    rows = answer.rows
    if not len(rows):
        look.note(f"Nobody began line {line} by this rule set.")
        return
    keep = rows.groupby("before")["persons"].sum().nlargest(MOST).index
    after = rows.groupby("after")["persons"].sum().nlargest(MOST).index
    merged = rows.assign(
        before=rows["before"].where(rows["before"].isin(keep), OTHERS),
        after=rows["after"].where(rows["after"].isin(after), OTHERS),
    )
    wide = merged.pivot_table(
        index="before", columns="after", values="persons", aggfunc="sum", fill_value=0
    ).astype(int)
    if here.policy:
        wide = wide.map(lambda n: 0 if here.policy.is_small(n) else int(here.policy.round(n)))
        wide = wide.loc[wide.sum(axis=1) > 0, wide.sum(axis=0) > 0]
    if not wide.size:
        look.note("Every band is too narrow for what may be shown.")
        return
    look.figure(sankey(wide, f"line {line}", f"line {line + 1}", f"From line {line} to the next"))
    if here.policy:
        st.html('<p class="mm-quiet">Bands of few persons are not drawn, others are rounded.</p>')
    look.behind(f"to_next_{rule_set}", look.hidden(rows, ["persons"], here.policy), answer)


def _by_year(here: Here, rule_set: str, line: int) -> None:
    look.part(
        f"Regimens of line {line} by year", "Persons who began the line, by the regimen's name."
    )
    answer = here.ask("lines_by_year", rule_set=rule_set, line=line)
    rows = answer.rows
    if not len(rows):
        look.note(f"Nobody began line {line} by this rule set.")
        return
    keep = rows.groupby("regimen")["persons"].sum().nlargest(MOST - 1).index.tolist()
    merged = rows.assign(regimen=rows["regimen"].where(rows["regimen"].isin(keep), OTHERS))
    wide = merged.pivot_table(
        index="year", columns="regimen", values="persons", aggfunc="sum", fill_value=0
    )
    years = list(range(int(wide.index.min()), int(wide.index.max()) + 1))
    wide = wide.reindex(years, fill_value=0)
    parts = {one: wide[one].tolist() for one in [*keep, OTHERS] if one in wide}
    labels = [f"’{year % 100:02d}" for year in years]
    look.figure(charts.stacked_columns(labels, parts, "Regimens by year", here.policy))
    look.behind(f"by_year_{rule_set}", look.hidden(rows, ["persons"], here.policy), answer)


def _until_next(here: Here, rule_set: str, line: int) -> None:
    look.part(
        "Time to the next treatment",
        f"From the start of line {line} to the start of the next "
        "line or death, whichever is first; whoever had neither is censored at the last contact. "
        "The commonest regimens.",
    )
    answer = here.ask("lines_until_next", rule_set=rule_set, line=line)
    rows = answer.rows
    keep = rows["regimen"].value_counts().head(MOST - 2).index.tolist()
    parts = {name: rows[rows["regimen"] == name] for name in keep}
    if not parts:
        look.note(f"Nobody began line {line} by this rule set.")
        return
    analysis = analysis_of("survival", "lines", months_shown=";".join(map(str, MONTHS)))
    results = here.once(
        ("until next", rule_set, line, here.policy and here.policy.name),
        lambda: _followed(analysis, rows, parts, line, here.policy),
    )
    for svg in results.figures.values():
        look.figure(svg)
    look.table(survival_table(results.own_rows(analysis.analysis_id), ""))
    told: pd.DataFrame = results.estimate_frame().dropna(axis=1, how="all")
    look.behind(f"until_next_{rule_set}", told, answer)


def _followed(
    analysis: Analysis, rows: pd.DataFrame, parts: dict, line: int, policy: Policy | None
) -> Results:
    """Curves of the regimens and the test between them, as ``policy`` lets them be shown."""
    results = Results("explored", analysis_id=analysis.analysis_id)
    curves = {name: add_survival(analysis, NEXT, name, own, results) for name, own in parts.items()}
    p = add_logrank(analysis, NEXT, rows, parts, results)
    told = (tested_words("Log-rank", p),)
    words = Frame(NEXT.label, "Free of the event", f"Months from the start of line {line}", told)
    results.add_panel("next", survival_panel(curves, words, analysis.months), NEXT.label)
    if policy:
        suppress([results], policy, {analysis.output_id: analysis.months})
    return results


def _compared(here: Here) -> None:
    look.part(
        "Rule sets beside the one in force",
        "Persons whose lines a rule set counts differently: the same records, other rules.",
    )
    answer = here.ask("rule_sets")
    if not len(answer.rows):
        look.note("One rule set alone was built: `myelomart build --rule-set` builds more.")
        return
    told = look.hidden(answer.rows, ["persons", "other_count", "other_infusion_line"], here.policy)
    look.rows(
        told,
        {
            "rule_set": "rule set",
            "persons": "persons",
            "other_count": "another number of lines",
            "other_infusion_line": "CAR-T in another line",
            "lines_per_person": "lines per person",
        },
        {"lines_per_person": 2},
    )
    look.behind("rule_sets", told, answer)
