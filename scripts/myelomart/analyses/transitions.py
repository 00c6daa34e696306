"""From one state to the next: bands, the table behind them, and two tests that ask two questions.

Association (does the first state tell the second?) is Fisher's; change (do more gain than lose it?)
is McNemar's exact test of the pairs. A paper may print one and speak of the other.
"""

from __future__ import annotations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import cell
from myelomart.display.grouping import distinct, grouped
from myelomart.display.numbers import NOTHING, rounded, tested
from myelomart.display.table import Table
from myelomart.errors import NoData
from myelomart.estimates.proportions import add_percent
from myelomart.figures.sankey import sankey
from myelomart.population.comparison import UNKNOWN
from myelomart.population.members import EVERYONE, labels_of, members
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Study
from myelomart.study_data import StudyData
from myelomart.tables import compare_categories
from myelomart.tables.contingency import fisher_exact, mcnemar_exact


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add counts and row percents of every pair of states, the tests, and the bands."""
    persons = members(study, analysis, data)
    first = study.covariate(analysis.group_covariate_id)
    second = study.covariate(analysis.outcome_covariate_id)
    states = []
    for one in (first, second):
        own = labels_of(one, persons)
        if own.isna().all():
            raise NoData(f"«{one.label}» is not known of any of {len(persons)} persons")
        states.append(own.astype(object).where(own.notna(), UNKNOWN))
    table = pd.crosstab(*states)
    order = _order(table)
    table = table.reindex(index=[s for s in order if s in table.index],
                          columns=[s for s in order if s in table.columns])  # fmt: skip
    common = {"population": "all", "endpoint": second.covariate_id, "time_anchor": "index"}
    starting = common | {"endpoint": first.covariate_id}
    for start in table.index:
        size = int(table.loc[start].sum())
        results.add(
            analysis.output_id, "count", estimate=size, numerator=size, denominator=len(persons),
            row_group=first.label, row_label=f"{first.label}: {start}", arm=EVERYONE,
            unit="persons", **starting,
        )  # fmt: skip
        for end in table.columns:
            add_percent(
                results, analysis.output_id, int(table.loc[start, end]), size,
                row_group=f"{first.label}: {start}", row_label=f"{second.label}: {end}",
                arm=start, **common,
            )  # fmt: skip
    pairs = _pairs(study, analysis)
    if (first, second) not in pairs:
        _association(analysis, first, second, table, common, results)
    for before, after in pairs:
        _paired(analysis, before, after, persons, common, results)
    results.add_figure(
        f"{analysis.output_id}_transitions",
        sankey(table, first.label, second.label, f"{analysis.title}: from {first.label} to "
               f"{second.label}, {len(persons)} persons"),
    )  # fmt: skip


def _order(table: pd.DataFrame) -> list[str]:
    """States by how many are in them at both times, the unknown last."""
    sizes = table.sum(axis=1).add(table.sum(axis=0), fill_value=0)
    return sorted(sizes.index, key=lambda state: (state == UNKNOWN, -sizes[state], state))


def _association(analysis, first, second, table, common, results) -> None:
    known = table.drop(index=UNKNOWN, columns=UNKNOWN, errors="ignore")
    stacked = known.stack()
    rows = [state for (state, _), count in stacked.items() for _ in range(int(count))]
    columns = [state for (_, state), count in stacked.items() for _ in range(int(count))]
    outcome = compare_categories(rows, columns)
    results.add(
        analysis.output_id, "association", p_value=outcome.p, p_test=outcome.test,
        row_group="Tests", row_label=f"{first.label} and {second.label}: association",
        denominator=len(rows), status=None if outcome.p == outcome.p else "not_estimable",
        **common,
    )  # fmt: skip


def _pairs(study: Study, analysis: Analysis) -> list[tuple[Covariate, Covariate]]:
    """Yes-or-no covariates before and after: the states themselves, or those of each row group."""
    ends = tuple(
        study.covariate(name)
        for name in (analysis.group_covariate_id, analysis.outcome_covariate_id)
    )
    if all(one.value_kind == "binary" for one in ends):
        return [ends]
    if not analysis.row_groups:
        return []
    found = []
    for group in analysis.row_groups.split(";"):
        own = [
            one for one in study.covariates
            if one.row_group == group and one.value_kind == "binary"
        ]  # fmt: skip
        if len(own) == 2:
            found.append((own[0], own[1]))
    return found


def _paired(analysis, before: Covariate, after: Covariate, persons, common, results) -> None:
    """Association and change of one part, over those known at both times."""
    known = persons[[before.covariate_id, after.covariate_id]].dropna().astype(float)
    table = pd.crosstab(known[before.covariate_id], known[after.covariate_id])
    table = table.reindex(index=[1.0, 0.0], columns=[1.0, 0.0], fill_value=0)
    gained, lost = int(table.loc[0.0, 1.0]), int(table.loc[1.0, 0.0])
    shared = common | {"row_group": "Tests", "denominator": len(known),
                       "n_missing": len(persons) - len(known)}  # fmt: skip
    p = fisher_exact(table.to_numpy())
    name = f"{before.label} → {after.label}"
    results.add(
        analysis.output_id, "association", p_value=p, p_test="fisher",
        row_label=f"{name}: association", status=None if p == p else "not_estimable", **shared,
    )  # fmt: skip
    p = mcnemar_exact(gained, lost)
    results.add(
        analysis.output_id, "change", estimate=gained - lost, numerator=gained + lost, p_value=p,
        p_test="McNemar, exact", unit="persons",
        row_label=f"{name}: change ({gained} gained it, {lost} lost it)",
        status=None if p == p else "not_estimable", **shared,
    )  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """States before in rows, after in columns, counts with row percents; the tests below."""
    pairs = [one for one in estimates if one.statistic == "percent"]
    ends = distinct(pairs, "row_label")
    rows: list[list[str]] = []
    for start, own in grouped(pairs, "arm").items():
        at = {one.row_label: one for one in own}
        cells = [cell([at[end]]) if end in at else NOTHING for end in ends]
        rows.append([f"{start} (n = {rounded(own[0].denominator, 0)})", *cells])
    tests = [one for one in estimates if one.row_group == "Tests"]
    if tests:
        rows.append(["Tests"])
    for one in tests:
        p = tested(one.p_value, one.p_test)
        said = "not estimable" if pd.isna(one.p_value) else f"p {p if p[0] in '<>' else f'= {p}'}"
        cells = [one.row_label, said, f"{rounded(one.denominator, 0)} known at both times"]
        rows.append(cells + [""] * (len(ends) + 1 - len(cells)))
    columns = ["from", *(f"to {end.split(': ', 1)[-1]}" for end in ends)]
    columns += [""] * (3 - len(columns))
    note = (
        "Count / persons in the state before (row %) [95 % CI, Wilson]. Fisher: are the two "
        "states associated? McNemar: do more persons gain it than "
        "lose it?"
    )
    return Table(title, columns, rows, note)


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: from {words.by} to {words.to}; Fisher's test of association (chi-square "
        "where there are more than two states) and McNemar's exact test of change"
    )


ANALYSIS = AnalysisType("transitions", make, table, says)
