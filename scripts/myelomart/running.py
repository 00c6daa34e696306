"""Runs a study: reads its rows, makes each analysis, says what those lack that cannot be made."""

from __future__ import annotations

from myelomart.analyses import TYPES, attrition
from myelomart.errors import MyelomartError
from myelomart.population.comparison import Comparison, compare
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData, in_order

FLOW = attrition.ANALYSIS.name


def run_study(study: Study, data: StudyData) -> Results:
    """All outputs of ``study``; one that lacks its data says what is missing, the others go on.

    A study of which only the flow could be made has stopped, for the reason given first.
    """
    results = Results(study.study_id)
    results.warnings += [_with_labels(study, said) for said in data.warnings["warning"]]
    for analysis in study.analyses:
        results.analysis_id = analysis.analysis_id
        with data.noting() as read:
            try:
                TYPES[analysis.analysis_type].make(study, analysis, data, results)
                if analysis.is_adjusted:
                    _say_how_alike(compare(study, analysis, data), results)
            except MyelomartError as error:
                _leave_out(analysis, error, results)
        results.read[analysis.analysis_id] = in_order(read)
    results.analysis_id = None
    results.warnings = list(dict.fromkeys(results.warnings))
    made = [one for one in study.analyses if one.analysis_type != FLOW]
    if made and all(one.analysis_id in results.missing for one in made):
        results.stopped = results.missing[made[0].analysis_id]
    return results


def _with_labels(study: Study, said: str) -> str:
    """A warning that names groups of events by their labels, not by their ids."""
    before, asked, group = said.rpartition(" of the group ")
    return f"{before}{asked}«{study.group_label(group)}»" if asked else said


def _say_how_alike(comparison: Comparison, results: Results) -> None:
    """Keep who was matched with whom, and what the model of the covariates was made to fit."""
    results.warnings += comparison.notes
    if len(comparison.matched):
        results.add_pairs(comparison.matched)


def _leave_out(analysis: Analysis, error: MyelomartError, results: Results) -> None:
    """Drop what an analysis had made before it could not go on, and say what was missing."""
    said = str(error).rstrip(".") + "."
    said = said.removeprefix(f"{results.study_id}: ")
    results.missing[analysis.analysis_id] = said[0].upper() + said[1:]
    results.leave_out(analysis.analysis_id)
    results.add(analysis.output_id, "not_produced", row_label=analysis.title, status="no_data")
