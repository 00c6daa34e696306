"""Ratio of the rates of recurrent events, with a variance that is robust to how they cluster.

Lin DY, Wei LJ, Yang I, Ying Z. J R Stat Soc B 2000;62:711: the proportional means model is the Cox
model of start-stop rows, a row up to each event of a person, with the sandwich variance summed
within persons, so that nothing is assumed of how the events of one person hang together. Death ends
follow-up, as censoring does: the ratio is of rates while alive. The mean cumulative count
(`recurrent`) shows what death takes away.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.columns import labels_of, number_column
from myelomart.errors import StatisticsError
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.recurrent import refuse_open_follow_up


def rate_rows(person: ArrayLike, time: ArrayLike, kind: ArrayLike) -> pd.DataFrame:
    """Start-stop rows of (person, time, kind) (n,): person, start, stop, event; sorted.

    ``kind`` is 1 for an event, 0 or 2 for the end of follow-up, of which each person has one.
    Events of one person at one time are one; a follow-up that ends at 0 gives no row.

    >>> rows = rate_rows([1, 1, 1, 2], [2, 5, 9, 4], [1, 1, 0, 0])
    >>> rows[["person", "start", "stop", "event"]].values.tolist()
    [[1.0, 0.0, 2.0, 1.0], [1.0, 2.0, 5.0, 1.0], [1.0, 5.0, 9.0, 0.0], [2.0, 0.0, 4.0, 0.0]]
    """
    times, kinds = number_column(time, "time"), number_column(kind, "kind")
    codes, labels = labels_of(person, times, "person")
    refuse_open_follow_up(codes, labels, times, kinds)
    rows = pd.DataFrame({"code": codes, "stop": times, "event": (kinds == 1).astype(int)})
    rows = rows.groupby(["code", "stop"], as_index=False)["event"].max()
    rows = rows[rows["stop"] > 0]
    rows["start"] = rows.groupby("code")["stop"].shift().fillna(0.0)
    rows["person"] = labels[rows["code"]]
    return rows[["person", "start", "stop", "event"]].reset_index(drop=True)


def rate_ratio(
    person: ArrayLike, time: ArrayLike, kind: ArrayLike, covariates: pd.DataFrame, *,
    cluster: pd.Series | None = None, weights: pd.Series | None = None, ties: str = "breslow",
) -> CoxFit:  # fmt: skip
    """Fit the proportional means model; ``hr`` of its table is the ratio of the rates.

    ``covariates`` has a row per person, indexed by ``person``, as have ``cluster`` (matched pairs;
    the persons themselves without it) and ``weights``.

    >>> arm = pd.DataFrame({"arm": [1, 1, 0, 0]}, index=[1, 2, 3, 4])
    >>> time, kind = [2, 5, 9, 4, 1, 3, 8, 6], [1, 1, 0, 0, 1, 1, 0, 0]
    >>> fit = rate_ratio([1, 1, 1, 2, 3, 3, 3, 4], time, kind, arm)
    >>> fit.hazard_ratio.round(2).tolist()
    [1.19]
    """
    rows = rate_rows(person, time, kind)
    unknown = ~rows["person"].isin(covariates.index)
    if unknown.any():
        raise StatisticsError(f"{int(unknown.sum())} rows are of persons without covariates")
    own = rows["person"].to_numpy()
    return cox_regression(
        rows["stop"].to_numpy(), rows["event"].to_numpy(),
        covariates.loc[own].reset_index(drop=True), entry=rows["start"].to_numpy(),
        cluster=own if cluster is None else cluster.loc[own].to_numpy(),
        weights=None if weights is None else np.asarray(weights.loc[own]), ties=ties,
    )  # fmt: skip
