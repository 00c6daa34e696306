"""Does a curve level off? Cured shares and a flexible fit beside the Kaplan-Meier tail.

Per endpoint and group: the mixture cure model with each kind of latency, a spline, the test of
sufficient follow-up, and the sentence on what the follow-up allows. Where it allows nothing, a
cured share is marked as not to be interpreted.
"""

import numpy as np

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import events_of, hidden_word
from myelomart.display.curve_words import figure_name, figure_title, frame_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, p_value, rounded
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH, add_survival
from myelomart.figures.survival_plot import survival_panel
from myelomart.population.members import arms_of, followed, members, warn_of_no_event
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData
from myelomart.survival import SurvivalCurve, cure_model, follow_up, spline_model
from myelomart.survival.cure import LATENCIES, CureFit
from myelomart.survival.flexible import SplineFit

KNOTS = 2  # inner knots of the spline, fewer where event times coincide
POINTS = 40  # of a drawn model
WORDS = {"weibull": "Weibull", "exponential": "exponential", "lognormal": "log-normal"}
BELOW = "Long dashes: the mixture cure model that fits best. Dots: the spline."


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add curve, follow-up, cured shares and spline per endpoint and group, and their panel."""
    persons = members(study, analysis, data)
    arms = arms_of(study, analysis, persons, results)
    for endpoint in study.endpoints_of(analysis):
        rows = followed(persons, data, endpoint)
        warn_of_no_event(rows, endpoint, analysis.output_id, results)
        drawn, fitted = {}, {}
        for label, arm in arms.items():
            own = rows[rows.index.isin(arm.index)]
            if not len(own):
                continue
            curve = add_survival(analysis, endpoint, label, own, results)
            drawn[label] = curve
            fitted[label] = _group(analysis, endpoint, label, curve, own, results)
        frame = frame_of(study, analysis, endpoint, data, note=BELOW)
        results.add_panel(
            figure_name(study, analysis, endpoint),
            survival_panel(drawn, frame, analysis.months, fitted),
            figure_title(study, analysis, endpoint),
        )


def _group(analysis, endpoint, label, curve: SurvivalCurve, own, results: Results) -> list:
    """Add what the tail and the models say of one group; the curves of the models."""
    common = {
        "population": "all", "row_group": endpoint.row_group, "row_label": endpoint.label,
        "arm": label, "endpoint": endpoint.endpoint_id, "time_anchor": "index",
        "numerator": curve.events, "denominator": curve.n,
    }  # fmt: skip
    event = (own["event"] == 1).to_numpy()
    months = own["time_days"].to_numpy() / DAYS_PER_MONTH
    tail = follow_up(months, event)
    results.add(
        analysis.output_id, "last_event_months", estimate=tail.last_event, unit="months",
        range_high=tail.last_follow_up, status=None if tail.events else "no_events", **common,
    )  # fmt: skip
    results.add(
        analysis.output_id, "percent_beyond_last_event", estimate=100 * tail.share_beyond, unit="%",
        **(common | {"numerator": tail.beyond}),
    )  # fmt: skip
    results.add(
        analysis.output_id, "sufficient_follow_up", estimate=tail.late_events, p_value=tail.p,
        p_test="Maller-Zhou", status=None if tail.allows_a_statement else "not_interpretable",
        **common,
    )  # fmt: skip
    results.warnings.append(f"{endpoint.label}, {label}: {tail.in_words('months')}")
    fits = [_cured(analysis, one, months, event, tail, common, results) for one in LATENCIES]
    known = [one for one in fits if one is not None]
    best = max(known, key=lambda fit: fit.log_likelihood, default=None)
    spline = _spline(months, event)
    _add_spline(analysis, spline, tail.last_event, common, results)
    until = np.linspace(0, tail.last_follow_up, POINTS)[1:]
    told = [] if best is None else [(until, best.survival_at(until))]
    return told + ([] if spline is None else [(until, spline.at(until)["survival"].to_numpy())])


def _cured(analysis, latency, months, event, tail, common, results: Results) -> CureFit | None:
    """Add the cured share with one kind of latency."""
    shared = common | {"unit": f"% cured, {WORDS[latency]}"}
    try:
        fit = cure_model(months, event, latency=latency)
    except StatisticsError:
        results.add(analysis.output_id, f"cured_{latency}", status="not_estimable", **shared)
        return None
    results.add(
        analysis.output_id, f"cured_{latency}", estimate=100 * fit.cured, ci_low=100 * fit.ci_low,
        ci_high=100 * fit.ci_high, p_value=fit.likelihood_ratio_p, p_test="likelihood ratio",
        status=None if tail.allows_a_statement else "not_interpretable", **shared,
    )  # fmt: skip
    return fit


def _spline(months, event) -> SplineFit | None:
    """The spline with as many inner knots as the event times allow; None without any."""
    for knots in range(KNOTS, -1, -1):
        try:
            return spline_model(months, event, knots=knots)
        except StatisticsError:
            continue
    return None


def _add_spline(analysis: Analysis, spline, last_event: float, common, results: Results) -> None:
    """Survival of the spline at the months shown; beyond the last event it is a straight line."""
    months = [month for month in analysis.months if month > 0]
    if spline is None:
        for month in months:
            results.add(
                analysis.output_id, "survival_spline", timepoint_months=month,
                status="not_estimable", **common,
            )  # fmt: skip
        return
    for month in months:
        at = spline.at([month]).iloc[0]
        results.add(
            analysis.output_id, "survival_spline", estimate=at["survival"], ci_low=at["ci_low"],
            ci_high=at["ci_high"], timepoint_months=month, unit="proportion",
            status=None if month <= last_event else "not_interpretable", **common,
        )  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """A row per endpoint and group: the tail, the test, and the cured share by latency."""
    columns = [
        "", "events / n", "last event, months", "followed beyond it", "p (sufficient follow-up)",
        *(f"cured, {WORDS[one]}, % (95 % CI)" for one in LATENCIES),
        "Kaplan-Meier and spline at the last month, %", "follow-up allows a statement",
    ]  # fmt: skip
    rows: list[list[str]] = []
    for label, of_endpoint in grouped(estimates, "row_label").items():
        rows.append([label])
        for arm, own in grouped(of_endpoint, "arm").items():
            rows.append([arm, *_cells(own)])
    note = (
        "Cured: share that never has the event, by a mixture cure model with times of the others "
        "as named. A plateau can be spoken of where the test of sufficient follow-up has p below "
        "0.05 and ten or more are followed beyond the last event; elsewhere cured shares are not "
        "to be interpreted (†), for the model then draws its own tail. Spline: log cumulative "
        "hazard over log time, two inner knots or as many fewer as event times allow; its "
        "straight tail cannot follow a plateau."
    )
    return Table(title, columns, rows, note)


def _cells(own: list) -> list[str]:
    last, tail, test = (
        first(own, name)
        for name in ("last_event_months", "percent_beyond_last_event", "sufficient_follow_up")
    )
    beyond = f"{rounded(tail.numerator, 0)} ({rounded(tail.estimate, 1)} %)"
    said = "yes" if test.status is None else "no"
    return [
        events_of(last),
        hidden_word(last) or rounded(last.estimate, 1),
        hidden_word(tail) or beyond,
        hidden_word(test) or p_value(test.p_value),
        *(_share(first(own, f"cured_{one}")) for one in LATENCIES),
        _at_the_end(own),
        hidden_word(test) or said,
    ]


def _share(one) -> str:
    if one is None or np.isnan(one.estimate):
        return hidden_word(one) or NOTHING
    mark = " †" if one.status == "not_interpretable" else ""
    said = rounded(one.estimate, 1)
    if np.isfinite(one.ci_low):
        said += f" ({rounded(one.ci_low, 1)}–{rounded(one.ci_high, 1)})"
    return said + mark


def _at_the_end(own: list) -> str:
    """The level of curve and spline at the last month where the curve is known."""
    known = [one for one in own if one.statistic == "survival" and np.isfinite(one.estimate)]
    month = max((one.timepoint_months for one in known), default=0)
    pair = [
        one for name in ("survival", "survival_spline") for one in own
        if (one.statistic, one.timepoint_months) == (name, month)
    ]  # fmt: skip
    if len(pair) < 2:
        return NOTHING
    shown = [hidden_word(one) or rounded(100 * one.estimate, 1) for one in pair]
    return f"{month:g} months: {shown[0]}; {shown[1]}"


def says(words: Words) -> str:
    """The method in words."""
    said = (
        f"{words.of}: mixture cure models with Weibull, exponential and log-normal times "
        "(Farewell 1982) and a spline of the log cumulative hazard (Royston 2002) beside the "
        "Kaplan-Meier curve; the test of sufficient follow-up (Maller 1996) says whether a "
        f"plateau can be spoken of{words.left_out}"
    )
    return f"{said}; by {words.by}" if words.by else said


ANALYSIS = AnalysisType("plateau", make, table, says, is_gallery=True)
