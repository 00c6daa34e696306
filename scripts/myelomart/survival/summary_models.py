"""The models that `myelomart survival` prints: Cox, Gray and Fine-Gray."""

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import covariates
from myelomart.survival.asked import curve_rows
from myelomart.survival.competing_risks import cumulative_incidence, gray_test
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.fine_gray import fine_gray
from myelomart.survival.firth import profile_limits, profile_p
from myelomart.survival.inputs import time_grid
from myelomart.survival.proportionality import proportionality_test
from myelomart.survival.summary_rows import Rows, SurvivalOptions


def _model_covariates(frame, rows, options):
    """The covariates asked for, else the group alone; and whether they were asked for."""
    if options.covariates:
        return covariates(frame, list(options.covariates)), True
    if options.group is None:
        return None, False
    column = frame[[options.group]].reset_index(drop=True)
    if len(rows.labels) > 2:
        column[options.group] = np.asarray(rows.labels, dtype=object)[rows.group]
    return column, False


def cox_part(
    frame: pd.DataFrame, rows: Rows, options: SurvivalOptions, notes: list[str]
) -> dict | None:
    """The Cox model of the covariates, else of the group; None where neither is asked for.

    >>> frame = pd.DataFrame({"months": [2, 4, 5], "died": [1, 1, 0], "age": [60, 58, 71]})
    >>> options = SurvivalOptions("months", "died", covariates=("age",))
    >>> cox_part(frame, Rows.of(frame, options, []), options, [])["events"]
    2
    """
    design, asked = _model_covariates(frame, rows, options)
    if design is None:
        return None
    try:
        fit = cox_regression(
            rows.time, rows.event, design, entry=rows.entry, strata=rows.strata,
            cluster=rows.cluster, weights=rows.weights, ties=options.ties, penalty=options.penalty,
        )  # fmt: skip
    except StatisticsError as cause:
        if asked:
            raise
        notes.append(f"no Cox model of the group: {cause}")
        return None
    ratio, wald = fit.likelihood_ratio_test, fit.wald_test
    return {
        "ties": fit.ties,
        "n": fit.n,
        "events": fit.events,
        "loglik_null": fit.log_likelihood_null,
        "loglik": fit.log_likelihood,
        "lr_chi2": ratio.chi2,
        "lr_p": ratio.p,
        "wald_chi2": wald.chi2,
        "wald_p": wald.p,
        "score_chi2": fit.score_test.chi2,
        "score_p": fit.score_test.p,
        "concordance": fit.concordance.estimate,
        "concordance_se": fit.concordance.se,
        "terms": _terms(fit, notes),
        "zph": _proportionality(fit, options.zph, notes),
        "adjusted": curve_rows(fit, design, options.adjusted, options.at, options.conf_type),
        "bias": [],
    }


def _terms(fit: CoxFit, notes) -> list[dict]:
    """The rows of the model; with Firth's penalty limits and p are of the profile likelihood."""
    terms = fit.table().to_dict("records")
    notes += [
        f"the hazard ratio of {term['term']} is beyond what a number holds: measure it in other "
        "units"
        for term in terms
        if not 0 < term["hr"] < np.inf
    ]
    if not fit.penalty:
        return terms
    for position, term in enumerate(terms):
        low, high = term["ci_low"], term["ci_high"]
        p = term["p"]
        if fit.robust_variance is not None:
            low, high = np.exp(profile_limits(fit, position))
            p = profile_p(fit, position)
        term |= {"profile_ci_low": low, "profile_ci_high": high, "profile_p": p}
    if fit.robust_variance is not None:
        notes.append(
            "with Firth's penalty limits and p follow the profile likelihood, which takes no "
            "clusters or fractional weights: the profile_ values ignore them, the wald_ values use "
            "the robust variance"
        )
    return terms


def _proportionality(fit: CoxFit, transform: str, notes):
    if fit.penalty:
        return None
    try:
        test = proportionality_test(fit, transform)
    except StatisticsError as cause:
        notes.append(f"no {cause}")
        return None
    overall = test.overall
    return {
        "transform": transform,
        "terms": test.terms.to_dict("records"),
        "global": {"chi2": overall.chi2, "df": overall.df, "p": overall.p},
    }


def competing_part(
    frame: pd.DataFrame, rows: Rows, options: SurvivalOptions, notes: list[str]
) -> dict | None:
    """Incidences, Gray's test and the Fine-Gray model; None without a competing event.

    >>> frame = pd.DataFrame({"months": [2, 4, 5, 7], "status": [1, 2, 1, 0]})
    >>> options = SurvivalOptions("months", "status", competing="2")
    >>> len(competing_part(frame, Rows.of(frame, options, []), options, [])["cif"])
    6
    """
    if rows.code is None:
        return None
    names = {1: _code(options.event_value or "1"), 2: _code(options.competing)}
    incidence = []
    for name, chosen in rows.groups():
        curves = cumulative_incidence(
            rows.time[chosen], rows.code[chosen], entry=rows.within("entry", chosen),
            weights=rows.within("weights", chosen), cluster=rows.within("cluster", chosen),
            causes=(1, 2), conf_type=options.conf_type,
        )  # fmt: skip
        grid, index, _ = time_grid(rows.time[chosen])
        moments = options.at or grid[np.unique(index[rows.code[chosen] > 0])]
        for cause, curve in curves.items():
            table = curve.at(moments)
            table.insert(0, "group", name)
            table.insert(1, "cause", names[cause])
            incidence += table.to_dict("records")
    return {
        "cif": incidence,
        "gray": _gray(rows, options, notes),
        "fine_gray": _fine_gray(frame, rows, options, notes),
    }


def _code(value: str):
    """An event code as the file has it: a whole number, or text."""
    return int(value) if value.lstrip("-").isdigit() else value


def _gray(rows, options, notes):
    if rows.group is None:
        return None
    unused = [name for name in ("entry", "cluster", "weights") if getattr(rows, name) is not None]
    if unused:
        notes.append(f"no Gray's test: it does not take {' or '.join(unused)}")
        return None
    try:
        test = gray_test(rows.time, rows.code, rows.group, strata=rows.strata, rho=options.rho)
    except StatisticsError as cause:
        notes.append(f"no {cause}")
        return None
    return {"chi2": test.chi2, "df": test.df, "p": test.p}


def _fine_gray(frame, rows, options, notes):
    design, asked = _model_covariates(frame, rows, options)
    if design is None:
        return None
    unused = [
        name
        for name in ("entry", "strata", "cluster", "weights")
        if getattr(rows, name) is not None
    ]
    if unused:
        notes.append(f"no Fine-Gray model: it does not take {' or '.join(unused)}")
        return None
    try:
        fit = fine_gray(rows.time, rows.code, design)
    except StatisticsError as cause:
        if asked:
            raise
        notes.append(f"no Fine-Gray model of the group: {cause}")
        return None
    return {"n": fit.n, "terms": fit.table().to_dict("records")}
