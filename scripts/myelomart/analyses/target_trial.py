"""A target trial within a cohort: treated within a grace period from time zero, or not.

Every person is cloned into both strategies, a clone is censored when it departs from its own, and
weights make up for that (specification comparison 9.6). The naive ratio, ever against never
treated, is shown beside, never alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.analyses.ever_treated import NAIVE
from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word
from myelomart.display.curve_words import frame_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, p_value, ratio, rounded
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH, add_curve
from myelomart.figures.forest_plot import ratio_forest
from myelomart.figures.survival_plot import survival_panel
from myelomart.population.comparison import model_covariates
from myelomart.population.members import followed, members, warn_of_no_event
from myelomart.population.rare_levels import fewest_of, merged_in_words, merging_in_words
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression
from myelomart.target_trial import CONTROL, TREATED, Emulation, Options, Protocol, emulate

WAY = "cloned, censored and weighted"
PERIODS = 6  # of the grace period: few, so that some begin treatment in each
SAMPLES = 200  # of the bootstrap
SHARES = {"risk_difference": "risk difference", "risk_ratio": "risk ratio"}
ABOUT_CLONES = {
    "clones": "clones",
    "clones_departed": "of these censored, as they departed from the strategy",
    "clones_beyond_grace": "followed beyond the grace period",
    "weight_mean": "their weight, mean",
    "weight_max": "their weight, largest",
    "effective_sample_size": "effective sample size",
}


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add, per endpoint, risks of both strategies, their contrasts, and the naive ratio."""
    if not analysis.landmark_day:
        raise NoData("its row names no landmark_day, the last day of the grace period")
    exposure = study.endpoint(analysis.group_endpoint_id)
    persons = members(study, analysis, data)
    starts = followed(persons, data, exposure)
    begun = starts.loc[starts["event"] == 1, "time_days"]
    if not len(begun):
        raise NoData(
            f"«{exposure.label}» happened to none of {len(starts)} persons of the cohort, so that "
            "no strategy can be followed"
        )
    for endpoint in study.endpoints_of(analysis):
        if endpoint.endpoint_id == exposure.endpoint_id:
            continue
        rows = followed(persons.loc[persons.index.isin(starts.index)], data, endpoint)
        warn_of_no_event(rows, endpoint, analysis.output_id, results)
        rows = _with_follow_up(rows, endpoint, analysis, results)
        treated_at = begun.reindex(rows.index).to_numpy(float)
        try:
            _endpoint(study, analysis, endpoint, exposure, rows, treated_at, data, results)
        except StatisticsError as refusal:
            results.add(
                analysis.output_id, "hazard_ratio", status="not_estimable", population=WAY,
                row_group=endpoint.row_group, row_label=endpoint.label,
                endpoint=endpoint.endpoint_id, time_anchor="index",
            )  # fmt: skip
            results.warnings.append(f"{analysis.output_id}, {endpoint.label}, {WAY}: {refusal}.")


def _with_follow_up(rows, endpoint: Endpoint, analysis: Analysis, results: Results):
    """``rows`` without those whose follow-up ends at time zero, who are counted."""
    ended = int((rows["time_days"] <= 0).sum())
    if ended:
        results.warnings.append(
            f"{analysis.output_id}, {endpoint.label}, {WAY}: follow-up of {ended} of {len(rows)} "
            "persons ends at time zero, so that they begin no trial."
        )
    return rows[rows["time_days"] > 0]


def _endpoint(
    study, analysis, endpoint: Endpoint, exposure: Endpoint, rows, treated_at, data, results
) -> None:
    """The emulated trial of one endpoint; times are in months."""
    grace = analysis.landmark_day
    label = exposure.label
    labels = {
        TREATED: f"{label}: within {grace} days",
        CONTROL: f"{label}: not within {grace} days",
    }
    time, event = rows["time_days"] / DAYS_PER_MONTH, rows["event"] == 1
    protocol = Protocol(
        grace / DAYS_PER_MONTH, max(analysis.months), grace / DAYS_PER_MONTH / PERIODS
    )
    found = emulate(
        time, event, treated_at / DAYS_PER_MONTH, protocol,
        baseline=_baseline(study, analysis, rows, results),
        options=Options(samples=SAMPLES, seed=analysis.seed or 0),
    )  # fmt: skip
    if found.samples < SAMPLES:
        results.warnings.append(
            f"{analysis.output_id}, {endpoint.label}, {WAY}: {SAMPLES - found.samples} of "
            f"{SAMPLES} samples of the bootstrap could not be fitted and are left out."
        )
    common = {
        "row_group": endpoint.row_group, "row_label": endpoint.label,
        "endpoint": endpoint.endpoint_id, "time_anchor": "index",
    }  # fmt: skip
    versus = {"arm": labels[TREATED], "comparator": labels[CONTROL]}
    counts = {"numerator": int(event.sum()), "denominator": len(rows)}
    lines = [_naive(analysis, endpoint, label, time, event, treated_at, common, results)]
    effect = found.effects["hazard_ratio"]
    results.add(
        analysis.output_id, "hazard_ratio", population=WAY, unit="ratio", p_value=found.p,
        p_test="Wald, robust by person", **vars(effect), **counts, **versus, **common,
    )  # fmt: skip
    lines.append(
        {"label": WAY, "group": endpoint.label, "status": None, "hr": effect.estimate,
         "ci_low": effect.ci_low, "ci_high": effect.ci_high, "p": found.p}
    )  # fmt: skip
    _absolute(analysis, found, protocol, labels, versus, common, results)
    curves = {labels[one]: found.curve(one) for one in (TREATED, CONTROL)}
    for arm, curve in curves.items():
        add_curve(analysis, endpoint, arm, curve, analysis.months, results, population=WAY)
    told = ratio(effect.estimate, effect.ci_low, effect.ci_high)
    frame = frame_of(
        study, analysis, endpoint, data, f"Weighted HR {told}",
        title=f"{endpoint.label}: {WAY}", note="Numbers are sums of weights of clones.",
    )  # fmt: skip
    name = f"{analysis.output_id}_{analysis.analysis_id}"
    results.add_panel(name, survival_panel(curves, frame, analysis.months), analysis.title)
    results.add_figure(
        f"{name}_{endpoint.endpoint_id}_ratios",
        ratio_forest(
            pd.DataFrame(lines), [], f"hazard ratio of {label}",
            f"{endpoint.label}: hazard ratio of {label}, naive and emulated", "HR (95 % CI)",
            "Wald",
        ),
    )  # fmt: skip


def _baseline(study: Study, analysis: Analysis, rows: pd.DataFrame, results: Results):
    """The covariates that the study adjusts for, as a model takes them; None where it has none."""
    adjusted = tuple(one for one in study.covariates if one.is_adjusted_for)
    if not adjusted:
        results.warnings.append(
            f"{analysis.output_id}: the study adjusts for no covariate, so that those treated are "
            "taken to be like those who are not."
        )
        return None
    model, _, rare = model_covariates(rows, adjusted, fewest_of(analysis))
    results.warnings += [
        merged_in_words(study.covariate(name).label, own) for name, own in rare.items()
    ]
    return model


def _naive(analysis, endpoint, label, time, event, treated_at, common, results) -> dict:
    """Ever against never treated from time zero, marked as what it is."""
    ever = treated_at / DAYS_PER_MONTH < time
    line = {"label": NAIVE, "group": endpoint.label, "status": "immortal_time"}
    named = {"population": NAIVE, "arm": f"{label}: ever", "comparator": f"{label}: never"}
    try:
        term = cox_regression(time, event, pd.DataFrame({"ever": ever.astype(float)})).table()
    except StatisticsError:
        results.add(analysis.output_id, "hazard_ratio", status="not_estimable", **named, **common)
        return line | dict.fromkeys(("hr", "ci_low", "ci_high", "p"), np.nan)
    found = {name: float(term.iloc[0][name]) for name in ("hr", "ci_low", "ci_high", "p")}
    results.add(
        analysis.output_id, "hazard_ratio", estimate=found["hr"], ci_low=found["ci_low"],
        ci_high=found["ci_high"], p_value=found["p"], p_test="Wald", unit="ratio",
        numerator=int(event.sum()), denominator=len(time), status="immortal_time", **named,
        **common,
    )  # fmt: skip
    return line | found


def _absolute(
    analysis, found: Emulation, protocol: Protocol, labels, versus, common, results
) -> None:
    """Risks at the horizon with their contrasts, and what became of the clones."""
    at = common | {"population": WAY, "timepoint_months": protocol.horizon}
    about = dict(zip((TREATED, CONTROL), found.strategies.to_dict("records"), strict=True))
    for one, name in ((TREATED, "risk_treated"), (CONTROL, "risk_control")):
        row = about[one]
        results.add(
            analysis.output_id, "risk_at_horizon", arm=labels[one], unit="proportion",
            numerator=row["events"], denominator=row["clones"], **vars(found.effects[name]), **at,
        )  # fmt: skip
        told = {"population": WAY, "arm": labels[one]} | common
        for statistic, key in (("clones", "clones"), ("clones_departed", "departed"),
                               ("clones_beyond_grace", "followed_beyond_grace")):  # fmt: skip
            results.add(
                analysis.output_id, statistic, estimate=row[key], numerator=row[key],
                denominator=row["clones"], unit="persons", **told,
            )  # fmt: skip
        for statistic in ("weight_mean", "weight_max", "effective_sample_size"):
            results.add(analysis.output_id, statistic, estimate=row[statistic], **told)
    for name, unit in (("risk_difference", "proportion"), ("risk_ratio", "ratio")):
        results.add(
            analysis.output_id, name, unit=unit, **vars(found.effects[name]), **versus, **at
        )  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """Risks, contrasts and weights of each endpoint, the naive ratio among the ratios."""
    rows: list[list[str]] = []
    for label, own in grouped(estimates, "row_label").items():
        rows.append([label])
        for one in (one for one in own if one.statistic == "risk_at_horizon"):
            rows.append(
                [f"{one.arm}: risk at {one.timepoint_months:g} months", _percent(one, 100), ""]
            )
        for statistic, said in SHARES.items():
            one = first(own, statistic)
            if one is not None:
                is_share = statistic == "risk_difference"
                rows.append([said, _percent(one, 100) if is_share else _ratio(one), ""])
        for one in (one for one in own if one.statistic == "hazard_ratio"):
            mark = " †" if one.status == "immortal_time" else ""
            told = NOTHING if one.p_value is None else p_value(one.p_value)
            rows.append([f"hazard ratio, {one.population}{mark}", _ratio(one), told])
        for arm, about in grouped(
            [one for one in own if one.statistic in ABOUT_CLONES], "arm"
        ).items():
            rows.append([f"{label}, {arm}"])
            rows += [
                [ABOUT_CLONES[one.statistic], hidden_word(one) or _number(one), ""] for one in about
            ]
    note = (
        "† those treated had to live to the treatment, so that this comparison invents a benefit. "
        "Risks have limits of a bootstrap of persons, hazard ratios of clones a variance robust by "
        "person; weights are those when the grace period is over."
    )
    return Table(title, ["", "estimate (95 % CI)", "p"], rows, note)


def _percent(one, times: float) -> str:
    """A share or a difference of shares in percent, with its limits."""
    if hidden_word(one):
        return hidden_word(one)
    low, high = (rounded(times * limit, 1) for limit in (one.ci_low, one.ci_high))
    return f"{rounded(times * one.estimate, 1)} % ({low} to {high})"


def _number(one) -> str:
    """A count as such, a weight with one decimal."""
    return rounded(one.estimate, 0 if one.unit == "persons" else 1)


def _ratio(one) -> str:
    return hidden_word(one) or ratio(one.estimate, one.ci_low, one.ci_high)


def says(words: Words) -> str:
    """The method in words."""
    row = words.row
    competing = "; a competing event ends follow-up" if words.competing else ""
    return (
        f"{words.of}: a target trial of {words.after} within {row.landmark_day} days against none "
        "within them. Everyone is cloned into both strategies; a clone is censored when it departs "
        "from its own, and weighted by the inverse of its chance not to (pooled logistic "
        f"regression by {PERIODS} periods of the grace period, on the covariates adjusted for; "
        f"{merging_in_words(row)}). The first strategy begins treatment when those do who are "
        f"treated within the grace period. Risks at {max(row.months):g} months with limits of "
        f"{SAMPLES} samples of persons, seed {row.seed or 0}; hazard ratio with variance robust by "
        f"person; beside it the naive ratio, ever against never (biased){competing}{words.left_out}"
    )


ANALYSIS = AnalysisType("target_trial", make, table, says, is_gallery=True)
