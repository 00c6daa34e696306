"""Cumulative incidence of an event that another event can forestall, whole or by group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import rate_of
from myelomart.display.curve_words import frame_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, p_value, rounded
from myelomart.display.survival_table import months_of
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH, keep_curve
from myelomart.figures.canvas import Canvas
from myelomart.figures.panels import joined
from myelomart.figures.survival_plot import incidence_panel, tested_words
from myelomart.population.members import arms_of, followed, members
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cumulative_incidence, gray_test


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add Aalen-Johansen curves per group, incidences at the months shown, and Gray's test."""
    persons = members(study, analysis, data)
    arms = arms_of(study, analysis, persons, results)
    for endpoint in study.endpoints_of(analysis):
        rows = followed(persons, data, endpoint)
        if not (rows["event"] == 1).any():
            raise NoData(
                f"«{endpoint.label}» happened to none of {len(rows)} persons followed: there is "
                "no incidence to draw"
            )
        sheet = incidence_of(study, analysis, endpoint, rows, arms, data, results)
        by = f"_by_{analysis.group_covariate_id}" if analysis.group_covariate_id else ""
        results.add_figure(
            f"{analysis.output_id}_incidence_{endpoint.endpoint_id}{by}",
            joined([sheet], endpoint.label),
        )


def incidence_of(
    study: Study, analysis: Analysis, endpoint: Endpoint, rows: pd.DataFrame,
    arms: dict[str, pd.DataFrame], data: StudyData, results: Results,
) -> Canvas:  # fmt: skip
    """Add curves, incidences and Gray's test of the ``arms`` of ``rows``; return them as a panel.

    A group in which nobody had the event has no incidence and no curve.
    """
    drawn, at_risk, censored = {}, {}, {}
    for label, arm in arms.items():
        own = rows[rows.index.isin(arm.index)]
        made = _incidence(analysis, endpoint, label, own, results)
        if made is not None:
            drawn[label] = made
            time = own["time_days"].to_numpy() / DAYS_PER_MONTH
            at_risk[label] = np.array([(time >= month).sum() for month in analysis.months])
            censored[label] = time[(own["event"] == 0).to_numpy()]
    told = tested_words("Gray's test", _gray(analysis, endpoint, rows, arms, results))
    silent = [label for label in arms if label not in drawn]
    note = f"No event: {', '.join(silent)}." if silent and drawn else ""
    frame = frame_of(study, analysis, endpoint, data, told, rises=True, note=note)
    return incidence_panel(drawn, at_risk, censored, frame, analysis.months)


def _incidence(analysis: Analysis, endpoint: Endpoint, label: str, own, results: Results):
    """Add the incidence of one group; None where nobody in it had the event."""
    common = {
        "population": analysis.population, "row_group": endpoint.row_group,
        "row_label": endpoint.label, "arm": label, "endpoint": endpoint.endpoint_id,
        "time_anchor": "index",
    }  # fmt: skip
    for statistic, code in (("events", 1), ("competing_events", 2)):
        count = int((own["event"] == code).sum())
        results.add(
            analysis.output_id, statistic, estimate=count, numerator=count,
            denominator=len(own), unit="persons", **common,
        )  # fmt: skip
    if not (own["event"] == 1).any():
        results.add(
            analysis.output_id, "cumulative_incidence", status="no_events",
            denominator=len(own), **common,
        )  # fmt: skip
        return None
    time = own["time_days"].to_numpy() / DAYS_PER_MONTH
    curve = cumulative_incidence(time, own["event"].to_numpy())[1]
    for at in curve.at(analysis.months).itertuples():
        results.add(
            analysis.output_id, "cumulative_incidence", estimate=at.cif, ci_low=at.ci_low,
            ci_high=at.ci_high, timepoint_months=at.time,
            denominator=int((time >= at.time).sum()), **common,
            status=None if np.isfinite(at.cif) else "not_reached",
        )  # fmt: skip
    gone = np.diff(np.append(curve.n_risk, 0.0)) * -1
    keep_curve(
        results, analysis.output_id, endpoint.endpoint_id, label, analysis.population,
        time=curve.time, n_risk=curve.n_risk, n_event=curve.n_event,
        n_censored=gone - curve.n_event, level=curve.incidence,
        limits=(curve.ci_low, curve.ci_high),
    )  # fmt: skip
    return curve


def _gray(analysis, endpoint, rows, arms, results) -> float | None:
    """Gray's test of the groups; None where there is one group or too few events."""
    group = pd.Series(None, index=rows.index, dtype=object)
    for label, arm in arms.items():
        group[rows.index.isin(arm.index)] = label
    if group.dropna().nunique() < 2:
        return None
    kept = rows[group.notna()]
    common = {
        "population": analysis.population, "row_group": endpoint.row_group,
        "row_label": endpoint.label, "endpoint": endpoint.endpoint_id, "time_anchor": "index",
        "p_test": "Gray",
        "denominator": len(kept),
    }  # fmt: skip
    try:
        test = gray_test(kept["time_days"], kept["event"], group.dropna())
    except (StatisticsError, np.linalg.LinAlgError):
        results.add(analysis.output_id, "gray_chi2", status="not_estimable", **common)
        return None
    results.add(analysis.output_id, "gray_chi2", estimate=test.chi2, p_value=test.p, **common)
    return test.p


def table(estimates: list, title: str) -> Table:
    """A row per endpoint and group: events, competing events, incidences at the months shown."""
    months = months_of(estimates, "cumulative_incidence")
    rows: list[list[str]] = []
    for endpoint, own in grouped(estimates, "row_label").items():
        test = first(own, "gray_chi2")
        said = f"Gray's test p {p_value(test.p_value)}" if test else ""
        rows.append([", ".join(word for word in (endpoint, said) if word)])
        for arm, of_arm in grouped(own, "arm").items():
            events, others = first(of_arm, "events"), first(of_arm, "competing_events")
            if events is None:
                continue
            cells = [arm, rounded(events.denominator, 0), rounded(events.estimate, 0),
                     rounded(others.estimate, 0)]  # fmt: skip
            at = {
                one.timepoint_months: one
                for one in of_arm
                if one.statistic == "cumulative_incidence"
            }
            cells += [rate_of(at[month]) if month in at else NOTHING for month in months]
            rows.append(cells)
    columns = ["", "n", "events", "competing events"]
    columns += [f"{month:g} months, % (95 % CI)" for month in months]
    return Table(title, columns, rows, "Aalen-Johansen: a competing event does not censor.")


def says(words: Words) -> str:
    """The method in words."""
    said = f"{words.of}: Aalen-Johansen estimate{words.left_out}"
    if words.competing:
        said += "; a competing event does not censor"
    return f"{said}; compared by {words.by}: Gray's test" if words.by else said


ANALYSIS = AnalysisType("cumulative_incidence", make, table, says, is_gallery=True)
