"""What `myelomart survival --cure` and `--knots` print: cured shares, the tail, the spline."""

from __future__ import annotations

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import covariates
from myelomart.survival.cure import LATENCIES, cure_model
from myelomart.survival.flexible import spline_model
from myelomart.survival.follow_up import follow_up
from myelomart.survival.summary_rows import Rows, SurvivalOptions


def plateau_part(
    frame: pd.DataFrame, rows: Rows, options: SurvivalOptions, notes: list[str]
) -> list[dict] | None:
    """A row per group with its cured share and what follow-up allows; None where not asked for.

    With covariates one more row has their terms in the share that is not cured.

    >>> frame = pd.DataFrame({"months": [2, 4, 5, 7, 30, 30], "died": [1, 1, 1, 1, 0, 0]})
    >>> options = SurvivalOptions("months", "died", cure="weibull")
    >>> (row,) = plateau_part(frame, Rows.of(frame, options, []), options, [])
    >>> round(row["cured"], 2), row["late_events"]
    (0.33, 4)
    """
    if options.cure is None:
        return None
    if options.cure not in LATENCIES:
        raise StatisticsError(
            f"--cure {options.cure} is unknown: use one of {', '.join(LATENCIES)}"
        )
    told = []
    for name, chosen in rows.groups():
        tail = follow_up(rows.time[chosen], rows.event[chosen])
        row = {
            "group": name, "n": tail.n, "events": tail.events, "last_event": tail.last_event,
            "last_follow_up": tail.last_follow_up, "beyond": tail.beyond,
            "late_events": tail.late_events, "follow_up_p": tail.p,
            "allows_a_statement": tail.allows_a_statement, "statement": tail.in_words(),
        }  # fmt: skip
        told.append(row | _cured(rows, chosen, None, options, name, notes))
    if options.covariates:
        design = covariates(frame, list(options.covariates))
        everyone = slice(None)
        fit = _cured(rows, everyone, design, options, "all, with covariates", notes)
        blank = dict.fromkeys(told[0])
        told.append(blank | {"group": "all, with covariates", "n": len(rows.time)} | fit)
    return told


def _cured(rows: Rows, chosen, design, options, name: str, notes: list[str]) -> dict:
    """The mixture model of some rows; None and a note where it cannot be fitted."""
    names = ("cured", "ci_low", "ci_high", "p", "loglik", "loglik_uncured", "terms")
    empty = {"latency": options.cure} | dict.fromkeys(names) | {"terms": []}
    try:
        fit = cure_model(rows.time[chosen], rows.event[chosen], design, latency=options.cure)
    except StatisticsError as cause:
        notes.append(f"no cure model of {name}: {cause}")
        return empty
    if not fit.has_plateau:
        notes.append(f"{name}: the likelihood is highest where nobody is cured")
    return empty | {
        "cured": fit.cured, "ci_low": fit.ci_low, "ci_high": fit.ci_high,
        "p": fit.likelihood_ratio_p, "loglik": fit.log_likelihood,
        "loglik_uncured": fit.log_likelihood_uncured, "terms": fit.table().to_dict("records"),
    }  # fmt: skip


def spline_part(rows: Rows, options: SurvivalOptions, notes: list[str]) -> list[dict] | None:
    """A row per group: the spline with its survival at the times of --at; None if not asked for.

    >>> frame = pd.DataFrame({"months": [2, 4, 5, 7, 9, 12], "died": [1, 1, 1, 1, 0, 0]})
    >>> options = SurvivalOptions("months", "died", knots=0, at=(6.0,))
    >>> (row,) = spline_part(Rows.of(frame, options, []), options, [])
    >>> round(row["at"][0]["survival"], 2)
    0.58
    """
    if options.knots is None:
        return None
    told = []
    for name, chosen in rows.groups():
        try:
            fit = spline_model(rows.time[chosen], rows.event[chosen], knots=options.knots)
        except StatisticsError as cause:
            notes.append(f"no spline of {name}: {cause}")
            continue
        at = fit.at(options.at).to_dict("records") if options.at else []
        told.append(
            {"group": name, "knots": options.knots, "loglik": fit.log_likelihood, "aic": fit.aic,
             "at": at}
        )  # fmt: skip
    return told
