"""Diagnostics before results: each with the gate that the study sets, and whether it passes.

What they are: `myelomart.population.gates`. A result that does not pass one is marked where it is
shown.
"""

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.grouping import grouped
from myelomart.display.numbers import rounded
from myelomart.display.table import Table
from myelomart.errors import NoData
from myelomart.figures.overlap_plot import overlap_plot
from myelomart.population import gates
from myelomart.population.comparison import compare
from myelomart.population.control_ratios import free_rows
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

ARMS = "The two arms"
JOIN = "; "
SHORT = {gates.EVENTS: "{} events", gates.RATIO: "ratio {}"}


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add every diagnostic of the arms and of the endpoints, and the preference scores."""
    own = gates.gates_of(data)
    if not own:
        raise NoData("the study has no rows in seeds/studies/diagnostic_gates")
    comparison = compare(study, analysis, data)
    is_matched = analysis.population == "matched"
    persons = comparison.compared
    labels = (
        study.cohort(analysis.treated_cohort_id).label,
        study.cohort(analysis.comparator_cohort_id).label,
    )
    common = {"population": analysis.population, "arm": labels[0], "comparator": labels[1]}

    def add(values: dict[str, float], **of) -> None:
        for name, gate in own.items():
            if name in values:
                results.add(
                    analysis.output_id, name, estimate=values[name],
                    range_low=gate.at_least, range_high=gate.at_most,
                    status=gate.judge(values[name]), **common, **of,
                )  # fmt: skip

    add(gates.of_arms(study, analysis, data, comparison), row_group=ARMS)
    for endpoint in study.endpoints_of(analysis):
        add(
            gates.of_endpoint(free_rows(persons, data, endpoint)),
            row_group=endpoint.row_group, row_label=endpoint.label,
            endpoint=endpoint.endpoint_id, timepoint_months=endpoint.horizon_months,
        )  # fmt: skip
    if is_matched:
        results.add_figure(f"{analysis.output_id}_preference", _preference(comparison, labels))


def _preference(comparison, labels: tuple[str, str]):
    preference = gates.preference_of(comparison)
    rows = comparison.persons.loc[preference.index]
    sides = [np.asarray(rows["treated"] == side) for side in (True, False)]
    return overlap_plot(
        tuple(preference.to_numpy()[side] for side in sides),
        tuple((rows["pair"] >= 0).to_numpy()[side] for side in sides),
        labels, "Preference score", gates.BETWEEN,
    )  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """One row per diagnostic of the arms, then one per endpoint."""
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        named = "statistic" if group == ARMS else "row_label"
        for name, own in grouped(of_group, named).items():
            label = gates.LABELS[name] if group == ARMS else name
            values, limits = (JOIN.join(one) for one in zip(*map(_cells, own), strict=True))
            rows.append([label, values, limits, _verdict(own)])
    note = (
        "Endpoints: events in the arm with fewer, and the smallest hazard ratio above 1 that the "
        "events of both arms would show with a power of 80 % (Schoenfeld 1983). A result that "
        "does not pass is marked in the table of hazard ratios. Unknown, which cannot be computed, "
        "does not pass."
    )
    return Table(title, ["", "value", "gate", "verdict"], rows, note)


def _cells(one) -> tuple[str, str]:
    """What a diagnostic is, and its gate."""
    said = SHORT.get(one.statistic, "{}")
    gate = gates.Gate(one.statistic, *map(_limit, (one.range_low, one.range_high)), "")
    digits = 0 if one.statistic == gates.EVENTS else 2
    return said.format(rounded(one.estimate, digits)), gate.words


def _limit(value: float) -> float | None:
    return None if pd.isna(value) else value


def _verdict(own: list) -> str:
    """Passes where all do; else what fails or is unknown."""
    told = [SHORT[one.statistic].format("").strip() + f" {one.status}" if len(own) > 1 else
            one.status for one in own if one.status != gates.PASSES]  # fmt: skip
    return JOIN.join(told) or gates.PASSES


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: diagnostics against the gates of the study (share in equipoise, largest "
        "standardized difference, systematic error of negative controls, events of the smaller "
        f"arm, smallest hazard ratio that would be found){words.left_out}"
    )


ANALYSIS = AnalysisType("diagnostics", make, table, says)
