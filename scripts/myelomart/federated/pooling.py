"""Packs of several sites as one study: the pooled results, marked as such, on the same page.

Each kind of analysis is pooled in its own way: flows, tables and balances by sums, hazard ratios by
likelihood profiles, curves by summed risk sets, rates by a binomial-normal model. What cannot be
pooled from aggregates says so, and what a site lacks is named with the site.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from myelomart import __version__
from myelomart.disclosure.curves import FEWEST_POINTS, ROUNDED
from myelomart.display.cells import SUPPRESSED
from myelomart.errors import MyelomartError, StatisticsError
from myelomart.estimates.curves import keep_curve
from myelomart.federated.pack import Pack, PackedStudy, refuse_unlike
from myelomart.federated.pooled_curves import level_at, median_of, pooled_curve
from myelomart.federated.pooled_page import TEST, pooled_chapter
from myelomart.federated.pooled_ratios import (
    LEAD,
    add_ratios,
    adjusted_start,
    adjusted_step,
    forest_rows,
    pooled_ratios,
    profiles_of,
)
from myelomart.federated.pooled_sums import LABEL, add_sums, word
from myelomart.federated.profile_rules import RULES
from myelomart.federated.rates import pooled_rate
from myelomart.federated.study_rows import frame_of, seeds_that_differ, study_of
from myelomart.figures.forest_plot import ratio_forest
from myelomart.figures.love_plot import love_plot
from myelomart.figures.survival_plot import coarse_plot
from myelomart.publishing import Run
from myelomart.report.sources import Source
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

FEWEST_SITES = 2
NO_CURVE = "No site shows a curve: each has steps of too few events."
NOT_POOLED = "Not pooled: this kind of analysis needs rows; each site's own is in its pack."


@dataclass(frozen=True)
class Pooled:
    """The pooled studies, and per study the start of a second round of adjusted models."""

    run: Run
    starts: dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class _Sites:
    """One study at every site."""

    study: Study
    packs: dict[str, PackedStudy]

    def estimates(self, analysis: Analysis) -> pd.DataFrame:
        return self._stacked("estimates", analysis)

    def curves(self, analysis: Analysis) -> pd.DataFrame:
        return self._stacked("curves", analysis)

    def frames(self, name: str) -> dict[str, pd.DataFrame]:
        return {site: one.frames[name] for site, one in self.packs.items()}

    def _stacked(self, name: str, analysis: Analysis) -> pd.DataFrame:
        frames = [getattr(one, name).assign(site=site) for site, one in self.packs.items()]
        whole = pd.concat(frames, ignore_index=True)
        return whole[whole["analysis_id"] == analysis.analysis_id]


def pool_packs(packs: list[Pack]) -> Pooled:
    """The studies of ``packs`` over their sites.

    Raises ``MyelomartError`` for fewer than two packs, and for packs whose study rows or rule sets
    differ: it names the rows.
    """
    if len(packs) < FEWEST_SITES:
        raise MyelomartError("one pack is one site: give the packs of two sites or more.")
    refuse_unlike(packs)
    chapters, starts, sources = [], {}, _sources(packs)
    for study_id in packs[0].studies:
        sites = {one.site: one.studies[study_id] for one in packs}
        first = packs[0].studies[study_id]
        study = study_of(first.rows)
        results, starts[study_id] = _pool_study(_Sites(study, sites), packs)
        named = ", ".join(sites)
        marked = replace(study, title=f"{study.title}: pooled over {len(sites)} sites ({named})")
        data = StudyData(
            published=first.published, main_results=frame_of(first.rows["main_results"])
        )
        chapters.append(pooled_chapter(marked, results, data, sources))
    return Pooled(Run(chapters, _facts(packs), None, sources), starts)


def _sources(packs: list[Pack]) -> tuple[Source, ...]:
    """The sources of all sites, each by the name of its site."""
    found = []
    for one in packs:
        for source in one.sources:
            name = one.site if len(one.sources) == 1 else f"{one.site}, {source.source_name}"
            described = source.database_name or source.source_name
            found.append(
                replace(source, source_name=name, database_name=f"{one.site}: {described}")
            )
    return tuple(found)


def _facts(packs: list[Pack]) -> dict:
    first = packs[0].facts
    sites = [
        f"{one.site} (policy {one.policy.name}, profiles {one.profiles}, {one.facts['Version']})"
        for one in packs
    ]
    facts = {
        "Pooled": f"{len(packs)} sites: {'; '.join(sites)}",
        "Version": f"myelomart {__version__}", "Rule set": packs[0].rule_set.name,
        "Sources": ", ".join(one.site for one in packs),
    }  # fmt: skip
    inputs = {f"{one.site}: {name}": hashes for one in packs
              for name, hashes in one.facts["inputs"].items()}  # fmt: skip
    return facts | {"inputs": inputs, "models": first["models"]}


def _pool_study(sites: _Sites, packs: list[Pack]) -> tuple[Results, dict[str, dict[str, float]]]:
    results, starts = Results(sites.study.study_id), {}
    results.warnings += _said_of_all(packs)
    for analysis in sites.study.analyses:
        results.analysis_id = analysis.analysis_id
        lacking = {
            site: said for site, one in sites.packs.items()
            if (said := one.manifest.get("missing", {}).get(analysis.analysis_id))
        }  # fmt: skip
        for site, said in lacking.items():
            results.warnings.append(f"{analysis.title}: not of {site}. {said}")
        make = MAKES.get(analysis.analysis_type)
        if make is None or len(lacking) == len(sites.packs):
            results.missing[analysis.analysis_id] = (
                NOT_POOLED if make is None else "No site could make it."
            )
            results.add(analysis.output_id, "not_produced", row_label=analysis.title,
                        status="no_data")  # fmt: skip
            continue
        make(sites, analysis, results, starts)
    results.analysis_id = None
    results.warnings = list(dict.fromkeys(results.warnings))
    return results, starts


def _said_of_all(packs: list[Pack]) -> list[str]:
    """What a reader must know of every number of the page."""
    named = ", ".join(one.site for one in packs)
    said = [
        f"Pooled from aggregates of {named}; no row left a site. Counts are sums of rounded "
        f"counts; where a site hides one the row says{LABEL} and is that of the others. Hazard "
        "ratios are those of the summed likelihood profiles, which is a Cox model stratified by "
        "site; medians of characteristics, tests of proportional hazards and whatever else needs "
        "rows are left to the sites."
    ]
    said += [f"{one.site} shares a profile when {RULES[one.profiles]}." for one in packs]
    first = packs[0]
    for other in packs[1:]:
        if seeds := seeds_that_differ(first.rule_set.codes, other.rule_set.codes):
            said.append(f"{first.site} and {other.site} read different codes: {', '.join(seeds)}.")
        apart = sorted(name for name, told in first.facts["models"].items()
                       if other.facts["models"].get(name) != told)  # fmt: skip
        if apart:
            said.append(
                f"The SQL behind {', '.join(apart)} is not the same at {first.site} and "
                f"{other.site} ({other.facts['Version']})."
            )
    return said


def _sums(sites: _Sites, analysis: Analysis, results: Results, starts: dict) -> None:
    """Flows, tables and balance."""
    own = sites.estimates(analysis)
    add_sums(own, results)
    made = pd.DataFrame([vars(one) for one in results.own_rows(analysis.analysis_id)])
    if not len(made):
        return
    apart = made[made["statistic"] == "standardized_difference"].dropna(subset=["estimate"])
    if len(apart):
        told = apart.rename(columns={"row_label": "label", "row_group": "group", "estimate": "smd"})
        results.add_figure(f"{analysis.output_id}_balance", love_plot(told))


def _rates(sites: _Sites, analysis: Analysis, results: Results, starts: dict) -> None:
    """A table of shares with, for each, what the binomial-normal model says over the sites."""
    _sums(sites, analysis, results, starts)
    own = sites.estimates(analysis)
    shares = own[own["unit"].eq("%").fillna(False) & own["status"].ne(SUPPRESSED).fillna(True)]
    keys = ["output_id", "population", "row_group", "row_label", "arm", "endpoint", "statistic"]
    for values, rows in shares.groupby(keys, dropna=False, sort=False):
        about = dict(zip(keys, map(word, values), strict=True))
        about.pop("statistic")
        _add_rate(about, rows["numerator"].tolist(), rows["denominator"].tolist(), results)


def _add_rate(about: dict, events: list[float], persons: list[float], results: Results) -> None:
    rate = pooled_rate(events, persons)
    if rate is None:
        return
    rest = {name: value for name, value in about.items() if name != "output_id"}
    results.add(
        about["output_id"], "rate_over_sites", estimate=100 * rate.estimate,
        ci_low=100 * rate.ci_low, ci_high=100 * rate.ci_high, range_low=100 * rate.prediction_low,
        range_high=100 * rate.prediction_high, unit="% of a site", **rest,
    )  # fmt: skip


def _ratios(sites: _Sites, analysis: Analysis, results: Results, starts: dict) -> None:
    """Counts by sums, hazard ratios by profiles, a forest of the sites for each endpoint."""
    own, study = sites.estimates(analysis), sites.study
    labels = [study.cohort(name).label
              for name in (analysis.treated_cohort_id, analysis.comparator_cohort_id)]  # fmt: skip
    shown = []
    for endpoint in study.endpoints_of(analysis):
        of_it = own[own["endpoint"] == endpoint.endpoint_id]
        add_sums(of_it[of_it["statistic"].ne("hazard_ratio")], results)
        key = {"analysis_id": analysis.analysis_id, "endpoint": endpoint.endpoint_id}
        counts = {site: frame[(frame["analysis_id"] == key["analysis_id"])
                              & (frame["endpoint"] == key["endpoint"])].set_index("arm")
                  for site, frame in sites.frames("endpoints").items()}  # fmt: skip
        made = results.own_rows(analysis.analysis_id)
        name = next((one.row_label for one in made if one.endpoint == endpoint.endpoint_id),
                    endpoint.label)  # fmt: skip
        common = {
            "population": analysis.population, "row_group": endpoint.row_group, "row_label": name,
            "endpoint": endpoint.endpoint_id, "timepoint_months": endpoint.horizon_months,
            "time_anchor": "index", "arm": labels[0], "comparator": labels[1],
        }  # fmt: skip
        _say_who_withholds(endpoint.label, counts, results)
        for arm in labels:
            both = [rows.loc[arm, ["events", "n"]] for rows in counts.values() if arm in rows.index]
            about = common | {"output_id": analysis.output_id, "arm": arm, "comparator": None}
            _add_rate(about, [one["events"] for one in both], [one["n"] for one in both], results)
        profiles = profiles_of(sites.frames("profiles"), key)
        status = "not_interpretable" if of_it["status"].eq("not_interpretable").any() else None
        line = {"label": endpoint.label, "group": endpoint.row_group}
        line |= dict.fromkeys(("hr", "ci_low", "ci_high", "p"), float("nan"))
        if not profiles:
            status = "not_estimable"
            results.add(analysis.output_id, "hazard_ratio", status=status, **common)
        else:
            found = pooled_ratios(profiles)
            line |= add_ratios(found, analysis.output_id, common, status, results)
            status = line["status"]
            if math.isfinite(found.fixed.estimate):
                _draw_forest(found, counts, labels, analysis, endpoint, results)
        if analysis.adjustment == "covariates":
            _adjusted(sites, analysis, key, common, results, starts)
        line |= {"status": status, "beside_1": f"{len(profiles)} of {len(sites.packs)}"}
        shown.append(line)
    drawn = [one for one in shown if math.isfinite(one["hr"])]
    if not drawn:
        return
    axis = f"◂ fewer after {labels[0]}  |  hazard ratio  |  more after {labels[0]} ▸"
    said = f"Pooled hazard ratios of {labels[0]} against {labels[1]}"
    if without := len(shown) - len(drawn):
        said += f"; {without} of {len(shown)} outcomes have none, see the table"
    results.add_figure(
        f"{analysis.output_id}_forest",
        ratio_forest(pd.DataFrame(drawn), ["Sites, profiles"], axis, said, "HR (95 % CI)", TEST),
    )


def _say_who_withholds(label: str, counts: dict[str, pd.DataFrame], results: Results) -> None:
    """Name the sites without a profile, by reason."""
    why: dict[str, list[str]] = {}
    for site, rows in counts.items():
        if not len(rows):
            why.setdefault("the site could not make the analysis", []).append(site)
        elif isinstance(said := rows["withheld"].iloc[0], str):
            why.setdefault(said, []).append(site)
    for said, names in why.items():
        results.warnings.append(f"{label}: no profile of {', '.join(names)}: {said}.")


def _draw_forest(found, counts, labels, analysis: Analysis, endpoint, results: Results) -> None:
    beside = {site: tuple(_fraction(rows, arm) for arm in labels) for site, rows in counts.items()}
    axis = f"◂ fewer after {labels[0]}  |  hazard ratio  |  more after {labels[0]} ▸"
    said = f"{endpoint.label}: hazard ratios at each site and of all"
    heads = [f"{label}, events / n" for label in labels]
    rows = forest_rows(found, beside)
    rows["group"] = [f"{endpoint.label}: {group}" for group in rows["group"]]
    drawn = ratio_forest(rows, heads, axis, said, "HR (95 % CI)", TEST)
    results.add_figure(f"{analysis.output_id}_{endpoint.endpoint_id}_sites", drawn)


def _fraction(rows: pd.DataFrame, arm: str) -> str:
    if arm not in rows.index:
        return ""
    events, n = rows.loc[arm, "events"], rows.loc[arm, "n"]
    return " / ".join("hidden" if one != one else f"{one:.0f}" for one in (events, n))


def _adjusted(sites: _Sites, analysis, key: dict, common: dict, results: Results, starts) -> None:
    """ODACH: one step from the sites' derivatives; without any, the start for a second round."""
    adjusted = sites.frames("adjusted")
    if start := adjusted_start(adjusted, key):
        starts["/".join(key.values())] = start
    try:
        model = adjusted_step(adjusted, sites.frames("information"), key)
    except StatisticsError as refusal:
        results.warnings.append(
            f"{common['row_label']}: no adjusted model of all sites: {refusal}."
        )
        return
    if model is None or LEAD not in model.names:
        return
    at = model.names.index(LEAD)
    middle, se = float(model.coefficients[at]), float(model.se[at])
    ratio = {"estimate": middle, "ci_low": middle - 1.96 * se, "ci_high": middle + 1.96 * se}
    results.add(
        analysis.output_id, "hazard_ratio_odach", unit="ratio", p_test="Wald, one step",
        **{name: math.exp(value) for name, value in ratio.items()}, **common,
    )  # fmt: skip


def _curves(sites: _Sites, analysis: Analysis, results: Results, starts: dict) -> None:
    """Curves by summed risk sets, with medians and values at the months shown."""
    own, study = sites.curves(analysis), sites.study
    shown = sites.estimates(analysis)
    medians = shown[shown["statistic"] == "median_months"]
    with_curve: set[str] = set()
    labels = {one.endpoint_id: one for one in study.endpoints}
    for (population, endpoint), of_it in own.groupby(["population", "endpoint"], sort=False,
                                                     dropna=False):  # fmt: skip
        about = labels[endpoint]
        drawn, at_risk = {}, {}
        for arm, of_arm in of_it.groupby("arm", sort=False, dropna=False):
            curves = {site: one for site, one in of_arm.groupby("site", sort=False) if len(one) > 1}
            lacks = [site for site in sites.packs if site not in curves]
            if lacks:
                results.warnings.append(f"{about.label}, {arm}: no curve of {', '.join(lacks)}.")
            curve = pooled_curve([one.sort_values("time_months") for one in curves.values()])
            if len(curve) < FEWEST_POINTS:
                continue
            told = medians[(medians["arm"] == arm) & (medians["endpoint"] == endpoint)
                           & (medians["population"] == population)]  # fmt: skip
            _keep(analysis, about, arm, population, curve, told, results)
            drawn[arm] = curve
            at_risk[arm] = level_at(curve, analysis.months, "n_risk")
        if drawn:
            with_curve.add(endpoint)
            results.add_figure(
                f"{analysis.output_id}_{endpoint}",
                coarse_plot(drawn, at_risk, about.label, analysis.months, ROUNDED),
            )
    if not with_curve:
        results.missing[analysis.analysis_id] = NO_CURVE
        results.add(analysis.output_id, "not_produced", row_label=analysis.title, status="no_data")
        return
    add_sums(shown[shown["endpoint"].isin(with_curve)], results)


def _keep(analysis: Analysis, endpoint, arm, population, curve, told, results: Results) -> None:
    """The curve with its median and values; ``told`` are the medians of the sites."""
    keep_curve(
        results, analysis.output_id, endpoint.endpoint_id, arm, population,
        time=curve["time_months"], n_risk=curve["n_risk"], n_event=curve["n_event"],
        n_censored=curve["n_censored"], level=curve["survival"],
        limits=(curve["ci_low"], curve["ci_high"]),
    )  # fmt: skip
    common = {
        "population": population, "row_group": endpoint.row_group, "row_label": endpoint.label,
        "arm": arm, "endpoint": endpoint.endpoint_id, "time_anchor": "index",
    }  # fmt: skip
    middle, low, high = median_of(curve)
    results.add(
        analysis.output_id, "median_months", estimate=middle, ci_low=low, ci_high=high,
        unit="months", numerator=told["numerator"].sum(min_count=1),
        denominator=told["denominator"].sum(min_count=1),
        status=None if middle == middle else "not_reached", **common,
    )  # fmt: skip
    values = {name: level_at(curve, analysis.months, name)
              for name in ("survival", "ci_low", "ci_high", "n_risk")}  # fmt: skip
    for k, month in enumerate(analysis.months):
        if values["survival"][k] == values["survival"][k]:
            results.add(
                analysis.output_id, "survival", estimate=values["survival"][k],
                ci_low=values["ci_low"][k], ci_high=values["ci_high"][k], timepoint_months=month,
                denominator=values["n_risk"][k], **common,
            )  # fmt: skip


MAKES: dict[str, Callable[[_Sites, Analysis, Results, dict], None]] = {
    "attrition": _sums, "baseline": _sums, "cohort_table": _rates, "response_bars": _rates,
    "hazard_ratios": _ratios, "kaplan_meier": _curves, "survival": _curves,
}  # fmt: skip
