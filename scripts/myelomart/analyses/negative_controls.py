"""Outcomes that neither treatment can cause, and every hazard ratio calibrated by them.

A negative control is an endpoint whose row says why no treatment of the study can cause it. Its
true ratio is 1, so the ratios of all of them show the error that matching left, of confounding and
of recording alike; the outcomes of interest are judged against that error, not chance alone.
Schuemie MJ et al. PNAS 2018;115:2571; the expected absolute error is a diagnostic of CohortMethod.
"""

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import ratio_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, count_of, p_value, ratio, rounded, tests_made
from myelomart.display.table import Table
from myelomart.errors import NoData
from myelomart.figures.calibration_plot import calibration_plot
from myelomart.population.comparison import compare
from myelomart.population.control_ratios import (
    Z_95,
    controls_of,
    free_rows,
    log_and_error,
    wald_ratio,
)
from myelomart.results import Results
from myelomart.sensitivity import error_posterior
from myelomart.sensitivity.negative_controls import FEWEST_CONTROLS
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData

PLAIN, CALIBRATED = "hazard_ratio_before_calibration", "hazard_ratio_calibrated"


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add the ratio of every control and outcome, the error of the controls, what it changes."""
    controls = controls_of(study)
    if not controls:
        raise NoData("no endpoint of the study says why it is a negative control")
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    arms = study.arms_of(analysis)
    outcomes = [one for one in study.endpoints_of(analysis) if not one.negative_control_reason]
    found = pd.DataFrame(
        [
            {"endpoint": endpoint, "is_control": endpoint in controls}
            | _ratio(analysis, endpoint, free_rows(persons, data, endpoint), arms, results)
            for endpoint in (*controls, *outcomes)
        ]
    )
    known = found[found["se"].notna()]
    judged = known[known["is_control"]]
    if len(judged) < FEWEST_CONTROLS:
        results.warnings.append(
            f"{analysis.output_id}: nothing is calibrated, for {len(judged)} of {len(controls)} "
            f"negative controls have events in both arms, and {FEWEST_CONTROLS} are needed."
        )
        return
    error = error_posterior(judged["log_estimate"], judged["se"])
    common = {"population": analysis.population, "row_group": "Systematic error", **arms}
    low, high = error.mean_limits
    results.add(
        analysis.output_id, "systematic_error_mean", estimate=error.mean, ci_low=low, ci_high=high,
        unit="log ratio", **common,
    )  # fmt: skip
    for statistic, value in (
        ("systematic_error_sd", error.deviation),
        ("expected_absolute_systematic_error", error.expected_absolute),
    ):
        results.add(analysis.output_id, statistic, estimate=value, unit="log ratio", **common)
    covers = int((judged["log_estimate"].abs() <= Z_95 * judged["se"]).sum())
    results.add(
        analysis.output_id, "percent_of_controls_covering_one", unit="%", numerator=covers,
        denominator=len(judged), estimate=100 * covers / len(judged), **common,
    )  # fmt: skip
    for row in known[~known["is_control"]].itertuples(index=False):
        centre, low, high = error.calibrated(row.log_estimate, row.se)
        results.add(
            analysis.output_id, CALIBRATED, estimate=centre, ci_low=low,
            ci_high=high, unit="ratio", p_value=error.p_value(row.log_estimate, row.se),
            p_test="calibrated", **row.common,
        )  # fmt: skip
    results.add_figure(
        f"{analysis.output_id}_negative_controls",
        calibration_plot(
            known.assign(label=[one.label for one in known["endpoint"]]), error,
            (arms["arm"], arms["comparator"]),
        ),
    )  # fmt: skip


def _ratio(
    analysis: Analysis, endpoint: Endpoint, rows: pd.DataFrame, arms: dict, results: Results
) -> dict:
    """Add one ratio; its logarithm and standard error, NaN where an arm has no event."""
    common = {
        "population": analysis.population, "row_group": endpoint.row_group,
        "row_label": endpoint.label, "endpoint": endpoint.endpoint_id,
        "timepoint_months": endpoint.horizon_months, "time_anchor": "index",
        "numerator": int((rows["event"] == 1).sum()), "denominator": len(rows), **arms,
    }  # fmt: skip
    found = wald_ratio(rows)
    values = found.values() if found else {"status": "not_estimable"}
    results.add(analysis.output_id, PLAIN, unit="ratio", **common, **values)
    log, se = log_and_error(found)
    return {"log_estimate": log, "se": se, "common": common}


def table(estimates: list, title: str) -> Table:
    """One row per control, then one per outcome; the error of the controls beneath."""
    columns = ["", "events / n", "HR (95 % CI)", "p", "calibrated HR (95 % CI)", "calibrated p"]
    rows: list[list[str]] = []
    shown = [one for one in estimates if one.statistic.startswith("hazard_ratio")]
    for group, of_group in grouped(shown, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            plain, corrected = first(own, PLAIN), first(own, CALIBRATED)
            rows.append(
                [
                    label,
                    count_of(plain.numerator, plain.denominator),
                    ratio_of(plain),
                    p_value(plain.p_value),
                    ratio_of(corrected) if corrected else NOTHING,
                    p_value(corrected.p_value) if corrected else NOTHING,
                ]
            )
    return Table(title, columns, rows, " ".join([*_error_in_words(estimates), _note(estimates)]))


def _error_in_words(estimates: list) -> list[str]:
    """The error of the controls in a sentence or two; none where it is not shown."""
    mean, sd = (first(estimates, f"systematic_error_{name}") for name in ("mean", "sd"))
    absolute = first(estimates, "expected_absolute_systematic_error")
    covers = first(estimates, "percent_of_controls_covering_one")
    if not covers or pd.isna(covers.estimate):
        return []
    of_mean = ratio(*(np.exp(value) for value in (mean.estimate, mean.ci_low, mean.ci_high)))
    return [
        f"Of {rounded(covers.denominator, 0)} negative controls with events in both arms, "
        f"{rounded(covers.numerator, 0)} have an interval with 1 (95 % would, without systematic "
        f"error). Their common error is a ratio of {of_mean}, its deviation "
        f"{rounded(sd.estimate, 2)} on the log scale; the expected absolute error of an outcome "
        f"is {rounded(absolute.estimate, 2)}."
    ]


def _note(estimates: list) -> str:
    return (
        "Calibrated: without the error of the controls, and with all that is not known of it; the "
        "error is assumed not to grow with the effect. " + tests_made(estimates)
    )


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: hazard ratios of the negative controls, the posterior of the mean and the "
        "deviation of their systematic error, and the ratio of each outcome calibrated by "
        f"it{words.left_out}"
    )


ANALYSIS = AnalysisType("negative_controls", make, table, says)
