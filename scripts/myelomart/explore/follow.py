"""Follows cohorts to an endpoint with the analyses, statistics and figures of the studies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from myelomart.analyses import TYPES
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.suppression import suppress
from myelomart.display.numbers import NOTHING, p_value, ratio, rounded
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH, add_curve
from myelomart.estimates.ratios import first_ratio
from myelomart.explore.definition import COHORT, Definition
from myelomart.explore.one_analysis import analysis_of, cohort_of
from myelomart.explore.opened import Answer
from myelomart.explore.state import Here
from myelomart.explore.waiting import long_work
from myelomart.figures.survival_plot import Frame, survival_panel
from myelomart.matching import propensity_score
from myelomart.matching.overlap import leave_out_unshared
from myelomart.matching.weighting import inverse_probability_weights, weighted_hazard_ratio
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.population.members import followed, groups, members
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression, kaplan_meier, restricted_mean

EFFECT = "hazard_ratio"
MEAN = "mean"
TICKS = 8  # at most, on the axis of time


@dataclass(frozen=True)
class Asked:
    """What a page asks: of whom, which endpoint, against whom or by which group, and how."""

    cohort: str | None  # None: the cohort that is tried out
    endpoint: str
    comparator: str | None = None
    group: str | None = None
    way: str = "none"
    landmark_days: int = 0
    horizon_months: int = 24
    competes: bool = True

    @property
    def months(self) -> list[int]:
        """The months at which curves are read: round steps up to the horizon."""
        step = next(s for s in (1, 2, 3, 6, 12, 24, 36, 60) if self.horizon_months / s < TICKS)
        return list(range(0, self.horizon_months + 1, step))


@dataclass(frozen=True)
class Followed:
    """What is shown: who was at risk of what, curves, tables, what to read with care."""

    title: str
    at_risk: str
    figures: list[str]
    tables: list[Table]
    warnings: list[str]
    csv: str
    answers: list[Answer] = field(default_factory=list)


def follow(here: Here, study: Study, asked: Asked, tried: Definition | None = None) -> Followed:
    """The answer to ``asked``, made as a study's own row would make it."""
    limit = study.endpoint(asked.endpoint).horizon_months
    if limit is not None:
        asked = replace(asked, horizon_months=min(asked.horizon_months, round(limit)))
    data, answers = _data(here, study, asked, tried)
    work = partial(_made, study, asked, _from_landmark(data, asked), here.policy)
    return replace(long_work(work, "Computing"), answers=answers)


def _made(study: Study, asked: Asked, data: StudyData, policy: Policy | None) -> Followed:
    """The curves, tables and warnings of what is asked, as ``policy`` lets them be shown."""
    study, analysis, endpoint = _asked_study(study, asked, data)
    results = Results(study.study_id, analysis_id=analysis.analysis_id)
    if asked.comparator:
        _two_arms(study, analysis, endpoint, asked, data, results)
    else:
        _one_cohort(study, analysis, endpoint, asked, data, results)
    if policy is not None:
        suppress([results], policy, {analysis.output_id: [float(m) for m in asked.months]})
    rows = results.own_rows(analysis.analysis_id)
    tables = [TYPES[analysis.analysis_type].table(rows, ""), _effect_table(rows)]
    return Followed(
        endpoint.label,
        at_risk_in_words(study, endpoint, asked),
        list(results.figures.values()),
        [one for one in tables if one.rows],
        results.warnings,
        results.estimate_frame().dropna(axis=1, how="all").to_csv(index=False),
    )


def at_risk_in_words(study: Study, endpoint: Endpoint, asked: Asked) -> str:
    """Who is at risk, of what, from when until when."""
    names = " and ".join(one.label for one in study.cohorts)
    start = (
        f"from day {asked.landmark_days}, of those still followed then without the event"
        if asked.landmark_days
        else f"from day {endpoint.start_day} after index"
    )
    until = (
        "the end of follow-up" if endpoint.horizon_days is None else f"day {endpoint.horizon_days}"
    )
    prior = "; whoever had it before is left out" if endpoint.excludes_prior else ""
    return f"{names}: at risk {start}, to {until}{prior}. Months are 365/12 days."


def _data(here: Here, study: Study, asked: Asked, tried: Definition | None):
    cohorts = [one for one in (asked.cohort, asked.comparator) if one]
    bound = {"cohorts": tuple(cohorts)}
    found = {
        "population": here.ask("followed_population", **bound),
        "endpoints": here.ask("followed_endpoint", endpoint=asked.endpoint, **bound),
    }
    needs_covariates = bool(asked.comparator or asked.group)
    if needs_covariates:
        found["covariates"] = here.ask("followed_covariates", **bound)
    frames = {name: one.rows for name, one in found.items()}
    answers = list(found.values())
    if asked.cohort is None:
        if tried is None:
            raise NoData("no cohort is tried out: make one on the page Cohort builder")
        made = here.trial.followed(tried, study.study_id, asked.endpoint, found)
        for name, own in made.items():
            frames[name] = pd.concat([frames[name], own.rows], ignore_index=True)
            answers.append(own)
    if not needs_covariates:  # the columns alone
        frames["covariates"] = here.ask("followed_covariates", cohorts=("",)).rows
    return StudyData(**frames), answers


def _from_landmark(data: StudyData, asked: Asked) -> StudyData:
    """The endpoints from the landmark on: those still followed, with the time that is left."""
    if not asked.landmark_days:
        return data
    rows = data.endpoints[data.endpoints["time_days"] > asked.landmark_days]
    rows = rows.assign(time_days=rows["time_days"] - asked.landmark_days)
    return StudyData(**(data.rows | {"endpoints": rows}))


def _asked_study(study: Study, asked: Asked, data: StudyData):
    """The study cut down to what is asked, with its one analysis."""
    cohort = cohort_of(COHORT, "Tried out") if asked.cohort is None else study.cohort(asked.cohort)
    cohorts = (cohort, study.cohort(asked.comparator)) if asked.comparator else (cohort,)
    endpoint = study.endpoint(asked.endpoint)
    competes = asked.competes and not asked.comparator and (data.endpoints["event"] == 2).any()
    kind = "cumulative_incidence" if competes else "survival"
    analysis = analysis_of(
        "kaplan_meier" if asked.comparator else kind,
        cohort.cohort_id,
        asked.comparator,
        months_shown=";".join(map(str, asked.months)),
        endpoint_ids=asked.endpoint,
        group_covariate_id=asked.group,
        **_matching(study, asked),
    )
    asked_study = replace(
        study, cohorts=cohorts, criteria=(), endpoints=(endpoint,), analyses=(analysis,)
    )
    return asked_study, analysis, endpoint


def _matching(study: Study, asked: Asked) -> dict:
    """How pairs are made: as the first matched analysis of the study makes them."""
    if asked.way != "matched":
        return {}
    for one in study.analyses:
        if one.population == "matched":
            names = (
                "population",
                "caliper",
                "caliper_scale",
                "match_order",
                "seed",
                "fewest_per_level",
            )
            return {name: getattr(one, name) for name in names}
    raise NoData(
        f"no analysis of «{study.title}» is matched, so that no caliper is known: take weights"
    )


def _one_cohort(study, analysis: Analysis, endpoint, asked: Asked, data, results) -> None:
    """Curves of a cohort, whole or by group; with two groups the ratio of their hazards."""
    TYPES[analysis.analysis_type].make(study, analysis, data, results)
    persons = members(study, analysis, data)
    rows = followed(persons, data, endpoint)
    parts = {study.cohorts[0].label: rows}
    if asked.group:
        parts = {
            label: own
            for label, own in groups(study, asked.group, rows).parts(rows).items()
            if len(own)
        }
    _add_means(parts, analysis, endpoint, asked, results)
    if len(parts) == 2:
        (first, one), (second, other) = parts.items()
        _add_ratio(
            pd.concat([one, other]),
            [True] * len(one) + [False] * len(other),
            (first, second),
            None,
            analysis,
            endpoint,
            results,
        )


def _two_arms(study, analysis: Analysis, endpoint, asked: Asked, data, results) -> None:
    """Curves of two cohorts as they are, matched or weighted, and the ratio of their hazards."""
    labels = tuple(one.label for one in study.cohorts)
    comparison = compare(study, analysis, data)
    results.warnings += comparison.notes
    persons = comparison.matched if asked.way == "matched" else comparison.persons
    weights = None
    if asked.way in ("overlap", "att", "ate"):
        persons, weights = _weighted(comparison, asked.way, results)
    rows = endpoint_rows(persons, data, endpoint)
    if weights is not None:
        rows = rows.assign(weight=weights)
    rows = rows[rows["time_days"].notna() & ~rows["had_prior_event"].fillna(False).astype(bool)]
    parts = {
        label: rows[rows["treated"] == is_first]
        for label, is_first in zip(labels, (True, False), strict=True)
    }
    for label, own in parts.items():
        if not len(own):
            raise NoData(f"nobody of «{label}» is followed for «{endpoint.label}»")
    if weights is None and not asked.landmark_days:
        TYPES[analysis.analysis_type].make(study, analysis, data, results)
    else:
        _weighted_curves(parts, analysis, endpoint, asked, results)
    _add_means(parts, analysis, endpoint, asked, results)
    _add_ratio(
        rows,
        rows["treated"].tolist(),
        labels,
        "weight" if weights is not None else None,
        analysis,
        endpoint,
        results,
    )


def _weighted(comparison, way: str, results: Results):
    """The persons whom both arms could have been, and a weight for each."""
    treated = comparison.persons["treated"].to_numpy()
    shared = leave_out_unshared(treated, comparison.covariates)
    kept = shared.kept
    score = propensity_score(treated[kept], shared.covariates).probability
    weighting = inverse_probability_weights(score, treated[kept], estimand=way)
    gone = int((~kept).sum()) if kept.dtype == bool else len(treated) - len(kept)
    results.warnings.append(
        f"Weights: the arms are worth {weighting.effective_treated:.0f} and "
        f"{weighting.effective_control:.0f} persons; {gone} with a level that one arm alone has "
        f"are left out; the largest weight is {weighting.largest:.1f} ×."
    )
    persons = comparison.persons[kept]
    return persons, pd.Series(weighting.weights, index=persons.index)


def _weighted_curves(parts, analysis, endpoint, asked: Asked, results: Results) -> None:
    curves = {}
    for label, own in parts.items():
        curve = kaplan_meier(
            own["time_days"] / DAYS_PER_MONTH, own["event"] == 1, weights=own.get("weight")
        )
        add_curve(
            analysis, endpoint, label, curve, asked.months, results, population=analysis.population
        )
        curves[label] = curve
    note = "Persons at risk are sums of weights." if "weight" in own else ""
    start = f"day {asked.landmark_days}" if asked.landmark_days else "time zero"
    words = Frame(endpoint.label, "Free of the event", f"Months from {start}", note=note)
    name = f"{analysis.output_id}_{endpoint.endpoint_id}"
    results.add_panel(name, survival_panel(curves, words, asked.months), endpoint.label)


def _add_means(parts, analysis, endpoint, asked: Asked, results: Results) -> None:
    """The mean time without the event up to the horizon, of each part that reaches it."""
    last = min(own["time_days"].max() for own in parts.values()) / DAYS_PER_MONTH
    until = min(float(asked.horizon_months), float(last))
    for label, own in parts.items():
        curve = kaplan_meier(
            own["time_days"] / DAYS_PER_MONTH, own["event"] == 1, weights=own.get("weight")
        )
        common = _common(analysis, endpoint, label) | {
            "denominator": len(own),
            "timepoint_months": until,
        }
        mean = restricted_mean(curve, until)
        half = 1.959964 * mean.se
        results.add(
            analysis.output_id,
            MEAN,
            estimate=mean.estimate,
            ci_low=mean.estimate - half,
            ci_high=mean.estimate + half,
            unit="months",
            **common,
        )


def _add_ratio(rows, is_first, labels, weight, analysis, endpoint, results: Results) -> None:
    """The hazard ratio of the first part to the second."""
    arm = np.asarray(is_first, bool)
    time, event = rows["time_days"].to_numpy(float), (rows["event"] == 1).to_numpy()
    common = _common(analysis, endpoint, labels[0]) | {
        "comparator": labels[1],
        "numerator": int(event.sum()),
        "denominator": len(rows),
    }
    try:
        if weight:
            fit = weighted_hazard_ratio(time, event, arm, rows[weight])
        else:
            one_sided = not (event[arm].any() and event[~arm].any())
            model = pd.DataFrame({"first": arm.astype(float)})
            fit = cox_regression(time, event, model, penalty="firth" if one_sided else None)
        found = first_ratio(fit)
    except StatisticsError as refusal:
        results.warnings.append(f"No hazard ratio: {refusal}.")
        results.add(analysis.output_id, EFFECT, status="not_estimable", **common)
        return
    results.add(analysis.output_id, EFFECT, unit="ratio", **found.values(), **common)


def _common(analysis: Analysis, endpoint: Endpoint, label: str) -> dict:
    return {
        "population": analysis.population,
        "row_group": endpoint.row_group,
        "arm": label,
        "row_label": endpoint.label,
        "endpoint": endpoint.endpoint_id,
        "time_anchor": "index",
    }


def _effect_table(rows: list) -> Table:
    """The restricted means and the hazard ratio; a hidden number says so."""
    lines = []
    for one in rows:
        if one.statistic == EFFECT:
            name = f"Hazard ratio, {one.arm} to {one.comparator}"
            told = ratio(one.estimate, one.ci_low, one.ci_high)
        elif one.statistic == MEAN:
            name = f"Mean months without the event up to {one.timepoint_months:.3g}, {one.arm}"
            told = (
                f"{rounded(one.estimate, 1)} ({rounded(one.ci_low, 1)}–{rounded(one.ci_high, 1)})"
            )
        else:
            continue
        if one.status in ("suppressed", "not_estimable"):
            told = {"suppressed": "hidden", "not_estimable": "not estimable"}[one.status]
        p = p_value(one.p_value) if one.p_value == one.p_value else NOTHING
        lines.append([name, told, p, one.p_test or NOTHING])
    return Table("", ["", "estimate (95 % CI)", "p", "test"], lines)
