"""Statistics on any CSV or Parquet file: `survival`, `match`, `emulate`, `wins`, `meta` …."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from myelomart import messages, whole
from myelomart.command_options import AsJson
from myelomart.errors import StatisticsError
from myelomart.messages import say
from myelomart.private_files import private
from myelomart.room import no_room

File = Annotated[Path, typer.Argument(help="A CSV (also .gz) or Parquet file.")]
WIDEST = 8  # columns a terminal shows side by side


def register(app: typer.Typer) -> None:
    """Add the statistical commands to ``app``."""
    app.command()(survival)
    app.command()(match)
    app.command()(emulate)
    app.command()(wins)
    app.command()(meta)
    app.command()(curve)


def survival(
    file: File,
    time: Annotated[str, typer.Option(help="Column of follow-up time.")],
    event: Annotated[str, typer.Option(help="Column of events: 1/0, true/false.")],
    event_value: Annotated[str | None, typer.Option(help="The value that is the event.")] = None,
    entry: Annotated[
        str | None, typer.Option(help="Column of late entry (left truncation).")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column of groups to compare.")] = None,
    strata: Annotated[str | None, typer.Option(help="Column of strata.")] = None,
    covariates: Annotated[
        str, typer.Option(help="Columns of the Cox model, comma-separated.")
    ] = "",
    ties: Annotated[str, typer.Option(help="efron or breslow.")] = "efron",
    firth: Annotated[
        bool, typer.Option("--firth", help="Firth's penalty, for a group without events.")
    ] = False,
    cluster: Annotated[
        str | None, typer.Option(help="Column of clusters: robust variance.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="Column of case weights.")] = None,
    conf_type: Annotated[str, typer.Option(help="log-log, log or plain.")] = "log-log",
    rho: Annotated[float, typer.Option(help="0 log-rank, 1 Peto-Peto.")] = 0,
    tau: Annotated[float | None, typer.Option(help="Horizon of the restricted mean.")] = None,
    at: Annotated[str, typer.Option(help="Times to report, comma-separated.")] = "",
    competing: Annotated[
        str | None, typer.Option(help="The value that is the competing event.")
    ] = None,
    zph: Annotated[str, typer.Option(help="Proportionality test by km, rank, identity.")] = "km",
    adjusted: Annotated[
        list[str] | None,
        typer.Option(
            help="Curve of the Cox model at these values, such as arm=1,stage=II; the others are "
            "at their means. Give it once per curve; means: all are."
        ),
    ] = None,
    bias: Annotated[
        str | None,
        typer.Option(
            help="E-values and tipping points of the Cox model: rare, or common where 15 % or more "
            "have the event."
        ),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            help="Column of persons who have the event more than once, a row per event and one "
            "that ends follow-up: the mean cumulative count, and the ratio of rates of --group or "
            "--covariates where given; --competing is death."
        ),
    ] = None,
    exposure_start: Annotated[
        str | None,
        typer.Option(help="Column of the time at which exposure begins; empty: never."),
    ] = None,
    landmark: Annotated[str, typer.Option(help="Landmarks of the exposure, comma-separated.")] = "",
    cure: Annotated[
        str | None,
        typer.Option(
            help="Share that never has the event, by a mixture cure model, and whether follow-up "
            "allows a statement: weibull, exponential or lognormal times of the others."
        ),
    ] = None,
    knots: Annotated[
        int | None,
        typer.Option(help="Inner knots of a Royston-Parmar spline, shown at the times asked for."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Kaplan-Meier, log-rank, restricted mean, Cox, competing risks, recurrent events."""
    from myelomart.input_file import read_table
    from myelomart.sensitivity.unmeasured_terms import add_bias
    from myelomart.survival.summary import SurvivalOptions, survival_summary

    options = SurvivalOptions(
        time=time, event=event, event_value=event_value or None, entry=entry or None,
        group=group or None, strata=strata or None, covariates=_names(covariates), ties=ties,
        penalty="firth" if firth else None, cluster=cluster or None, weights=weights or None,
        conf_type=conf_type, rho=_whole(rho), tau=tau, at=_times(at), competing=competing or None,
        zph=zph, adjusted=tuple(adjusted or ()), person=person or None,
        exposure_start=exposure_start or None, landmarks=_times(landmark, "--landmark"),
        cure=cure or None, knots=knots,
    )  # fmt: skip
    with solvable():
        summary = survival_summary(read_table(file), options)
        if bias:
            add_bias(summary, bias)
    show_summary(summary, as_json)


def match(
    file: File,
    treatment: Annotated[str, typer.Option(help="Column of treatment: 1/0 or true/false.")],
    covariates: Annotated[
        str, typer.Option(help="Columns of the propensity score, comma-separated.")
    ],
    caliper: Annotated[
        float, typer.Option(help="In pooled standard deviations of the score.")
    ] = 0.2,
    scale: Annotated[str, typer.Option(help="logit or probability.")] = "logit",
    order: Annotated[
        str,
        typer.Option(
            help="largest, smallest, random or closest first; optimal: the pairs with the "
            "smallest total distance."
        ),
    ] = "largest",
    ratio: Annotated[int, typer.Option(help="Controls per treated row.")] = 1,
    replace: Annotated[
        bool, typer.Option("--replace", help="Controls may serve more than once.")
    ] = False,
    exact: Annotated[str, typer.Option(help="Columns to match exactly, comma-separated.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of the random order.")] = 0,
    leave_out_unshared: Annotated[
        bool,
        typer.Option(
            "--leave-out-unshared", help="Leave out rows with a level that only one arm has."
        ),
    ] = False,
    merge_below: Annotated[
        int, typer.Option(help='Levels with fewer rows become one level "other"; 0: none do.')
    ] = 0,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Weight rows in place of matching: ate (everyone), att (the treated), overlap, or "
            "entropy (controls with the means of the treated)."
        ),
    ] = None,
    trim: Annotated[
        float | None,
        typer.Option(help="Cap the weights of each arm at this share from the top, such as 0.01."),
    ] = None,
    penalty: Annotated[
        str | None, typer.Option(help="Regularise the score: l1 (lasso) or l2 (ridge).")
    ] = None,
    strength: Annotated[float, typer.Option(help="Lambda of the penalty.")] = 1.0,
    outcome: Annotated[
        str | None,
        typer.Option(help="Column 1/0: its difference between the weighted arms."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of follow-up time: the hazard ratio afterwards.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="Column of events: 1/0, true/false.")] = None,
    orders: Annotated[
        int, typer.Option(help="Repeat the hazard ratio over this many random orders of matching.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Write the matched or weighted rows here (CSV or Parquet).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Propensity score, matching within a caliper or weighting, and balance."""
    from myelomart.input_file import read_table
    from myelomart.matching.summary import ADDED, MatchOptions, match_summary

    options = MatchOptions(
        treatment, _names(covariates), caliper, scale, order, ratio, replace, _names(exact), seed,
        leave_out_unshared, merge_below, weights, trim, penalty, strength, outcome,
        time, event, orders,
    )  # fmt: skip
    table = read_table(file)
    taken = [name for name in ADDED if name in table.columns]
    if out is not None and taken:
        raise StatisticsError(
            f"--out {out}: the file already has the columns {', '.join(taken)}, which the matched "
            "rows are given: rename them"
        )
    with solvable():
        summary, matched = match_summary(table, options)
    if out is not None:
        _write(matched, out)
    show_summary(summary, as_json)


def wins(
    file: File,
    treatment: Annotated[str, typer.Option(help="Column of treatment: 1/0 or true/false.")],
    tier: Annotated[
        list[str],
        typer.Option(
            help="TIME/EVENT of an unwanted event, or fewer:COLUMN, more:COLUMN of a number, by "
            "which is better. Give it once per tier, the most important first."
        ),
    ],
    pair: Annotated[
        str | None, typer.Option(help="Column of matched pairs: wins within them beside all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Win ratio, win odds and net benefit of a hierarchy of outcomes."""
    from myelomart.input_file import read_table
    from myelomart.survival.wins_summary import WinOptions, wins_summary

    with solvable():
        summary = wins_summary(read_table(file), WinOptions(treatment, tuple(tier), pair or None))
    show_summary(summary, as_json)


def emulate(
    file: File,
    time: Annotated[str, typer.Option(help="Column of follow-up time from time zero.")],
    event: Annotated[str, typer.Option(help="Column of events: 1/0, true/false.")],
    treated_at: Annotated[
        str, typer.Option(help="Column of the time at which treatment begins; empty: never.")
    ],
    grace: Annotated[
        float, typer.Option(help="Until when treatment may begin, this time included.")
    ],
    horizon: Annotated[float, typer.Option(help="The time for which risks are given.")],
    period: Annotated[
        float, typer.Option(help="Length of the periods in which treatment is modelled.")
    ],
    event_value: Annotated[str | None, typer.Option(help="The value that is the event.")] = None,
    covariates: Annotated[
        str, typer.Option(help="Columns at time zero that decide on treatment, comma-separated.")
    ] = "",
    varying: Annotated[
        Path | None,
        typer.Option(
            help="File of covariates that change, with the column of --person and a time."
        ),
    ] = None,
    varying_time: Annotated[str, typer.Option(help="Its column of times.")] = "time",
    person: Annotated[
        str | None, typer.Option(help="Column of persons, where they have several rows.")
    ] = None,
    trial: Annotated[
        str | None, typer.Option(help="Column of a person's trials: one row per line of therapy.")
    ] = None,
    trials: Annotated[
        str, typer.Option(help="Times at which trials begin with those untreated, comma-separated.")
    ] = "",
    initiation: Annotated[
        str, typer.Option(help="When the strategy treats: observed, uniform or natural.")
    ] = "observed",
    control: Annotated[
        str, typer.Option(help="Treatment after the grace period: later (allowed) or never.")
    ] = "later",
    unstabilized: Annotated[
        bool, typer.Option("--unstabilized", help="Weights without a numerator.")
    ] = False,
    trim: Annotated[
        float | None,
        typer.Option(help="Cap the weights of a strategy at this share from the top."),
    ] = None,
    samples: Annotated[int, typer.Option(help="Samples of the bootstrap of persons.")] = 500,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 1,
    at: Annotated[str, typer.Option(help="Times to report, comma-separated.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the clones' rows and weights (CSV or Parquet).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Target trial by cloning, censoring and weighting: treated within a grace period or not."""
    from myelomart.input_file import read_table
    from myelomart.target_trial import Options, Protocol
    from myelomart.target_trial.summary import EmulateOptions, emulate_summary

    options = EmulateOptions(
        time, event, treated_at, Protocol(grace, horizon, period, initiation, control),
        _names(covariates), event_value or None, person or None, trial or None,
        _times(trials, "--trials"), varying_time, _times(at),
        Options(stabilized=not unstabilized, trim=trim, samples=samples, seed=seed),
    )  # fmt: skip
    changing = None if varying is None else read_table(varying)
    with solvable():
        summary, clones = emulate_summary(read_table(file), options, changing)
    if out is not None:
        _write(clones, out)
    show_summary(summary, as_json)


def meta(
    file: File,
    measure: Annotated[
        str | None, typer.Option(help="hr, rr, or, median or mean, for estimates.")
    ] = None,
    method: Annotated[str, typer.Option(help="reml, dl or glmm.")] = "reml",
    hartung_knapp: Annotated[
        bool, typer.Option("--hartung-knapp", help="t quantiles and their scale.")
    ] = False,
    transform: Annotated[
        str, typer.Option(help="logit or freeman-tukey, for proportions.")
    ] = "logit",
    as_json: AsJson = False,
) -> None:
    """Random-effects meta-analysis of proportions, ratios, medians or means."""
    from myelomart.input_file import read_table
    from myelomart.meta_analysis.summary import MetaOptions, meta_summary

    options = MetaOptions(measure, method, hartung_knapp, transform)
    with solvable():
        summary = meta_summary(read_table(file), options)
    show_summary(summary, as_json)


def curve(
    file: Annotated[
        Path, typer.Argument(help="Points clicked on curves: CSV (also .gz) or Parquet.")
    ],
    risk: Annotated[
        Path | None,
        typer.Option(
            help="Numbers at risk: time, at_risk and, where printed, the total events of the curve."
        ),
    ] = None,
    persons: Annotated[
        int | None, typer.Option(help="Where none are printed: how many there were at first.")
    ] = None,
    events: Annotated[
        int | None, typer.Option(help="The printed total of events of a single curve.")
    ] = None,
    time: Annotated[str, typer.Option(help="Column of the points' time.")] = "time",
    survival: Annotated[
        str, typer.Option(help="Column of survival, as a share or in percent.")
    ] = "survival",
    out: Annotated[
        Path | None,
        typer.Option(help="Write the persons here (CSV or Parquet), for survival and meta."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rows of persons from a published Kaplan-Meier curve and its numbers at risk.

    Columns study and arm, in both files, tell several curves apart.
    """
    from myelomart.input_file import read_table
    from myelomart.survival.published_curves import CurveOptions, rebuilt_curves

    summary, rows = rebuilt_curves(
        read_table(file),
        None if risk is None else read_table(risk),
        CurveOptions(time, survival, persons, events),
    )
    if out is not None:
        _write(rows, out)
    show_summary(summary, as_json)


@contextmanager
def solvable() -> Iterator[None]:
    """Equations that cannot be solved end in a sentence, as every other refusal."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):  # what is not finite is null in what is printed
            yield
    except np.linalg.LinAlgError as cause:
        raise StatisticsError(
            f"the equations of a model cannot be solved ({cause}): the others all but determine a "
            "covariate or a group, leave one out"
        ) from None


def _names(text: str) -> tuple[str, ...]:
    """Comma-separated names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _times(text: str, option: str = "--at") -> tuple[float, ...]:
    """Comma-separated numbers."""
    try:
        times = tuple(float(part) for part in _names(text))
    except ValueError:
        raise StatisticsError(f"{option} {text}: give numbers separated by commas") from None
    if not all(math.isfinite(moment) and moment >= 0 for moment in times):
        raise StatisticsError(f"{option} {text}: times are finite and not negative")
    return times


def _whole(value: float):
    """A whole number without its decimals."""
    from myelomart.input_file import MOST_EXACT

    return int(value) if abs(value) < MOST_EXACT and value == int(value) else value


def _write(matched, out: Path) -> None:
    """Write the matched rows beside any existing file first, then put them in its place."""
    from myelomart.spreadsheet import safe

    try:
        with private(), whole.file(out) as made:  # a row is a person
            if out.suffix.lower() in (".parquet", ".pq"):
                matched.to_parquet(made, index=False)
            else:
                safe(matched).to_csv(made, index=False)
    except (OSError, ValueError, TypeError) as cause:
        if (full := no_room(cause, out)) is not None:
            raise full from None
        said = getattr(cause, "strerror", None) or " ".join(str(cause).split())
        raise StatisticsError(f"--out {out}: it cannot be written ({said})") from None


def show_summary(summary: dict, as_json: bool) -> None:
    """Print the summary as JSON, or as tables."""
    summary = _plain(summary)
    if as_json:
        say(json.dumps(summary, allow_nan=False))
        return
    _print_section(messages.console(), "", summary)


def _print_section(console: Console, title: str, section: dict) -> None:
    """Single values first, then each list of rows as a table, then the sections inside."""
    single = {name: value for name, value in section.items() if not isinstance(value, (dict, list))}
    if title:
        console.print(f"\n{title}", style="bold")
    for name, value in single.items():
        console.print(f"{name}: {_cell(value)}", highlight=False)
    for name, value in section.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            _print_rows(console, f"{title} {name}".strip(), value)
        elif isinstance(value, list) and value:
            console.print(f"{name}: " + "; ".join(str(item) for item in value), highlight=False)
        elif isinstance(value, dict) and value:
            _print_section(console, f"{title} {name}".strip(), value)


def _print_rows(console: Console, title: str, rows: list[dict]) -> None:
    """A table of rows; lists inside a row follow it as tables of their own."""
    names = [name for name in rows[0] if not isinstance(rows[0][name], (dict, list))]
    lines = [names, *([_cell(row[name]) for name in names] for row in rows)]
    if len(names) > WIDEST and len(rows) <= WIDEST:
        lines = list(zip(*lines, strict=True))  # read downwards what does not fit across
    table = Table(title=title, title_justify="left")
    for heading in lines[0]:
        table.add_column(heading)
    for line in lines[1:]:
        table.add_row(*line)
    console.print(table)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, list) and value:
                _print_rows(console, f"{title} {row[names[0]]} {name}", value)


def _cell(value: Any) -> str:
    """A value for the eye: four significant digits; a dash where nothing could be estimated."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Python numbers, lists and dicts; what is not a finite number becomes None."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "dtype"):
        value = value.item()
    return _finite(value) if isinstance(value, float) else value


def _finite(value: float) -> float | None:
    """A finite float, or None."""
    return value if math.isfinite(value) else None
