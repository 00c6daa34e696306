"""Covariates that change: the last value known when a period begins."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError


def last_values(
    records: pd.DataFrame,
    key: pd.DataFrame,
    edges: Sequence[float],
    origin: Sequence[float] | None = None,
) -> dict[str, np.ndarray]:
    """Per covariate a matrix (n, periods): the last value at or before the start of each period.

    ``records`` has the columns of ``key`` (n, k), which say whose a row is, ``time``, and a column
    per covariate; a missing value is passed over. ``edges`` are those of the periods, counted from
    the ``origin`` (n,) of each row, 0 when None. Refuses rows without a value by their time zero.

    >>> records = pd.DataFrame({"id": [1, 1, 2], "time": [0, 2, -1], "ldh": [200, 310, 180]})
    >>> last_values(records, pd.DataFrame({"id": [2, 1]}), [0, 2, 4])["ldh"].tolist()
    [[180, 180], [200, 310]]
    """
    names = [name for name in records.columns if name not in (*key.columns, "time")]
    whole = pd.concat([key, records[list(key.columns)]], ignore_index=True)
    code = whole.groupby(list(key.columns), sort=False, dropna=False).ngroup().to_numpy()
    own, theirs = code[: len(key)], code[len(key) :]
    begins = np.asarray(edges, float)[:-1]
    zero = np.zeros(len(key)) if origin is None else np.asarray(origin, float)
    asked = pd.DataFrame(
        {
            "who": np.repeat(own, len(begins)),
            "time": (zero[:, None] + begins[None, :]).ravel(),
            "place": np.arange(len(key) * len(begins)),
        }
    ).sort_values("time", kind="stable")
    found = {}
    for name in names:
        known = pd.DataFrame(
            {"who": theirs, "time": records["time"].astype(float), name: records[name]}
        )
        known = known.dropna().sort_values("time", kind="stable")
        joined = pd.merge_asof(asked, known, on="time", by="who").sort_values("place")
        values = joined[name].to_numpy().reshape(len(key), len(begins))
        lacks = pd.isna(values[:, 0])
        if lacks.any():
            raise StatisticsError(
                f"column {name}: {int(lacks.sum())} of {len(key)} rows have no value at or before "
                f"time zero (first in row {int(np.argmax(lacks)) + 1}): give one, or drop them"
            )
        found[name] = values
    return found
