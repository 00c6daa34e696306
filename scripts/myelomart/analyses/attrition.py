"""The flow of persons from the source into each cohort; every step closes."""

from __future__ import annotations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import cell
from myelomart.display.curve_words import index_label
from myelomart.display.grouping import grouped
from myelomart.display.numbers import NOTHING, count_of, rounded
from myelomart.display.printed import is_word
from myelomart.display.table import Table
from myelomart.errors import MyelomartError, NoData
from myelomart.estimates.proportions import add_percent
from myelomart.figures.flow import flow_chart
from myelomart.population.comparison import compare
from myelomart.population.members import members
from myelomart.results import Results
from myelomart.study import Analysis, Cohort, Study
from myelomart.study_data import StudyData

KNOWN = "persons_known"


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add the attrition of the cohort, or of both arms, as estimates and as a flow chart."""
    flows = []
    for cohort_id in filter(None, (analysis.treated_cohort_id, analysis.comparator_cohort_id)):
        cohort = study.cohort(cohort_id)
        steps = data.attrition[data.attrition["cohort_id"] == cohort_id].sort_values("step")
        for step in steps.itertuples():
            _step(analysis, cohort, step, results)
        known = _known(study, analysis, data) if analysis.row_groups else {}
        for block, (count, size) in known.items():
            add_percent(
                results, analysis.output_id, count, size, KNOWN, population="source",
                row_group="Of these", row_label=f"{block}: known", arm=cohort.label,
            )  # fmt: skip
        told = {block: count for block, (count, _) in known.items()}
        flows.append((cohort.label, _named(steps, cohort, data), told))
    results.add_figure(
        f"{analysis.output_id}_flow", flow_chart(flows, _pairs(study, analysis, data))
    )


def _named(steps: pd.DataFrame, cohort: Cohort, data: StudyData) -> pd.DataFrame:
    """The steps with the index event and its calendar period called by what they are."""
    ends = (("from", cohort.index_from), ("to", cohort.index_to))
    period = " ".join(f"{word} {day}" for word, day in ends if day)
    period = f"Index {period or 'on any day'}"
    names = {-1: index_label(cohort, data), 0: period}
    return steps.assign(label=steps["step"].map(names).fillna(steps["label"]))


def _pairs(study: Study, analysis: Analysis, data: StudyData) -> int | None:
    """How many pairs the first analysis that matches these arms has; None where none does."""
    arms = (analysis.treated_cohort_id, analysis.comparator_cohort_id)
    matched = next(
        (
            one for one in study.analyses if one.population == "matched"
            and (one.treated_cohort_id, one.comparator_cohort_id) == arms
        ), None,
    )  # fmt: skip
    if matched is None:
        return None
    try:
        return int(compare(study, matched, data).matched["pair"].nunique())
    except MyelomartError:
        return None  # the analyses that need pairs say why there are none


def _step(analysis: Analysis, cohort: Cohort, step, results: Results) -> None:
    common = {
        "population": "source", "row_group": "Flow", "arm": cohort.label, "unit": "persons",
        "row_label": step.label if step.kind == "include" else f"Without: {step.label}",
        "denominator": step.persons_before, "endpoint": f"step {step.step}",
    }  # fmt: skip
    results.add(analysis.output_id, "persons_after", estimate=step.persons_after, **common)
    results.add(
        analysis.output_id, "persons_excluded", estimate=step.persons_excluded,
        n_missing=step.persons_unknown, **common,
    )  # fmt: skip


def _known(study: Study, analysis: Analysis, data: StudyData) -> dict[str, tuple[int, int]]:
    """Block of covariates to the members of whom any of it is known, and all members."""
    try:
        persons = members(study, analysis, data)
    except NoData:
        return {}
    blocks: dict[str, list[str]] = {}
    for one in study.covariates_of(analysis):
        blocks.setdefault(one.row_group, []).append(one.covariate_id)
    return {
        block: (int(pd.notna(persons[names]).any(axis=1).sum()), len(persons))
        for block, names in blocks.items()
    }


def table(estimates: list, title: str) -> Table:
    """A row per step of each cohort's flow: before, left, of these unknown, after."""
    rows: list[list[str]] = []
    for arm, of_arm in grouped(estimates, "arm").items():
        rows.append([arm])
        after = [one for one in of_arm if one.statistic == "persons_after"]
        left = [one for one in of_arm if one.statistic == "persons_excluded"]
        for one, gone in zip(after, left, strict=True):
            cells = [one.denominator, gone.estimate, gone.n_missing, one.estimate]
            rows.append([one.row_label, *(rounded(value, 0) for value in cells)])
        for one in of_arm:
            if one.statistic == "persons_known":
                rows.append([f"of these, {one.row_label}", NOTHING, NOTHING, NOTHING, cell([one])])
    columns = ["", "came to this step", "left here", "of these: not recorded", "stayed"]
    return Table(title, columns, rows)


def flow_value(one, rows: list) -> str:
    """A step of the flow; without one, who stayed to the end."""
    step = str(one.level) if is_word(one.level) else None
    after = [row for row in rows if row.statistic == "persons_after"]
    if not after:
        return NOTHING
    if step is None:
        return rounded(after[-1].estimate, 0)
    came = next((row for row in after if row.endpoint == "step 0"), after[0])
    name = "persons_excluded" if one.statistic == "count" and step != "0" else "persons_after"
    mine = next((r for r in rows if r.statistic == name and r.endpoint == f"step {step}"), None)
    if mine is None:
        return NOTHING
    if one.statistic == "percent":
        return count_of(mine.estimate, came.estimate)
    return rounded(mine.estimate, 0)


def says(words: Words) -> str:
    """The method in words."""
    said = f"{words.of}: persons who reach and who leave each step, and why"
    if words.row.row_groups:
        blocks = " and ".join(f"«{block}»" for block in words.row.row_groups.split(";"))
        said += f"; of those who stay, for how many {blocks} is known"
    return said


ANALYSIS = AnalysisType("attrition", make, table, says, ours=flow_value)
