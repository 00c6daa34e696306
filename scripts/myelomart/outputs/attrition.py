"""The flow of persons from the source into each cohort; every step closes."""

from myelomart.figures.flow import flow_chart
from myelomart.outputs.comparison import StudyData
from myelomart.results import Results
from myelomart.study import Analysis, Study


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add the attrition of the cohort, or of both arms, as estimates and as a flow chart."""
    flows = []
    for cohort_id in filter(None, (analysis.treated_cohort_id, analysis.comparator_cohort_id)):
        cohort = study.cohort(cohort_id)
        steps = data.attrition[data.attrition["cohort_id"] == cohort_id].sort_values("step")
        for step in steps.itertuples():
            common = {
                "population": "source",
                "row_group": "Flow",
                "row_label": step.label if step.kind == "include" else f"Without: {step.label}",
                "arm": cohort.label,
                "unit": "persons",
                "denominator": step.persons_before,
                "endpoint": f"step {step.step}",
            }
            results.add(analysis.output_id, "persons_after", estimate=step.persons_after, **common)
            results.add(
                analysis.output_id,
                "persons_excluded",
                estimate=step.persons_excluded,
                n_missing=step.persons_unknown,
                **common,
            )
        flows.append((cohort.label, steps))
    results.draw(f"{analysis.output_id}_flow", flow_chart(flows))
