"""Kaplan-Meier curves of the arms for every endpoint, with the numbers at risk."""

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.survival_table import survival_table
from myelomart.errors import StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH, add_curve
from myelomart.figures.survival_plot import survival_plot
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData
from myelomart.survival import kaplan_meier, logrank_test


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add curves, medians and survival at the months shown, per endpoint and arm."""
    comparison = compare(study, analysis, data)
    persons = comparison.matched if analysis.population == "matched" else comparison.persons
    months = analysis.months
    arms = [
        (True, study.cohort(analysis.treated_cohort_id).label),
        (False, study.cohort(analysis.comparator_cohort_id).label),
    ]
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data.endpoints, endpoint)
        kept = rows[~rows["had_prior_event"].astype(bool)]
        drawn = {}
        for treated, label in arms:
            arm = kept[kept["treated"] == treated]
            if not len(arm):
                results.warnings.append(f"{endpoint.label}: nobody is left in {label}.")
                continue
            curve = kaplan_meier(arm["time_days"] / DAYS_PER_MONTH, arm["event"] == 1)
            drawn[label] = curve
            add_curve(
                analysis, endpoint, label, curve, months, results, population=analysis.population
            )
        try:
            p = logrank_test(kept["time_days"], kept["event"] == 1, kept["treated"]).p
        except StatisticsError:
            p = None
        name = f"{analysis.output_id}_{endpoint.endpoint_id}"
        results.add_figure(name, survival_plot(drawn, endpoint.label, months, p))


def says(words: Words) -> str:
    """The method in words."""
    return f"{words.of}: Kaplan-Meier curves with log-log intervals, log-rank test{words.left_out}"


ANALYSIS = AnalysisType("kaplan_meier", make, survival_table, says, is_gallery=True, is_folded=True)
