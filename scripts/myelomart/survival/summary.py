"""Everything `myelomart survival` prints: one dictionary from a frame and the options.

Keys are those of docs/schemas/survival.json. What cannot be estimated is None, with a sentence in
``notes`` where the reason is not plain.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import (
    alike_but_for_case,
    complete_rows,
    covariates,
    equal_to,
    flags,
    label,
    matches,
    numbers,
    refuse_repeated,
    sorted_codes,
)
from myelomart.sensitivity.unmeasured_terms import bias_of_terms
from myelomart.survival.asked import count_rows, curve_rows
from myelomart.survival.competing_risks import cumulative_incidence, gray_test
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.fine_gray import fine_gray
from myelomart.survival.firth import profile_limits, profile_p
from myelomart.survival.immortal_time import exposure_effect
from myelomart.survival.inputs import time_grid
from myelomart.survival.kaplan_meier import CONF_TYPES, kaplan_meier, reverse_kaplan_meier
from myelomart.survival.logrank import logrank_test
from myelomart.survival.proportionality import TRANSFORMS, proportionality_test
from myelomart.survival.restricted_mean import (
    RestrictedMean,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)


@dataclass(frozen=True)
class SurvivalOptions:
    """Columns and choices; see `myelomart survival --help`."""

    time: str
    event: str
    event_value: str | None = None
    entry: str | None = None
    group: str | None = None
    strata: str | None = None
    covariates: tuple[str, ...] = ()
    ties: str = "efron"
    penalty: str | None = None
    cluster: str | None = None
    weights: str | None = None
    conf_type: str = "log-log"
    rho: float = 0
    tau: float | None = None
    at: tuple[float, ...] = ()
    competing: str | None = None
    zph: str = "km"
    adjusted: tuple[str, ...] = ()
    bias: str | None = None
    person: str | None = None
    exposure_start: str | None = None
    landmarks: tuple[float, ...] = ()

    def columns(self) -> list[str]:
        """Every column the analysis reads."""
        single = (self.time, self.event, self.entry, self.group, self.strata, self.cluster)
        return [name for name in (*single, self.weights, self.person, *self.covariates) if name]


@dataclass(frozen=True)
class _Rows:
    """The columns as arrays (n,), None when not asked for."""

    time: np.ndarray
    event: np.ndarray
    code: np.ndarray | None
    entry: np.ndarray | None
    group: np.ndarray | None
    labels: list[str]
    strata: np.ndarray | None
    cluster: np.ndarray | None
    weights: np.ndarray | None


def survival_summary(frame: pd.DataFrame, options: SurvivalOptions) -> dict:
    """Analyse a file's rows; raises StatisticsError in words.

    >>> frame = pd.DataFrame({"months": [2, 4, 5, 7, 9, 12], "died": [1, 1, 0, 1, 1, 0]})
    >>> summary = survival_summary(frame, SurvivalOptions(time="months", event="died"))
    >>> summary["n"], summary["groups"][0]["median"]
    (6, 7.0)
    """
    _check(options)
    complete = complete_rows(frame, options.columns())
    labelled = filter(None, (options.group, options.strata, *options.covariates))
    notes = alike_but_for_case(complete.frame, list(labelled))
    if options.person:
        return _recurrent(complete, options, notes)
    rows = _rows(complete.frame, options, notes)
    tau = options.tau or _horizon(rows)
    curves = {name: _curve(rows, chosen, options) for name, chosen in _groups(rows)}
    means = _means(curves, tau, rows, notes)
    _note_clusters(rows, notes)
    report = {
        "n": len(rows.time),
        "n_dropped": complete.n_dropped,
        "dropped": complete.dropped,
        "groups": [
            _group(name, curves[name], means[name], rows, chosen, options)
            for name, chosen in _groups(rows)
        ],
        "logrank": _logrank(rows, options, notes),
        "rmst_difference": _contrast(means, restricted_mean_difference),
        "rmst_ratio": _contrast(means, restricted_mean_ratio),
        "cox": _cox(complete.frame, rows, options, notes),
        "competing": _competing(complete.frame, rows, options, notes),
        "exposure": _exposure(frame.loc[complete.frame.index], rows, options),
        "recurrent": None,
    }
    if options.competing:
        notes.append(
            "groups, logrank and cox are cause-specific: the competing event is censored there, so "
            "read incidence from competing.cif, not from 1 - survival"
        )
    report["notes"] = notes
    return report


def _check(options: SurvivalOptions) -> None:
    for value, allowed, name in (
        (options.ties, ("efron", "breslow"), "--ties"),
        (options.conf_type, CONF_TYPES, "--conf-type"),
        (options.zph, TRANSFORMS, "--zph"),
    ):
        if value not in allowed:
            raise StatisticsError(f"{name} {value} is unknown: use one of {', '.join(allowed)}")
    if options.tau is not None and not 0 < options.tau < np.inf:
        raise StatisticsError(f"--tau {options.tau:g}: the horizon lies above 0 and is finite")
    if not abs(options.rho) < np.inf:
        raise StatisticsError(
            f"--rho {options.rho:g}: give a finite number, 0 for the log-rank test"
        )
    _check_asked(options)
    refuse_repeated(options.covariates, "--covariates")
    if options.time == options.event:
        raise StatisticsError(f"column {options.time}: it is both the time and the event")
    ending = {options.time: "follow-up time", options.event: "event"}
    for name in options.covariates:
        if name in ending:
            raise StatisticsError(f"column {name}: the {ending[name]} is no covariate of itself")


def _check_asked(options: SurvivalOptions) -> None:
    """Refuse what is asked of a model that is not asked for, or of rows that are no follow-up."""
    is_modelled = bool(options.covariates or options.group)
    for option, value in (("--adjusted", options.adjusted), ("--bias", options.bias)):
        if value and not is_modelled:
            raise StatisticsError(f"{option} is of the Cox model: name --covariates or --group")
    if bool(options.exposure_start) != bool(options.landmarks):
        raise StatisticsError(
            "--exposure-start and --landmark go together: ever against never exposed is shown only "
            "beside what is not biased"
        )
    if options.person is None:
        return
    unused = ("entry", "strata", "covariates", "cluster", "weights", "exposure_start", "bias")
    said = [f"--{name.replace('_', '-')}" for name in unused if getattr(options, name)]
    if said:
        raise StatisticsError(
            f"--person counts events of persons, and takes no {' or '.join(said)}"
        )


def _rows(frame: pd.DataFrame, options: SurvivalOptions, notes) -> _Rows:
    """The frame's columns, checked; times that differ by rounding alone are made one."""
    time = numbers(frame, options.time, refuse_negative=True)
    entry = numbers(frame, options.entry) if options.entry else None
    if entry is not None and (entry >= time).any():
        bad = entry >= time
        raise StatisticsError(
            f"column {options.entry}: {int(bad.sum())} of {len(frame)} rows enter at or after "
            f"their own {options.time} (first in row {bad.idxmax() + 1}): mend or drop them"
        )
    code = _codes(frame, options, notes) if options.competing else None
    event = (
        (code == 1) if code is not None else flags(frame, options.event, options.event_value) == 1
    )
    if not event.any():
        raise StatisticsError(
            f"column {options.event}: none of {len(frame)} rows has an event, all are censored"
        )
    weights = numbers(frame, options.weights) if options.weights else None
    if weights is not None and (weights <= 0).any():
        bad = weights <= 0
        raise StatisticsError(
            f"column {options.weights}: {int(bad.sum())} of {len(frame)} rows are zero or negative "
            f"(first in row {bad.idxmax() + 1}): drop rows without weight"
        )
    group, labels = _group_codes(frame, options.group) if options.group else (None, ["all"])
    entries = None if entry is None else entry.to_numpy()
    grid, index, entry_index = time_grid(time.to_numpy(), entries)
    return _Rows(
        grid[index], np.asarray(event), None if code is None else np.asarray(code),
        None if entries is None else grid[entry_index], group, labels,
        _plain(frame, options.strata), _plain(frame, options.cluster),
        None if weights is None else weights.to_numpy(),
    )  # fmt: skip


def _plain(frame, name):
    return frame[name].to_numpy() if name else None


def _codes(frame, options, notes) -> np.ndarray:
    """0 censored, 1 the event of interest, 2 the competing one; other values are refused."""
    column = frame[options.event]
    interest = matches(frame, options.event, options.event_value or "1")
    rival, censored = equal_to(column, options.competing), equal_to(column, "0")
    if (interest & rival).any():
        raise StatisticsError("--competing and --event-value name the same value: they must differ")
    other = ~(interest | rival | censored)
    if other.any() and not rival.any():
        matches(frame, options.event, options.competing)  # a value misspelt: says what there is
    if other.any():
        row = other.idxmax()
        raise StatisticsError(
            f"column {options.event}: {int(other.sum())} of {len(frame)} rows are neither 0 "
            f"(censored), the event, nor the competing event (first in row {row + 1}: "
            f"{column[row]})"
        )
    if not rival.any():
        notes.append(
            f"none of {len(frame)} rows has the competing event {options.competing}: its incidence "
            "is 0 throughout"
        )
    return interest.to_numpy() + 2 * rival.to_numpy()


def _group_codes(frame, name) -> tuple[np.ndarray, list[str]]:
    """Codes (n,) in sorted order of the labels; one group, or one of a single row, is refused."""
    codes, values = sorted_codes(frame[name])
    counts = np.bincount(codes)
    if len(values) < 2:
        raise StatisticsError(
            f"column {name}: all {len(frame)} rows are in one group ({label(values[0])}): "
            "a comparison needs two or more"
        )
    if counts.min() < 2:
        raise StatisticsError(
            f"column {name}: the group {label(values[int(counts.argmin())])} has 1 row of "
            f"{len(frame)}: merge it with another or drop it"
        )
    return codes, [label(value) for value in values]


def _means(curves, tau, rows: _Rows, notes) -> dict[str, RestrictedMean]:
    """The restricted mean of each group to one horizon; NaN, and a note, without one."""
    open_ = RestrictedMean(float("nan"), float("nan"), float("nan"))
    if not tau > 0:
        none = [name for name, chosen in _groups(rows) if not rows.time[chosen].max() > 0]
        notes.append(
            f"no restricted mean: the follow-up of {', '.join(none)} ends at time 0, so there is "
            "no common horizon"
        )
        return dict.fromkeys(curves, open_)
    means = {name: restricted_mean(curve, tau) for name, curve in curves.items()}
    short = [name for name, mean in means.items() if np.isnan(mean.estimate)]
    if short:
        notes.append(
            f"no restricted mean of {', '.join(short)}: follow-up ends before tau = {tau:g} with "
            "survival left"
        )
    if rows.weights is not None and (rows.weights == np.floor(rows.weights)).all():
        notes.append(
            "the weights are whole numbers: limits of the curves and the Cox model count a row as "
            "that many patients, as R does; log-rank and restricted mean count it as one of that "
            "weight: with --cluster all do"
        )
    return means


def _note_clusters(rows: _Rows, notes) -> None:
    """Say where all rows are in one cluster, which leaves no robust variance."""
    if rows.cluster is None:
        return
    alone = [name for name, chosen in _groups(rows) if len(pd.unique(rows.cluster[chosen])) < 2]
    if len(pd.unique(rows.cluster)) < 2:
        notes.append(
            f"all {len(rows.time)} rows are in one cluster: there is no robust variance, so "
            "limits, standard errors and tests are left open"
        )
    elif alone:
        notes.append(
            f"all rows of {', '.join(alone)} are in one cluster: its curve has no robust variance"
        )


def _groups(rows: _Rows):
    """Label and row mask of each group."""
    if rows.group is None:
        return [("all", np.ones(len(rows.time), bool))]
    return [(name, rows.group == code) for code, name in enumerate(rows.labels)]


def _horizon(rows: _Rows) -> float:
    """The largest time that every group's follow-up reaches; 0 where one ends at 0."""
    return float(min(rows.time[chosen].max() for _, chosen in _groups(rows)))


def _part(values, chosen):
    return None if values is None else values[chosen]


def _curve(rows, chosen, options, reverse=False):
    estimate = reverse_kaplan_meier if reverse else kaplan_meier
    return estimate(
        rows.time[chosen], rows.event[chosen], entry=_part(rows.entry, chosen),
        weights=_part(rows.weights, chosen), cluster=_part(rows.cluster, chosen),
        conf_type=options.conf_type,
    )  # fmt: skip


def _group(name, curve, mean, rows, chosen, options) -> dict:
    followup = _curve(rows, chosen, options, reverse=True)
    median, low, high = curve.quantile(0.5)
    followed, followed_low, followed_high = followup.quantile(0.5)
    return {
        "group": name,
        "n": curve.n,
        "events": _count(curve.events),
        "conf_type": options.conf_type,
        "median": median,
        "median_ci_low": low,
        "median_ci_high": high,
        "rmst": mean.estimate,
        "rmst_se": mean.se,
        "tau": mean.tau,
        "followup_median": followed,
        "followup_ci_low": followed_low,
        "followup_ci_high": followed_high,
        "at": _moments(curve, options.at) if options.at else [],
    }


def _moments(curve, times) -> list[dict]:
    """Rows of survival at given times, counts as whole numbers where they are."""
    return [
        {**row, "n_risk": _count(row["n_risk"]), "n_event": _count(row["n_event"])}
        for row in curve.at(times).to_dict("records")
    ]


def _count(value: float):
    """A count: whole unless case weights make it otherwise."""
    return int(value) if float(value).is_integer() else value


def _logrank(rows, options, notes):
    if rows.group is None:
        return None
    try:
        test = logrank_test(
            rows.time, rows.event, rows.group, strata=rows.strata, rho=options.rho,
            entry=rows.entry, weights=rows.weights, cluster=rows.cluster,
        )  # fmt: skip
    except StatisticsError as cause:
        notes.append(f"no {cause}")
        return None
    return {"chi2": test.chi2, "df": test.df, "p": test.p, "rho": options.rho}


def _contrast(means: dict, contrast) -> dict | None:
    """Difference or ratio of the restricted means of two groups."""
    if len(means) != 2:
        return None
    found = contrast(*means.values())
    return {
        name: getattr(found, name) for name in ("estimate", "se", "ci_low", "ci_high", "p", "tau")
    }


def _exposure(frame, rows: _Rows, options) -> list[dict] | None:
    """Exposure that begins during follow-up: time-varying, at landmarks, and naive beside them."""
    if options.exposure_start is None:
        return None
    if options.exposure_start not in frame.columns:
        raise StatisticsError(
            f"column {options.exposure_start}: the file has no such column; it has "
            f"{', '.join(frame.columns)}"
        )
    is_exposed = frame[options.exposure_start].notna().to_numpy()
    starts = np.full(len(frame), np.nan)  # missing: never exposed
    starts[is_exposed] = numbers(frame[is_exposed], options.exposure_start)
    design = covariates(frame, list(options.covariates)) if options.covariates else None
    effect = exposure_effect(
        rows.time, rows.event, starts, landmarks=options.landmarks, covariates=design
    )
    return effect.table().to_dict("records")


def _recurrent(complete, options, notes) -> dict:
    """Events that persons have more than once: the mean cumulative count, and nothing else."""
    frame = complete.frame
    time = numbers(frame, options.time, refuse_negative=True).to_numpy()
    if options.competing:
        kind = _codes(frame, options, notes)
    else:
        kind = flags(frame, options.event, options.event_value).to_numpy()
    group, labels = _group_codes(frame, options.group) if options.group else (None, ["all"])
    groups = [
        (name, np.ones(len(frame), bool) if group is None else group == code)
        for code, name in enumerate(labels)
    ]
    report = dict.fromkeys(
        ("logrank", "rmst_difference", "rmst_ratio", "cox", "competing", "exposure")
    )
    counts = count_rows(frame[options.person].to_numpy(), time, kind, groups, options.at)
    told = {"n": len(frame), "n_dropped": complete.n_dropped, "dropped": complete.dropped}
    return told | {"groups": [], **report, "recurrent": counts, "notes": notes}


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


def _cox(frame, rows, options, notes):
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
        "bias": bias_of_terms(fit.table(), options.bias) if options.bias else [],
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


def _competing(frame, rows, options, notes):
    if rows.code is None:
        return None
    names = {1: _code(options.event_value or "1"), 2: _code(options.competing)}
    incidence = []
    for name, chosen in _groups(rows):
        curves = cumulative_incidence(
            rows.time[chosen], rows.code[chosen], entry=_part(rows.entry, chosen),
            weights=_part(rows.weights, chosen), cluster=_part(rows.cluster, chosen),
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
