"""What at index goes with the outcome: one factor at a time and all together, as forest plots.

Survival endpoints by Cox; where events compete, the cause-specific hazard (what drives the event)
and Fine and Gray's subdistribution hazard (whom it befalls); an outcome of yes or no by logistic
regression. One at a time uses those whose value is known; together, the unknown are flagged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import events_of
from myelomart.display.numbers import NOTHING, p_value, ratio
from myelomart.display.table import Table
from myelomart.errors import MyelomartError, NoData
from myelomart.figures.forest_plot import ratio_forest
from myelomart.matching.overlap import merge_rare_levels
from myelomart.population.comparison import UNKNOWN, model_covariates
from myelomart.population.members import followed, members
from myelomart.population.rare_levels import (
    fewest_of,
    merged_in_words,
    merging_in_words,
)
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cause_specific_regression, cox_regression, fine_gray
from myelomart.tables.logistic import logistic_regression

FEWEST_EVENTS = 5  # per term of a model of several factors (Vittinghoff, McCulloch 2007)
RATIO = ("hr", "ci_low", "ci_high", "p")
RATIOS = {"hr": "hazard_ratio", "shr": "subdistribution_hazard_ratio", "odds_ratio": "odds_ratio"}


@dataclass(frozen=True)
class _Outcome:
    """What is modelled: of whom, with which kind of ratio, and who had it."""

    analysis: Analysis
    label: str
    endpoint_id: str
    kind: str
    rows: pd.DataFrame
    happened: pd.Series
    units: dict[str, tuple[float, str]]  # of a number: by how much a ratio is, and in words


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add a ratio per factor and outcome, alone and together with the others."""
    persons = members(study, analysis, data)
    units = {
        one.covariate_id: (float(one.ratio_unit), one.unit_label)
        for one in data.rows["ratio_units"].itertuples()
    }
    factors = [
        one for one in study.covariates_of(analysis)
        if one.covariate_id != analysis.outcome_covariate_id
    ]  # fmt: skip
    if persons[[one.covariate_id for one in factors]].isna().all(axis=None):
        raise NoData(f"none of the factors is known of any of {len(persons)} persons")
    if analysis.outcome_covariate_id:
        one = study.covariate(analysis.outcome_covariate_id)
        known = persons[persons[one.covariate_id].notna()]
        if not len(known):
            raise NoData(f"«{one.label}» is not known of any of {len(persons)} persons")
        happened = pd.to_numeric(known[one.covariate_id]).to_numpy(float)

        def odds(rows: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
            place = known.index.get_indexer(rows.index)
            return logistic_regression(happened[place], model).table()

        counted = pd.Series(happened, index=known.index)
        outcome = _Outcome(
            analysis, one.label, one.covariate_id, "odds_ratio", known, counted, units
        )
        _models(outcome, factors, odds, results)
    for endpoint in _endpoints(study, analysis):
        rows = followed(persons, data, endpoint)
        _endpoint(analysis, endpoint, rows, factors, units, results)


def _endpoints(study: Study, analysis: Analysis) -> list[Endpoint]:
    """The endpoints named; none when a yes-or-no outcome is what is modelled."""
    if analysis.outcome_covariate_id and not analysis.endpoint_ids:
        return []
    return study.endpoints_of(analysis)


def _endpoint(analysis, endpoint: Endpoint, rows, factors, units, results) -> None:
    def time(own):
        return own["time_days"].to_numpy(float)

    def cox(own, model):
        return cox_regression(time(own), (own["event"] == 1).to_numpy(), model).table()

    def cause_specific(own, model):
        return cause_specific_regression(time(own), own["event"].to_numpy(), model).table()

    def subdistribution(own, model):
        return fine_gray(time(own), own["event"].to_numpy(), model).table()

    happened = (rows["event"] == 1).astype(float)
    fits: dict[str, Callable] = {"hr": cox}
    if (rows["event"] == 2).any():
        fits = {"hr": cause_specific, "shr": subdistribution}
    for kind, fit in fits.items():
        about = (analysis, endpoint.label, endpoint.endpoint_id, kind)
        outcome = _Outcome(*about, rows, happened, units)
        _models(outcome, factors, fit, results)


def _models(outcome: _Outcome, factors: list[Covariate], fit: Callable, results: Results) -> None:
    """Both models of one outcome with one kind of ratio, and their forest plot."""
    fewest = fewest_of(outcome.analysis)
    rows, told = outcome.rows, f"{outcome.analysis.output_id}, {outcome.label}"
    alone: dict[tuple[str, str], dict] = {}
    for one in factors:
        known = rows[rows[one.covariate_id].notna()]
        terms, refusal, _ = _fit(fit, known, (one,), fewest)
        for term in terms if refusal is None else _blank(one):
            line = _add(outcome, "univariable", one, term, known, results)
            alone[one.covariate_id, term["level"]] = line
    kept = _without_separated(outcome, factors, results)
    terms, refusal, rare = _fit(fit, rows, tuple(kept), fewest)
    for one in factors:
        if one.covariate_id in rare:
            said = merged_in_words(one.label, rare[one.covariate_id])
            results.warnings.append(f"{outcome.analysis.output_id}: {said}")
    if refusal:
        results.warnings.append(f"{told}: no model of all factors together: {refusal}.")
    elif outcome.happened.sum() < FEWEST_EVENTS * len(terms):
        results.warnings.append(
            f"{told}: {outcome.happened.sum():.0f} events for {len(terms)} terms: the model of all "
            "factors together is overfitted."
        )
    by_name = {one.covariate_id: one for one in factors}
    together: dict[tuple[str, str], dict] = {}
    for term in terms:
        one = by_name[term["covariate_id"]]
        line = _add(outcome, "multivariable", one, term, rows, results)
        together[one.covariate_id, term["level"]] = line
    word = RATIOS[outcome.kind].replace("_", " ")
    results.add_figure(
        f"{outcome.analysis.output_id}_{outcome.endpoint_id}_{RATIOS[outcome.kind]}",
        ratio_forest(
            _lines(factors, alone, together), ["with the event / n"], f"{outcome.label}: {word}",
            f"{outcome.label}: {word} per factor, alone and together",
            f"{word[0].upper()}{word[1:]} (95 % CI)", "Wald",
        ),
    )  # fmt: skip


def _without_separated(
    outcome: _Outcome, factors: list[Covariate], results: Results
) -> list[Covariate]:
    """Factors of which no level lacks the event: with such a level a joint model has no maximum.

    Who has the level is told apart from the others by the event alone, so that the ratio is 0. Each
    factor left out is named with that level in a warning.
    """
    kept = []
    for one in factors:
        values = outcome.rows[one.covariate_id]
        levels = values.dropna().unique() if one.value_kind != "number" else ()
        without = sorted(str(x) for x in levels if not outcome.happened[values == x].any())
        if not without:
            kept.append(one)
            continue
        named = f"with {', '.join(without)}" if one.value_kind == "category" else "in one group"
        results.warnings.append(
            f"{outcome.analysis.output_id}, {outcome.label}: {one.label} is left out of the model "
            f"of all factors together, since nobody {named} had the event."
        )
    return kept


def _lines(factors: list[Covariate], alone: dict, together: dict) -> pd.DataFrame:
    """A line of the forest per factor and level, with both ratios where both models have it."""
    places = [key for one in factors for key in dict.fromkeys([*alone, *together])
              if key[0] == one.covariate_id]  # fmt: skip
    lines = []
    for key in places:
        line = together.get(key) or alone[key] | dict.fromkeys(RATIO, np.nan)
        first = alone.get(key, dict.fromkeys(RATIO, np.nan))
        lines.append(line | {f"alone_{name}": first[name] for name in RATIO})
    return pd.DataFrame(lines)


def _fit(fit: Callable, rows: pd.DataFrame, factors: tuple[Covariate, ...], fewest: int):
    """Terms of the model with the covariate of each, the words in which it was refused if it was,
    and the rare levels that were merged."""
    try:
        if not len(rows):
            return [], "nobody has a known value", {}
        wide = rows[[one.covariate_id for one in factors]]
        model, _, rare = model_covariates(wide, factors, fewest)
        table = fit(rows, model)
    except (MyelomartError, np.linalg.LinAlgError) as error:
        return [], _with_labels(str(error).rstrip("."), factors), {}
    levels = {
        name: sorted(model[name].unique())[0] for name in model
        if model[name].dtype == object or isinstance(model[name].dtype, pd.StringDtype)
    }  # fmt: skip
    terms = []
    for term in table.to_dict("records"):
        column = max((c for c in model if term["term"].startswith(c)), key=len)
        owner = max((o.covariate_id for o in factors if column.startswith(o.covariate_id)), key=len)
        level = term["term"][len(column) :].strip("[]")
        unknown = column[len(owner) :].strip()
        terms.append(
            term
            | {
                "covariate_id": owner,
                "level": level or unknown,
                "reference": levels.get(column),
            }  # fmt: skip
        )
    return terms, None, rare


def _with_labels(said: str, factors: tuple[Covariate, ...]) -> str:
    """A refusal that names covariates by their labels, not by their columns."""
    for one in sorted(factors, key=lambda one: len(one.covariate_id), reverse=True):
        column = rf"column {re.escape(one.covariate_id)}(?:\[([^\]]*)\])?"
        said = re.sub(
            column, lambda found, label=one.label: ": ".join(filter(None, (label, found[1]))), said
        )
    return said


def _blank(one: Covariate) -> list[dict]:
    return [{"covariate_id": one.covariate_id, "level": "", "reference": None}]


def _add(outcome: _Outcome, way: str, one: Covariate, term: dict, rows, results) -> dict:
    """Add one ratio of those in ``rows`` and return its line of the forest plot."""
    kind = outcome.kind
    term, label = _per_unit(outcome, one, term)
    value = term.get(kind, np.nan)
    is_known = bool(np.isfinite(value)) and bool(np.isfinite(term.get("ci_high", np.nan)))
    name = label + (f": {term['level']}" if term["level"] else "")
    own = outcome.happened.reindex(rows.index)
    having = _having(rows, one, term["level"], fewest_of(outcome.analysis))
    events, size = int(own[having].sum()), int(having.sum())
    status = None if is_known else "not_estimable"
    results.add(
        outcome.analysis.output_id, f"{RATIOS[kind]}_{way}", estimate=value if is_known else None,
        ci_low=term.get("ci_low"), ci_high=term.get("ci_high"), p_value=term.get("p"),
        p_test="Wald", unit="ratio", numerator=events, denominator=size,
        n_missing=int(outcome.rows[one.covariate_id].isna().sum()), population="all",
        row_group=one.row_group, row_label=name, comparator=term["reference"], arm=outcome.label,
        endpoint=outcome.endpoint_id, time_anchor="index", status=status,
    )  # fmt: skip
    against = f" (against {term['reference']})" if term["reference"] else ""
    return {
        "label": name + against, "group": one.row_group, "beside_1": f"{events} / {size}",
        "hr": value if is_known else np.nan, "ci_low": term.get("ci_low", np.nan),
        "ci_high": term.get("ci_high", np.nan), "p": term.get("p", np.nan), "status": status,
    }  # fmt: skip


def _per_unit(outcome: _Outcome, one: Covariate, term: dict) -> tuple[dict, str]:
    """The ratio of a number per its useful unit, and what it is then called."""
    if one.covariate_id not in outcome.units or term["level"]:
        return term, one.label
    unit, words = outcome.units[one.covariate_id]
    ratios = (outcome.kind, "ci_low", "ci_high")
    scaled = {name: term[name] ** unit for name in ratios if name in term}
    return term | scaled, f"{one.label.split(',')[0]}, {words}"


def _having(rows: pd.DataFrame, one: Covariate, level: str, fewest: int) -> pd.Series:
    """Who has the factor: its level, its yes, or, for a number, a known value."""
    values = rows[one.covariate_id]
    if one.value_kind == "category":
        merged, _ = merge_rare_levels(values.astype(object).fillna(UNKNOWN), fewest)
        return merged == level if level else values.notna()
    if level == UNKNOWN:
        return values.isna()
    if one.value_kind == "binary":
        return pd.to_numeric(values) == 1
    return values.notna()


def table(estimates: list, title: str) -> Table:
    """A row per factor, per outcome and kind of ratio; alone and together with the others."""
    rows: list[list[str]] = []
    outcomes: dict = {}
    for one in estimates:
        kind, _, way = one.statistic.rpartition("_")
        outcomes.setdefault((one.arm, kind), {}).setdefault(one.row_label, {})[way] = one
    for (outcome, kind), factors in outcomes.items():
        rows.append([f"{outcome}: {kind.replace('_', ' ')}"])
        for label, ways in factors.items():
            one = ways.get("univariable") or ways["multivariable"]
            cells = [label, f"against {one.comparator}" if one.comparator else "", events_of(one)]
            for way in ("univariable", "multivariable"):
                found = ways.get(way)
                if found is None:
                    cells += [NOTHING, NOTHING]
                else:
                    cells += [ratio(found.estimate, found.ci_low, found.ci_high),
                              p_value(found.p_value)]  # fmt: skip
            rows.append(cells)
    columns = ["", "reference", "with the event / n"]
    columns += ["alone (95 % CI)", "p", "together (95 % CI)", "p"]
    note = (
        "Alone: persons with a known value. Together: one model of all factors, unknown as a level "
        "of its own. Numbers: ratio per unit."
    )
    return Table(title, columns, rows, note)


def says(words: Words) -> str:
    """The method in words."""
    said = f"{words.of}: each factor alone, then all together"
    if words.row.endpoint_ids or not words.to:
        said += f"; Cox regression{words.left_out}"
        if words.competing:
            said += ", cause-specific and Fine-Gray where events compete"
    said += f"; {merging_in_words(words.row)}"
    return f"{said}; logistic regression for {words.to}" if words.to else said


ANALYSIS = AnalysisType("prognostic_factors", make, table, says)
