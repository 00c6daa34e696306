"""Survival by a treatment or response that comes after index, without immortal time.

Who is treated must have lived to be treated: the printed way, ever against never, invents a
benefit. It is shown only beside a landmark and a time-varying analysis.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import events_of, value_of
from myelomart.display.curve_words import frame_of
from myelomart.display.grouping import grouped
from myelomart.display.numbers import p_value, ratio
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import add_logrank, add_survival
from myelomart.estimates.proportions import add_percent
from myelomart.figures.forest_plot import ratio_forest
from myelomart.figures.survival_plot import survival_panel, tested_words
from myelomart.population.members import followed, members, warn_of_no_event
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression, landmark_rows, start_stop_rows

NAIVE = "ever against never (immortal-time biased)"
FEWEST_DRAWN = 5  # persons of a group: the curve of fewer is their own times
TIME_VARYING = "time-varying exposure"


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add, per endpoint, the naive comparison, the landmark and the time-varying hazard ratio."""
    exposure = study.endpoint(analysis.group_endpoint_id)
    persons = members(study, analysis, data)
    starts = followed(persons, data, exposure)
    exposed = starts[starts["event"] == 1]
    if not len(exposed):
        raise NoData(
            f"«{exposure.label}» happened to none of {len(starts)} persons of the cohort, so that "
            "nobody is in that group"
        )
    for endpoint in study.endpoints_of(analysis):
        if endpoint.endpoint_id == exposure.endpoint_id:
            continue
        rows = followed(persons, data, endpoint)
        warn_of_no_event(rows, endpoint, analysis.output_id, results)
        start = exposed["time_days"].reindex(rows.index).to_numpy(float)
        _endpoint(study, analysis, endpoint, exposure, rows, start, data, results)


def _endpoint(
    study, analysis, endpoint: Endpoint, exposure: Endpoint, rows, start, data, results
) -> None:
    landmark = analysis.landmark_day or 0
    labels = (f"{exposure.label}: yes", f"{exposure.label}: no")
    ever = start < rows["time_days"].to_numpy()
    naive = rows.assign(exposed=ever)
    time, event = rows["time_days"].to_numpy(float), (rows["event"] == 1).to_numpy()
    shown = []
    add_percent(
        results, analysis.output_id, int(ever.sum()), len(ever), population=NAIVE,
        row_group=endpoint.row_group, row_label=endpoint.label, arm=labels[0],
        endpoint=endpoint.endpoint_id, time_anchor="index",
    )  # fmt: skip

    def curves(own: pd.DataFrame, way: str, anchor: str, after_days: int) -> None:
        """Kaplan-Meier of both groups as this way of grouping has them, as a panel."""
        drawn, told = _curves(analysis, endpoint, own, labels, way, anchor, results)
        if any(curve.n < FEWEST_DRAWN for curve in drawn.values()):
            results.warnings.append(
                f"{analysis.output_id}, {endpoint.label}, {way}: a group has fewer than "
                f"{FEWEST_DRAWN} persons, so that no curve is drawn."
            )
            return
        frame = frame_of(
            study, analysis, endpoint, data, told, title=f"{endpoint.label}: {way}",
            after_days=after_days,
        )  # fmt: skip
        results.add_panel(
            f"{analysis.output_id}_{analysis.analysis_id}",
            survival_panel(drawn, frame, analysis.months), analysis.title,
        )  # fmt: skip

    curves(naive, NAIVE, "index", 0)
    fits = {NAIVE: (time, event, ever, None)}
    at_landmark = f"landmark at day {landmark}"
    try:
        kept = landmark_rows(time, event, start, landmark)
        own = rows.iloc[kept["person"]].assign(
            time_days=kept["time"].to_numpy(), exposed=kept["exposed"].to_numpy() == 1
        )
        curves(own, at_landmark, f"index + {landmark} days", landmark)
        fits[at_landmark] = (
            kept["time"].to_numpy(), kept["event"].to_numpy(), kept["exposed"].to_numpy(), None
        )  # fmt: skip
    except StatisticsError as refusal:
        results.warnings.append(f"{analysis.output_id}, {endpoint.label}: {refusal}.")
    split = start_stop_rows(time, event, start)
    fits[TIME_VARYING] = tuple(
        split[name].to_numpy() for name in ("stop", "event", "exposed", "start")
    )
    for way, (stop, happened, treated, entry) in fits.items():
        shown.append(
            _ratio(analysis, endpoint, labels, way, stop, happened, treated, entry, results)
        )
    beside = ["exposed, events / n", "not exposed, events / n"]
    results.add_figure(
        f"{analysis.output_id}_{endpoint.endpoint_id}_three_ways",
        ratio_forest(
            pd.DataFrame(shown), beside, f"hazard ratio of {exposure.label}",
            f"{endpoint.label}: hazard ratio of {exposure.label} in three ways", "HR (95 % CI)",
            "Wald",
        ),
    )  # fmt: skip


def _curves(analysis, endpoint, rows, labels, way, anchor, results) -> tuple[dict, str]:
    """Curves of both groups as this way of grouping has them, and their test in words."""
    arms = {labels[0]: rows[rows["exposed"]], labels[1]: rows[~rows["exposed"]]}
    arms = {label: own for label, own in arms.items() if len(own)}
    drawn = {
        label: add_survival(analysis, endpoint, label, own, results, way, anchor)
        for label, own in arms.items()
    }
    p = add_logrank(analysis, endpoint, rows, arms, results, way, anchor)
    return drawn, tested_words("Log-rank", p)


def _ratio(analysis, endpoint, labels, way, stop, happened, treated, entry, results) -> dict:
    """One hazard ratio; not estimable where a group is empty or the likelihood has no maximum."""
    treated, happened = np.asarray(treated).astype(bool), np.asarray(happened).astype(bool)
    common = {
        "population": way, "row_group": endpoint.row_group, "row_label": endpoint.label,
        "endpoint": endpoint.endpoint_id, "arm": labels[0], "comparator": labels[1],
        "time_anchor": "index",
    }  # fmt: skip
    persons = len(stop) if entry is None else int((entry == 0).sum())  # each one's first period
    line = {"label": way, "group": endpoint.label, "status": None}
    for side, own in ((1, treated), (2, ~treated)):
        line[f"beside_{side}"] = f"{int(happened[own].sum())} / {int(own.sum())}"
    try:
        model = pd.DataFrame({"exposed": treated.astype(float)})
        first = cox_regression(stop, happened, model, entry=entry).table().iloc[0]
    except StatisticsError as refusal:
        results.add(analysis.output_id, "hazard_ratio", status="not_estimable", **common)
        results.warnings.append(f"{analysis.output_id}, {endpoint.label}, {way}: {refusal}.")
        return line | dict.fromkeys(("hr", "ci_low", "ci_high", "p"), np.nan)
    status = "immortal_time" if way == NAIVE else None
    results.add(
        analysis.output_id, "hazard_ratio", estimate=first["hr"], ci_low=first["ci_low"],
        ci_high=first["ci_high"], p_value=first["p"], p_test="Wald", unit="ratio",
        numerator=int(happened.sum()), denominator=persons, status=status, **common,
    )  # fmt: skip
    return line | {name: first[name] for name in ("hr", "ci_low", "ci_high", "p")} | {
        "status": status
    }  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """The hazard ratio in three ways, then the curves behind them."""
    rows: list[list[str]] = []
    ratios = [one for one in estimates if one.statistic == "hazard_ratio"]
    for label, own in grouped(ratios, "row_label").items():
        rows.append([f"{label}: hazard ratio of exposed against not"])
        for one in own:
            mark = " †" if one.status == "immortal_time" else ""
            cells = [events_of(one), ratio(one.estimate, one.ci_low, one.ci_high)]
            rows.append([one.population + mark, *cells, p_value(one.p_value)])
    medians = [one for one in estimates if one.statistic == "median_months"]
    for (label, way), own in grouped(medians, "row_label", "population").items():
        test = next(
            (e for e in estimates if e.statistic == "logrank_chi2" and e.population == way
             and e.row_label == label), None,
        )  # fmt: skip
        rows.append([f"{label}: median months, {way}"])
        for one in own:
            rows.append([one.arm, events_of(one), value_of(one), ""])
        if test is not None:
            rows.append(["log-rank test", "", "", p_value(test.p_value)])
    note = (
        "† the exposed had to survive until exposure, so this comparison creates an "
        "apparent benefit; it is shown only because such results are printed this way. "
        "The time-varying analysis counts the time before and after exposure separately."
    )
    return Table(title, ["", "events / n", "estimate (95 % CI)", "p"], rows, note)


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: those with and without {words.after} after index, compared in three ways: "
        f"ever against never, as printed (biased); from a landmark at day "
        f"{words.row.landmark_day}; and with a time-varying exposure{words.left_out}"
    )


ANALYSIS = AnalysisType("ever_treated", make, table, says, is_gallery=True)
