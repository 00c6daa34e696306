"""Clones: each person follows both strategies until what is seen departs from one of them.

Cain LE et al. Int J Biostat 2010;6:18; Maringe C et al. Int J Epidemiol 2020;49:1719. Nobody has to
live to a treatment to be in an arm, so that there is no immortal time.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.columns import refuse_rows, same_length
from myelomart.errors import StatisticsError
from myelomart.survival.inputs import event_flags, event_times
from myelomart.target_trial.protocol import Protocol

TREATED, CONTROL = 1, 0


@dataclass(frozen=True)
class Followed:
    """Those who begin the trial, up to its horizon. All arrays (n,); one person may begin several.

    ``treated_at`` is infinite for those not treated by the end of their follow-up.
    """

    time: np.ndarray
    event: np.ndarray  # bool
    treated_at: np.ndarray
    person: np.ndarray  # codes 0 … persons - 1
    trial: np.ndarray  # codes 0 … trials - 1


def followed(
    time: ArrayLike,
    event: ArrayLike,
    treated_at: ArrayLike,
    horizon: float,
    *,
    person: ArrayLike | None = None,
    trial: ArrayLike | None = None,
) -> Followed:
    """Check follow-up from time zero and end it at the horizon, where an event still counts.

    ``treated_at`` (n,) is NaN for those never treated, and for those of whom it is not known; a
    treatment after the end of follow-up is none. Refuses rows without follow-up and treatment
    before time zero: neither could have begun the trial.

    >>> followed([20, 3], [1, 1], [4, np.nan], horizon=12).time.tolist()
    [12.0, 3.0]
    """
    times, _ = event_times(time)
    events = event_flags(event, times)
    starts = same_length(np.asarray(treated_at, dtype=float), times, "treated_at")
    refuse_rows(times == 0, "time", "have no follow-up", "drop them: they began no trial")
    refuse_rows(
        starts < 0, "treated_at", "are treated before time zero",
        "drop them: they were not eligible",
    )  # fmt: skip
    units = np.arange(len(times))
    who = units if person is None else pd.factorize(np.asarray(person))[0]
    which = np.zeros(len(times), int) if trial is None else pd.factorize(np.asarray(trial))[0]
    ended = np.minimum(times, horizon)
    starts = np.where(np.isnan(starts) | (starts > ended), np.inf, starts)
    return Followed(ended, events & (times <= horizon), starts, who, which)


def clone_rows(rows: Followed, protocol: Protocol) -> pd.DataFrame:
    """Start-stop rows of all clones: unit, strategy, start, stop, event, column, departs.

    ``unit`` is the position in ``rows``. ``column`` says which of a clone's weights holds: the
    period for one not yet treated, the last one for what follows the grace period (control) or the
    treatment (treated). ``departs`` marks the row that ends by artificial censoring.

    Treatment on the last day of grace is within it. A clone of the treated strategy is censored at
    the end of the grace period alone, after the events of that day; one of the control strategy
    when treatment begins, before them: who dies on the day of treatment is treated.

    >>> rows = followed([20, 3], [1, 1], [4, np.nan], horizon=12)
    >>> clones = clone_rows(rows, Protocol(grace=6, horizon=12, period=6))
    >>> clones[["unit", "strategy", "start", "stop", "event"]].values.tolist()[:3]
    [[0, 1, 0.0, 4.0, False], [0, 1, 4.0, 12.0, False], [1, 1, 0.0, 3.0, True]]
    """
    treated = _treated_rows(rows, protocol)
    control = _control_rows(rows, protocol)
    frame = pd.concat([treated, control], ignore_index=True)
    if not len(treated) or not len(control):
        raise StatisticsError("one of the strategies has no follow-up: nothing to compare")
    return frame


def _treated_rows(rows: Followed, protocol: Protocol) -> pd.DataFrame:
    within = rows.treated_at <= protocol.grace
    departs = ~within & (rows.time > protocol.grace)
    waits = np.minimum(np.minimum(rows.treated_at, rows.time), protocol.grace)
    edges = protocol.edges[: protocol.grace_periods + 1]
    waiting = _pieces(waits, edges)
    unit = waiting["unit"].to_numpy()
    is_last = waiting["stop"].to_numpy() == waits[unit]
    ends = is_last & (waiting["stop"].to_numpy() == rows.time[unit])
    waiting["event"] = ends & rows.event[unit] & ~departs[unit]
    waiting["departs"] = is_last & departs[unit]
    later = np.flatnonzero(within & (rows.time > rows.treated_at))
    after = pd.DataFrame(
        {
            "unit": later,
            "column": protocol.grace_periods,
            "start": rows.treated_at[later],
            "stop": rows.time[later],
            "event": rows.event[later],
            "departs": False,
        }
    )
    return _in_order(pd.concat([waiting, after]), TREATED)


def _control_rows(rows: Followed, protocol: Protocol) -> pd.DataFrame:
    limit = protocol.horizon if protocol.control == "never" else protocol.grace
    departs = rows.treated_at <= limit
    ends = np.where(departs, rows.treated_at, rows.time)
    edges = protocol.edges[: protocol.modelled_periods + 1]
    if protocol.control == "later":
        edges = np.append(edges, protocol.horizon)
    pieces = _pieces(ends, edges)
    unit = pieces["unit"].to_numpy()
    is_last = pieces["stop"].to_numpy() == ends[unit]
    pieces["event"] = is_last & rows.event[unit] & ~departs[unit]
    pieces["departs"] = is_last & departs[unit]
    return _in_order(pieces, CONTROL)


def _pieces(ends: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    """Each unit's time from 0 to its end, cut at the edges: unit, column, start, stop."""
    unit, column = np.nonzero(ends[:, None] > edges[None, :-1])
    return pd.DataFrame(
        {
            "unit": unit,
            "column": column,
            "start": edges[column],
            "stop": np.minimum(edges[column + 1], ends[unit]),
        }
    )


def _in_order(frame: pd.DataFrame, strategy: int) -> pd.DataFrame:
    frame = frame.assign(strategy=strategy).sort_values(["unit", "start"], ignore_index=True)
    return frame[["unit", "strategy", "start", "stop", "event", "column", "departs"]]
