"""Hazard ratios of the arms for every endpoint, with everything a reader needs to judge them."""

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.grouping import distinct, first, grouped
from myelomart.display.numbers import NOTHING, p_value, ratio, rounded
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.absolute import Absolute, absolute_effects, add_absolute
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.estimates.proportions import add_percent
from myelomart.estimates.ratios import PENALISED, first_ratio
from myelomart.figures.forest_plot import forest_plot
from myelomart.population import gates
from myelomart.population.comparison import Comparison, compare, endpoint_rows
from myelomart.population.control_ratios import free_rows
from myelomart.population.weights import weights_of
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression, logrank_test, proportionality_test

MOST_REMOVED = 0.5  # beyond it the persons left are no longer those who were matched
DAYS_PER_YEAR = 365.25
MARK = " ◊"  # beside what does not pass a gate of the study
MOST_TESTING_RATIO = 2.0  # issue of testing intensity: beyond it a lab outcome is not interpretable


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add sizes, events and hazard ratios per endpoint, and the forest plot of all of them."""
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    labels = (
        study.cohort(analysis.treated_cohort_id).label,
        study.cohort(analysis.comparator_cohort_id).label,
    )
    own = gates.gates_of(data)
    if own:
        of_arms = gates.of_arms(study, analysis, data, comparison)
        _add_not_passed(analysis, gates.not_passed(own, of_arms), labels, results)
    shown = []
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        one = _endpoint(analysis, endpoint, rows, comparison, data, labels, results)
        if own:
            free = free_rows(persons, data, endpoint)
            names = gates.not_passed(own, gates.of_endpoint(free))
            _add_not_passed(analysis, names, labels, results, endpoint)
            one["label"] += MARK if names else ""
        shown.append(one)
    results.add_figure(f"{analysis.output_id}_forest", forest_plot(pd.DataFrame(shown), labels))


def _add_not_passed(analysis, names, labels, results, endpoint: Endpoint | None = None) -> None:
    """Add how many gates of the study the arms, or an endpoint, do not pass, and which."""
    of = {"row_group": endpoint.row_group, "row_label": endpoint.label,
          "endpoint": endpoint.endpoint_id,
          "timepoint_months": endpoint.horizon_months} if endpoint else {}  # fmt: skip
    results.add(
        analysis.output_id, gates.NOT_PASSED, population=analysis.population, arm=labels[0],
        comparator=labels[1], estimate=len(names), unit="gates", status="; ".join(names) or None,
        **of,
    )  # fmt: skip


def _endpoint(
    analysis: Analysis,
    endpoint: Endpoint,
    rows: pd.DataFrame,
    comparison: Comparison,
    data: StudyData,
    labels: tuple[str, str],
    results: Results,
) -> dict:
    kept = rows[~rows["had_prior_event"].astype(bool)]
    status = None
    common = {
        "population": analysis.population, "row_group": endpoint.row_group,
        "row_label": endpoint.label, "endpoint": endpoint.endpoint_id,
        "timepoint_months": endpoint.horizon_months,
        "time_anchor": "index",
    }  # fmt: skip
    shown = {"label": endpoint.label, "group": endpoint.row_group}
    removed = []
    for side, (treated, label) in {
        "treated": (True, labels[0]),
        "control": (False, labels[1]),
    }.items():
        arm, everyone = kept[kept["treated"] == treated], rows[rows["treated"] == treated]
        events = int((arm["event"] == 1).sum())
        counts = {
            "n": len(arm), "events": events,
            "removed_for_prior_outcome": len(everyone) - len(arm),
            "competing_events": int((arm["event"] == 2).sum()),
        }  # fmt: skip
        for statistic, count in counts.items():
            results.add(
                analysis.output_id, statistic, arm=label, estimate=count, unit="persons",
                denominator=len(everyone), **common,
            )  # fmt: skip
        shown |= {f"n_{side}": len(arm), f"events_{side}": events}
        if len(arm) < (1 - MOST_REMOVED) * len(everyone):
            removed.append(f"{len(everyone) - len(arm)} of {len(everyone)} ({label})")
    if removed:
        results.warnings.append(
            f"{endpoint.label}: removed because they had it before: {' and '.join(removed)}. Those "
            "left are no longer the matched arms."
        )
    if endpoint.tested_event_group:
        status = _testing(analysis, endpoint, kept, data, labels, common, results)
    ratio = _hazard_ratio(analysis, kept, comparison, common, labels, status, results)
    return shown | ratio | absolute_of(analysis, kept, comparison, common, labels, results)


def absolute_of(
    analysis: Analysis, kept: pd.DataFrame, comparison: Comparison, common: dict,
    labels: tuple[str, str], results: Results,
) -> dict[str, Absolute]:  # fmt: skip
    """Add the risks at the horizon and their differences; weighted beneath an adjusted ratio."""
    months = analysis.months[-1] if analysis.months_shown else None
    horizon = common["timepoint_months"] or months
    arms = [kept[kept["treated"] == side] for side in (True, False)]
    if not horizon or not all(len(arm) for arm in arms):
        return {}
    weights = None
    if analysis.adjustment == "covariates":
        weights = weights_of(comparison).reindex(kept.index)
        kept, weights = kept[weights.notna()], weights.dropna().to_numpy()
    sizes = tuple((int((arm["event"] == 1).sum()), len(arm)) for arm in arms)
    found = absolute_effects(
        kept["time_days"].to_numpy() / DAYS_PER_MONTH, kept["event"].to_numpy(),
        kept["treated"].to_numpy(bool), horizon, weights=weights,
        cluster=kept["pair"].to_numpy() if analysis.population == "matched" else None,
    )  # fmt: skip
    add_absolute(found, analysis.output_id, sizes, common, labels, results)
    return {"absolute": found}


def _hazard_ratio(analysis, kept, comparison, common, labels, status, results) -> dict:
    """Cox hazard ratio, its pair-aware version, log-rank and proportionality; refusals are said."""
    compared = common | {"arm": labels[0], "comparator": labels[1]}
    time = kept["time_days"].to_numpy(float)
    event = (kept["event"] == 1).to_numpy()
    treated = kept["treated"].to_numpy()
    model = model_of(analysis, comparison, kept)
    # with no event in one arm the likelihood has no maximum; Firth's penalty gives it one
    is_one_sided = not (event[treated].any() and event[~treated].any())
    penalty = "firth" if is_one_sided else None
    try:
        fit = cox_regression(time, event, model, penalty=penalty)
        found = first_ratio(fit)
        if not found.is_bounded:
            raise StatisticsError("the two arms do not overlap in time")
    except StatisticsError as refusal:
        results.warnings.append(f"{common['row_label']}: no hazard ratio: {refusal}.")
        results.add(
            analysis.output_id, "hazard_ratio", status="not_estimable", numerator=event.sum(),
            denominator=len(kept), **compared,
        )  # fmt: skip
        return dict.fromkeys(("hr", "ci_low", "ci_high", "p"), np.nan) | {"status": "not_estimable"}
    status = status or penalty
    results.add(
        analysis.output_id, "hazard_ratio", unit="ratio", numerator=event.sum(),
        denominator=len(kept), status=status, **found.values(), **compared,
    )  # fmt: skip
    test = logrank_test(time, event, treated)
    results.add(
        analysis.output_id, "logrank_chi2", estimate=test.chi2, p_value=test.p, p_test="log-rank",
        **compared,
    )  # fmt: skip
    shown = {"hr": found.estimate, "ci_low": found.ci_low, "ci_high": found.ci_high}
    shown |= {"p": found.p_value, "status": status, "is_penalised": is_one_sided}
    if is_one_sided:
        return shown
    if analysis.population == "matched":
        robust = cox_regression(time, event, model, cluster=kept["pair"].to_numpy()).table().iloc[0]
        results.add(
            analysis.output_id, "hazard_ratio_pair_robust", estimate=robust["hr"],
            ci_low=robust["ci_low"], ci_high=robust["ci_high"], p_value=robust["p"],
            p_test="Wald, variance robust to pairs", unit="ratio", status=status, **compared,
        )  # fmt: skip
    named = compared | {"p_test": "Schoenfeld, km transform"}
    try:
        proportional = proportionality_test(fit).terms.iloc[0]
    except StatisticsError:  # all events fall on one day
        results.add(analysis.output_id, "proportionality_chi2", status="not_estimable", **named)
        return shown
    results.add(
        analysis.output_id, "proportionality_chi2", estimate=proportional["chi2"],
        p_value=proportional["p"], **named,
    )  # fmt: skip
    return shown | {"p_proportional": proportional["p"]}


def model_of(analysis: Analysis, comparison: Comparison, kept: pd.DataFrame) -> pd.DataFrame:
    """The columns of the Cox model of ``kept``: the arm first, the covariates if adjusted for."""
    model = pd.DataFrame({"treated": kept["treated"].to_numpy(float)}, index=kept.index)
    if analysis.adjustment == "covariates":
        model = model.join(_varying(comparison.covariates.loc[kept.index]))
    return model


def _varying(covariates: pd.DataFrame) -> pd.DataFrame:
    """The covariates that vary among the rows at hand; text as indicators of its levels."""
    wide = pd.get_dummies(covariates, drop_first=True, dtype=float)
    return wide.loc[:, wide.nunique() > 1]


def _testing(analysis, endpoint, kept, data, labels, common, results) -> str | None:
    """Share tested and tests per year in each arm; not_interpretable when either is two-fold."""
    rows = data.testing[data.testing["endpoint"] == endpoint.endpoint_id]
    keys = ["cohort_id", "person_id"]
    tested = kept.merge(rows[[*keys, "tested_days", "followed_days"]], on=keys, how="left")
    shares, rates = [], []
    for treated, label in ((True, labels[0]), (False, labels[1])):
        arm = tested[tested["treated"] == treated]
        count, days = int((arm["tested_days"] > 0).sum()), arm["tested_days"].sum()
        years = arm["followed_days"].sum() / DAYS_PER_YEAR
        shares.append(count / len(arm) if len(arm) else np.nan)
        rates.append(days / years if years else np.nan)
        add_percent(
            results, analysis.output_id, count, len(arm), "percent_tested", arm=label, **common
        )
        results.add(
            analysis.output_id, "tests_per_year", arm=label, estimate=rates[-1],
            unit="days with a test per year", denominator=len(arm), **common,
        )  # fmt: skip
    told = []
    if max(shares) > MOST_TESTING_RATIO * min(shares):
        told.append(_both("share tested", (f"{100 * one:.0f} %" for one in shares), labels))
    if max(rates) > MOST_TESTING_RATIO * min(rates):
        told.append(_both("days with a test per year", (f"{one:.1f}" for one in rates), labels))
    if not told:
        return None
    results.warnings.append(
        f"{endpoint.label}: {'; '.join(told)}. One arm was tested more than twice as often: the "
        "hazard ratio cannot be interpreted."
    )
    return "not_interpretable"


def _both(what: str, shown, labels) -> str:
    """What each arm has, in words."""
    return f"{what} " + " and ".join(f"{n} ({arm})" for n, arm in zip(shown, labels, strict=True))


def table(estimates: list, title: str, published: pd.DataFrame) -> Table:
    """One row per endpoint: sizes, events, our ratio, its tests, and what was printed."""
    arms = distinct([one for one in estimates if one.statistic == "n"], "arm")
    printed = published[published["statistic"] == "hazard_ratio"].drop_duplicates("endpoint")
    printed = printed.set_index("endpoint")
    columns = ["", *(f"{arm}: events / n (removed for a history)" for arm in arms)]
    columns += [
        "HR (95 % CI)",
        "p (Wald)",
        "p (log-rank)",
        "p (proportional)",
        "CI, pairs respected",
    ]
    if len(printed):
        columns += ["Printed HR (95 % CI)", "Printed p", "Issues"]
    rows: list[list[str]] = []
    of_endpoints = [one for one in estimates if pd.notna(one.endpoint)]
    for group, of_group in grouped(of_endpoints, "row_group").items():
        rows.append([group])
        for endpoint, own in grouped(of_group, "endpoint").items():
            rows.append(_ratio_row(own, arms) + _printed_cells(printed, endpoint))
    note = (
        "† not interpretable: one arm was tested more than twice as often. "
        "‡ no event in one arm: Firth's penalised estimate, with limits and p of its profile "
        "likelihood. "
        "Removed: persons who had the outcome before."
    ) + _gates_in_words(estimates)
    return Table(title, columns, rows, note)


def _gates_in_words(estimates: list) -> str:
    """Which gates the arms do not pass, and which how many endpoints; nothing where none."""
    rows = [
        one for one in estimates if one.statistic == gates.NOT_PASSED and pd.notna(one.estimate)
    ]
    of_arms, of_endpoints = (
        [name for one in rows if pd.isna(one.endpoint) == is_of_arms and one.status
         for name in one.status.split("; ")] for is_of_arms in (True, False)
    )  # fmt: skip
    told = ""
    if of_arms:
        told += f" The two arms do not pass gates of the study: {'; '.join(map(_named, of_arms))}."
    if of_endpoints:
        counts = {name: of_endpoints.count(name) for name in gates.LABELS if name in of_endpoints}
        named = (
            f"{_named(name)} ({rounded(n, 0)} endpoint{'s' if n > 1 else ''})"
            for name, n in counts.items()
        )
        told += f" ◊ does not pass a gate of the study: {'; '.join(named)}."
    return told


def _named(diagnostic: str) -> str:
    label = gates.LABELS[diagnostic]
    return label[0].lower() + label[1:]


def _ratio_row(own: list, arms: list[str]) -> list[str]:
    at = grouped(own, "statistic", "arm")
    hr = first(own, "hazard_ratio")
    marks = " †" if hr.status == "not_interpretable" else ""
    marks += " ‡" if hr.p_test == PENALISED else ""
    gate = first(own, gates.NOT_PASSED)
    marks += MARK if gate is not None and gate.estimate > 0 else ""
    cells = [own[0].row_label + marks]
    for arm in arms:
        events, n, removed = (
            at[(statistic, arm)][0] for statistic in ("events", "n", "removed_for_prior_outcome")
        )
        hidden = any(one.status == "suppressed" for one in (events, n, removed))
        counts = [rounded(one.estimate, 0) for one in (events, n, removed)]
        cells.append("suppressed" if hidden else f"{counts[0]} / {counts[1]} ({counts[2]})")
    if hr.status == "suppressed":
        return [*cells, "suppressed", *[NOTHING] * 4]
    robust = first(own, "hazard_ratio_pair_robust")
    cells += [
        ratio(hr.estimate, hr.ci_low, hr.ci_high),
        p_value(hr.p_value),
        _p(first(own, "logrank_chi2")),
        _p(first(own, "proportionality_chi2")),
        f"{rounded(robust.ci_low, 2)}–{rounded(robust.ci_high, 2)}" if robust else NOTHING,
    ]
    return cells


def _p(test) -> str:
    return NOTHING if test is None else p_value(test.p_value)


def _printed_cells(printed: pd.DataFrame, endpoint: str) -> list[str]:
    if not len(printed):
        return []
    if endpoint not in printed.index:
        return ["no number printed", "–", "–"]
    row = printed.loc[endpoint]
    if pd.isna(row["estimate"]):
        return ["no number printed", "–", _issues(row)]
    operator = "" if row["p_operator"] == "=" or pd.isna(row["p_operator"]) else row["p_operator"]
    p = "–" if pd.isna(row["p_value"]) else f"{operator}{row['p_value']:g}"
    return [ratio(row["estimate"], row["ci_low"], row["ci_high"]), p, _issues(row)]


def _issues(row: pd.Series) -> str:
    return "–" if pd.isna(row["issue_id"]) else str(row["issue_id"]).replace(";", ", ")


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: Cox regression for each endpoint{words.left_out}; where one arm has no "
        "event, Firth's penalty with limits and p from the profile likelihood; log-rank test; "
        "Schoenfeld test of proportional hazards"
    )


ANALYSIS = AnalysisType("hazard_ratios", make, table, says, holds_printed=True)
