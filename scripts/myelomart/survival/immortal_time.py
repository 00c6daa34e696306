"""Exposure that begins during follow-up: "ever treated after relapse", without immortal time.

A person must live to be treated, so counting the waiting time as treated invents a benefit (Suissa
S. Am J Epidemiol 2008;167:492). Two honest analyses are offered: exposure as a time-varying
covariate in start-stop rows, and the landmark (Anderson JR et al. J Clin Oncol 1983;1:710). The
naive one is printed only beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.columns import same_length
from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.inputs import event_flags, event_times


def start_stop_rows(time: ArrayLike, event: ArrayLike, exposure_start: ArrayLike) -> pd.DataFrame:
    """Split each person at the start of exposure: person, start, stop, exposed, event.

    ``exposure_start`` (n,) is NaN for those never exposed; a start on or after the end of follow-up
    never becomes exposure, a start at or before 0 is exposure throughout. ``person`` is the 0-based
    input row.

    >>> start_stop_rows([20, 3], [1, 1], [4, np.nan])[["start", "stop", "exposed"]].values.tolist()
    [[0.0, 4.0, 0.0], [4.0, 20.0, 1.0], [0.0, 3.0, 0.0]]
    """
    times, events, starts = _checked(time, event, exposure_start)
    person = np.arange(len(times))
    split = (starts > 0) & (starts < times)
    before = pd.DataFrame(
        {
            "person": person,
            "start": 0.0,
            "stop": np.where(split, starts, times),
            "exposed": (starts <= 0).astype(int),
            "event": np.where(split, 0, events).astype(int),
        }
    )
    after = pd.DataFrame(
        {
            "person": person[split],
            "start": starts[split],
            "stop": times[split],
            "exposed": 1,
            "event": events[split].astype(int),
        }
    )
    return pd.concat([before, after]).sort_values(["person", "start"], ignore_index=True)


def landmark_rows(
    time: ArrayLike, event: ArrayLike, exposure_start: ArrayLike, landmark: float
) -> pd.DataFrame:
    """Those still followed at the landmark: person, time from it, event, exposed by then.

    >>> landmark_rows([20, 3, 15], [1, 1, 0], [4, np.nan, 10], landmark=6)["exposed"].tolist()
    [1, 0]
    """
    times, events, starts = _checked(time, event, exposure_start)
    kept = times > landmark
    if not kept.any():
        raise StatisticsError(
            f"none of {len(times)} rows is followed beyond the landmark {landmark:g}"
        )
    return pd.DataFrame(
        {
            "person": np.flatnonzero(kept),
            "time": times[kept] - landmark,
            "event": events[kept].astype(int),
            "exposed": (starts[kept] <= landmark).astype(int),
        }
    )


@dataclass(frozen=True)
class ExposureEffect(Shown):
    """The same question asked three ways; only the first two may be read as an effect."""

    time_varying: CoxFit
    landmarks: dict[float, CoxFit]
    naive: CoxFit  # immortal-time biased: shown to explain published figures

    def table(self) -> pd.DataFrame:
        """One row per analysis of exposure: analysis, n, events, hr, ci_low, ci_high, p."""
        fits = {"time-varying exposure": self.time_varying}
        fits |= {f"landmark at {moment:g}": fit for moment, fit in self.landmarks.items()}
        fits["ever exposed (immortal-time biased)"] = self.naive
        rows = []
        for analysis, fit in fits.items():
            term = fit.table().iloc[0]
            numbers = {name: term[name] for name in ("hr", "ci_low", "ci_high", "p")}
            rows.append({"analysis": analysis, "n": fit.n, "events": fit.events, **numbers})
        return pd.DataFrame(rows)


def exposure_effect(
    time: ArrayLike,
    event: ArrayLike,
    exposure_start: ArrayLike,
    *,
    landmarks: Sequence[float],
    covariates: pd.DataFrame | ArrayLike | None = None,
) -> ExposureEffect:
    """Hazard ratio of exposure: time-varying, at each landmark, and naive, always together.

    ``covariates`` (n, c) are baseline adjustments carried into every analysis.

    >>> time, start = [20, 3, 15, 8, 9, 12], [4, np.nan, 10, np.nan, 2, np.nan]
    >>> effect = exposure_effect(time, [1, 1, 0, 1, 1, 1], start, landmarks=[2.5])
    >>> effect.table()["n"].tolist()
    [9, 6, 6]
    """
    times, events, starts = _checked(time, event, exposure_start)
    if not len(landmarks):
        raise StatisticsError("give one landmark or more: the naive comparison never stands alone")

    def fit(rows, stop, start=None):
        frame = rows[["exposed"]]
        if covariates is not None:
            chosen = covariates.iloc[rows["person"].to_numpy()].reset_index(drop=True)
            frame = pd.concat([frame.reset_index(drop=True), chosen], axis=1)
        entry = None if start is None else rows[start]
        return cox_regression(rows[stop], rows["event"], frame, entry=entry)

    rows = start_stop_rows(times, events, starts)
    ever = pd.DataFrame(
        {
            "person": np.arange(len(times)),
            "time": times,
            "event": events.astype(int),
            "exposed": (starts < times).astype(int),
        }
    )
    return ExposureEffect(
        fit(rows, "stop", "start"),
        {
            float(moment): fit(landmark_rows(times, events, starts, moment), "time")
            for moment in landmarks
        },
        fit(ever, "time"),
    )


def person_time(rows: pd.DataFrame) -> pd.DataFrame:
    """Events, person-time and rate of start-stop rows by exposure.

    >>> rows = start_stop_rows([20, 3], [1, 1], [4, np.nan])
    >>> person_time(rows)[["exposed", "person_time"]].values.tolist()
    [[0.0, 7.0], [1.0, 16.0]]
    """
    grouped = rows.assign(length=rows["stop"] - rows["start"]).groupby("exposed")
    table = grouped.agg(events=("event", "sum"), person_time=("length", "sum")).reset_index()
    return table.assign(rate=table["events"] / table["person_time"])


def _checked(time, event, exposure_start):
    """Times, events, and exposure starts with infinity for never."""
    times, _ = event_times(time)
    if (times == 0).any():
        raise StatisticsError(f"{int((times == 0).sum())} rows have no follow-up: drop them")
    events = event_flags(event, times)
    starts = np.asarray(exposure_start, dtype=float)
    starts = same_length(starts, times, "exposure_start")
    return times, events, np.where(np.isnan(starts), np.inf, starts)
