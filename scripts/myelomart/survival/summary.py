"""Everything `myelomart survival` prints: one dictionary from a frame and the options.

Keys are those of docs/schemas/survival.json. What cannot be estimated is None, with a sentence in
``notes`` where the reason is not plain.
"""

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import (
    alike_but_for_case,
    complete_rows,
    covariates,
    flags,
    numbers,
    refuse_repeated,
)
from myelomart.survival.asked import count_rows, rate_terms
from myelomart.survival.immortal_time import exposure_effect
from myelomart.survival.kaplan_meier import CONF_TYPES, kaplan_meier, reverse_kaplan_meier
from myelomart.survival.logrank import logrank_test
from myelomart.survival.proportionality import TRANSFORMS
from myelomart.survival.restricted_mean import (
    RestrictedMean,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)
from myelomart.survival.risks import risk_difference
from myelomart.survival.summary_models import competing_part, cox_part
from myelomart.survival.summary_plateau import plateau_part, spline_part
from myelomart.survival.summary_rows import (
    Rows,
    SurvivalOptions,
    cause_codes,
    group_codes,
)


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
    rows = Rows.of(complete.frame, options, notes)
    tau = options.tau or _horizon(rows)
    curves = {name: _curve(rows, chosen, options) for name, chosen in rows.groups()}
    means = _means(curves, tau, rows, notes)
    _note_clusters(rows, notes)
    report = {
        "n": len(rows.time),
        "n_dropped": complete.n_dropped,
        "dropped": complete.dropped,
        "groups": [
            _group(name, curves[name], means[name], rows, chosen, options)
            for name, chosen in rows.groups()
        ],
        "logrank": _logrank(rows, options, notes),
        "rmst_difference": _contrast(means, restricted_mean_difference),
        "rmst_ratio": _contrast(means, restricted_mean_ratio),
        "risk_difference": _risk_differences(rows, options),
        "cox": cox_part(complete.frame, rows, options, notes),
        "competing": competing_part(complete.frame, rows, options, notes),
        "exposure": _exposure(frame.loc[complete.frame.index], rows, options),
        "recurrent": None,
        "rates": None,
        "plateau": plateau_part(complete.frame, rows, options, notes),
        "spline": spline_part(rows, options, notes),
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
    if options.adjusted and not is_modelled:
        raise StatisticsError("--adjusted is of the Cox model: name --covariates or --group")
    if bool(options.exposure_start) != bool(options.landmarks):
        raise StatisticsError(
            "--exposure-start and --landmark go together: ever against never exposed is shown only "
            "beside what is not biased"
        )
    modelled = options.cure is not None or options.knots is not None
    unused = ("entry", "weights", "person")
    said = [f"--{name}" for name in unused if modelled and getattr(options, name)]
    if said:
        raise StatisticsError(f"--cure and --knots take no {' or '.join(said)}")
    if options.person is None:
        return
    unused = ("entry", "strata", "cluster", "weights", "exposure_start")
    said = [f"--{name.replace('_', '-')}" for name in unused if getattr(options, name)]
    if said:
        raise StatisticsError(
            f"--person counts events of persons, and takes no {' or '.join(said)}"
        )


def _means(curves, tau, rows: Rows, notes) -> dict[str, RestrictedMean]:
    """The restricted mean of each group to one horizon; NaN, and a note, without one."""
    open_ = RestrictedMean(float("nan"), float("nan"), float("nan"))
    if not tau > 0:
        none = [name for name, chosen in rows.groups() if not rows.time[chosen].max() > 0]
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


def _note_clusters(rows: Rows, notes) -> None:
    """Say where all rows are in one cluster, which leaves no robust variance."""
    if rows.cluster is None:
        return
    alone = [name for name, chosen in rows.groups() if len(pd.unique(rows.cluster[chosen])) < 2]
    if len(pd.unique(rows.cluster)) < 2:
        notes.append(
            f"all {len(rows.time)} rows are in one cluster: there is no robust variance, so "
            "limits, standard errors and tests are left open"
        )
    elif alone:
        notes.append(
            f"all rows of {', '.join(alone)} are in one cluster: its curve has no robust variance"
        )


def _horizon(rows: Rows) -> float:
    """The largest time that every group's follow-up reaches; 0 where one ends at 0."""
    return float(min(rows.time[chosen].max() for _, chosen in rows.groups()))


def _curve(rows, chosen, options, reverse=False):
    estimate = reverse_kaplan_meier if reverse else kaplan_meier
    return estimate(
        rows.time[chosen], rows.event[chosen], entry=rows.within("entry", chosen),
        weights=rows.within("weights", chosen), cluster=rows.within("cluster", chosen),
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


def _risk_differences(rows: Rows, options) -> list[dict] | None:
    """The second group's risk less the first's at each time of --at, with the number needed."""
    if len(rows.labels) != 2 or not options.at:
        return None
    code = rows.event.astype(int) if rows.code is None else rows.code
    told = []
    for moment in options.at:
        found = risk_difference(
            rows.time, code, rows.group == 1, moment, entry=rows.entry, weights=rows.weights,
            cluster=rows.cluster,
        )  # fmt: skip
        needed = found.number_needed
        told.append(
            {
                "time": moment,
                "risk_first": found.first.estimate,
                "risk_second": found.second.estimate,
                **{name: getattr(found, name) for name in ("estimate", "se", "ci_low", "ci_high")},
                "p": found.p,
                "nnt": needed.estimate,
                "nnt_ci_low": needed.ci_low,
                "nnt_ci_high": needed.ci_high,
                "nnt_in_words": needed.in_words(),
            }
        )
    return told


def _exposure(frame, rows: Rows, options) -> list[dict] | None:
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
    """Events that persons have more than once: the mean cumulative count, the ratio of rates."""
    frame = complete.frame
    time = numbers(frame, options.time, refuse_negative=True).to_numpy()
    if options.competing:
        kind = cause_codes(frame, options, notes)
    else:
        kind = flags(frame, options.event, options.event_value).to_numpy()
    group, labels = group_codes(frame, options.group) if options.group else (None, ["all"])
    groups = [
        (name, np.ones(len(frame), bool) if group is None else group == code)
        for code, name in enumerate(labels)
    ]
    report = dict.fromkeys(
        (
            "logrank", "rmst_difference", "rmst_ratio", "risk_difference", "cox", "competing",
            "exposure", "plateau", "spline",
        )
    )  # fmt: skip
    known = frame
    if len(labels) > 2:  # three groups are no number
        known = frame.assign(**{options.group: np.asarray(labels, dtype=object)[group]})
    names = options.covariates or options.group
    try:
        rates = rate_terms(known, options.person, time, kind, names)
    except StatisticsError as cause:
        if options.covariates:
            raise
        rates = None
        notes.append(f"no ratio of rates: {cause}")
    counts = count_rows(frame[options.person].to_numpy(), time, kind, groups, options.at)
    told = {"n": len(frame), "n_dropped": complete.n_dropped, "dropped": complete.dropped}
    return told | {"groups": [], **report, "recurrent": counts, "rates": rates, "notes": notes}
