"""Everything `myelomart emulate` prints: one dictionary from a frame and the options.

Keys are those of docs/schemas/emulate.json.
"""

from dataclasses import dataclass

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
from myelomart.survival import cox_regression
from myelomart.target_trial.cloning import CONTROL, TREATED
from myelomart.target_trial.emulation import NAMES, Emulation, Options, emulate
from myelomart.target_trial.protocol import Protocol
from myelomart.target_trial.sequential import stacked_trials
from myelomart.target_trial.varying import last_values

NAIVE = "ever against never treated (immortal-time biased)"
ROBUST = ("hazard_ratio", "pooled_odds_ratio")


@dataclass(frozen=True)
class EmulateOptions:
    """Columns and choices; see `myelomart emulate --help`."""

    time: str
    event: str
    treated_at: str
    protocol: Protocol
    covariates: tuple[str, ...] = ()
    event_value: str | None = None
    person: str | None = None
    trial: str | None = None
    starts: tuple[float, ...] = ()
    varying_time: str = "time"
    at: tuple[float, ...] = ()
    fit: Options = Options()


def emulate_summary(
    frame: pd.DataFrame, options: EmulateOptions, varying: pd.DataFrame | None = None
) -> tuple[dict, pd.DataFrame]:
    """The report, and the clones' start-stop rows with their weights and the file's row.

    ``varying`` has the column of persons, one of times and the covariates that change.

    >>> frame = pd.DataFrame({"months": [9, 7, 3, 8, 5, 6], "died": [0, 1, 1, 1, 0, 1]})
    >>> frame["begun"] = [1, None, None, 2, None, 1]
    >>> trial = Protocol(grace=2, horizon=9, period=1)
    >>> options = EmulateOptions("months", "died", "begun", trial, fit=Options(samples=0))
    >>> emulate_summary(frame, options)[0]["strategies"][0]["departed"]
    3
    """
    _check(options, varying)
    single = (options.time, options.event, options.person, options.trial)
    complete = complete_rows(frame, [*filter(None, single), *options.covariates])
    used = complete.frame
    notes = alike_but_for_case(used, list(options.covariates))
    rows = pd.DataFrame(
        {
            "unit": np.arange(len(used)),
            "origin": 0.0,
            "time": numbers(used, options.time, refuse_negative=True).to_numpy(),
            "event": flags(used, options.event, options.event_value).to_numpy(),
            "treated_at": _treated_at(frame.loc[used.index], options, notes),
        }
    )
    naive = _naive(rows)
    if options.starts:
        rows = stacked_trials(rows["time"], rows["event"], rows["treated_at"], options.starts)
    unit = rows["unit"].to_numpy()
    baseline = pd.DataFrame(index=rows.index)
    if options.covariates:
        own = covariates(used, list(options.covariates))
        baseline = own.iloc[unit].reset_index(drop=True)
    changing = _changing(used, rows, options, varying)
    trial = rows["origin"] if options.starts else None
    if options.trial:
        trial = used[options.trial].iloc[unit]
    if options.starts and rows["origin"].nunique() > 1:
        baseline = baseline.assign(trial=rows["origin"].map(lambda start: f"from {start:g}"))
    person = pd.Series(unit) if options.person is None else used[options.person].iloc[unit]
    found = emulate(
        rows["time"], rows["event"], rows["treated_at"], options.protocol,
        baseline=baseline if len(baseline.columns) else None, varying=changing,
        person=person.to_numpy(), trial=None if trial is None else trial.to_numpy(),
        options=options.fit,
    )  # fmt: skip
    _note_bootstrap(found, options, notes)
    protocol = options.protocol
    report = {
        "n": len(used),
        "n_dropped": complete.n_dropped,
        "dropped": complete.dropped,
        "persons": int(person.nunique()),
        "trials": 1 if trial is None else int(trial.nunique()),
        "rows_of_trials": len(rows),
        "protocol": {
            "grace": protocol.grace,
            "horizon": protocol.horizon,
            "period": protocol.period,
            "periods": len(protocol.edges) - 1,
            "initiation": protocol.initiation,
            "control": protocol.control,
        },
        "strategies": found.strategies.to_dict("records"),
        "effects": [
            {"effect": name, **vars(one), "interval": "robust" if name in ROBUST else "bootstrap"}
            for name, one in found.effects.items()
        ],
        "p": found.p,
        "risks": _risks(found, options),
        "naive": naive,
        "samples": {"asked": options.fit.samples, "fitted": found.samples},
        "notes": notes,
    }
    clones = found.clones
    of_file = used.index.to_numpy()[unit[clones["unit"]]] + 1
    shown = clones.drop(columns=["unit", "column", "person"]).assign(
        event=clones["event"].astype(int), departs=clones["departs"].astype(int), file_row=of_file
    )
    return report, shown


def _check(options: EmulateOptions, varying) -> None:
    refuse_repeated(options.covariates, "--covariates")
    if varying is not None and options.person is None:
        raise StatisticsError("--varying needs --person: the column that both files have")
    if options.starts and options.trial:
        raise StatisticsError("--trials makes trials of each row; --trial names those of the file")
    if options.trial and options.person is None:
        raise StatisticsError("--trial needs --person: whose the trials are")
    trim, samples = options.fit.trim, options.fit.samples
    if trim is not None and not 0 < trim < 0.5:
        raise StatisticsError(f"--trim {trim:g}: give a share from the top, such as 0.01")
    if samples < 0:
        raise StatisticsError(f"--samples {samples}: 0 for none, or the number of samples")
    ends = {options.time: "follow-up time", options.event: "event", options.treated_at: "treatment"}
    for name in options.covariates:
        if name in ends:
            raise StatisticsError(f"column {name}: the {ends[name]} is no covariate")


def _treated_at(frame: pd.DataFrame, options: EmulateOptions, notes: list[str]) -> np.ndarray:
    """Times of treatment, NaN where the cell is empty."""
    name = options.treated_at
    if name not in frame.columns:
        raise StatisticsError(
            f"column {name}: the file has no such column; it has {', '.join(frame.columns)}"
        )
    known = frame[name].notna().to_numpy()
    starts = np.full(len(frame), np.nan)
    if known.any():
        starts[known] = numbers(frame[known], name, refuse_negative=True)
    notes.append(
        f"{int((~known).sum())} of {len(known)} rows have no {name} and count as never treated: "
        "leave out those who were treated on an unknown day"
    )
    return starts


def _changing(used, rows, options: EmulateOptions, varying) -> dict[str, np.ndarray]:
    if varying is None:
        return {}
    keys = [name for name in (options.person, options.trial) if name]
    for name in (*keys, options.varying_time):
        if name not in varying.columns:
            raise StatisticsError(f"column {name}: the file of --varying has no such column")
    own = used[keys].iloc[rows["unit"]].reset_index(drop=True)
    if not options.starts and own.duplicated().any():
        raise StatisticsError(
            f"column {options.person}: {int(own.duplicated().sum())} rows are of a person who has "
            "another: number the trials of a person with --trial, in both files"
        )
    records = varying.assign(**{options.varying_time: numbers(varying, options.varying_time)})
    records = records.rename(columns={options.varying_time: "time"})
    count = options.protocol.modelled_periods + 1
    return last_values(records, own, options.protocol.edges[:count], rows["origin"])


def _naive(rows: pd.DataFrame) -> dict:
    """Whoever is ever treated against the rest, from time zero: shown to be read beside."""
    told = {"analysis": NAIVE}
    ever = (rows["treated_at"] <= rows["time"]).astype(float)
    try:
        term = cox_regression(rows["time"], rows["event"], pd.DataFrame({"ever": ever})).table()
    except StatisticsError:
        return told | dict.fromkeys(("hr", "ci_low", "ci_high", "p"))
    return told | {name: term.iloc[0][name] for name in ("hr", "ci_low", "ci_high", "p")}


def _risks(found: Emulation, options: EmulateOptions) -> list[dict]:
    """Risk of each strategy at the times asked for, and of the pooled logistic model."""
    times = sorted({*options.at, options.protocol.horizon})
    rows = []
    edges = options.protocol.edges[1:]
    for place, one in ((1, TREATED), (0, CONTROL)):
        for at in found.curve(one).at(times).itertuples():
            logistic = None
            if found.logistic is not None and np.isclose(edges, at.time).any():
                logistic = found.logistic.risks[place, int(np.argmin(np.abs(edges - at.time)))]
            rows.append(
                {
                    "strategy": NAMES[one],
                    "time": at.time,
                    "risk": 1 - at.survival,
                    "ci_low": 1 - at.ci_high,
                    "ci_high": 1 - at.ci_low,
                    "risk_pooled_logistic": logistic,
                }
            )
    return rows


def _note_bootstrap(found: Emulation, options: EmulateOptions, notes: list[str]) -> None:
    asked = options.fit.samples
    if found.samples < asked:
        notes.append(
            f"{asked - found.samples} of {asked} samples of the bootstrap could not be fitted and "
            "are left out"
        )
    if found.refusal:
        notes.append(found.refusal)
    if not options.covariates:
        notes.append(
            "no covariate was given: those who are treated are taken to be like those who are not"
        )
