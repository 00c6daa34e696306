"""The flow of persons from the source into each cohort; every step closes."""

from __future__ import annotations

import pandas as pd

from myelomart.errors import NoData
from myelomart.figures.flow import flow_chart
from myelomart.outputs.comparison import StudyData
from myelomart.outputs.members import members
from myelomart.outputs.proportions import add_percent
from myelomart.results import Results
from myelomart.study import Analysis, Cohort, Study

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
        flows.append((cohort.label, steps, {block: count for block, (count, _) in known.items()}))
    results.draw(f"{analysis.output_id}_flow", flow_chart(flows))


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
