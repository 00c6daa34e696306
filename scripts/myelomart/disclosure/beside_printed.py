"""Differences from printed numbers, taken anew from what is shown.

A printed number is known to all its digits: the difference of an exact share from it, even in steps
of five points, would tell the share, and the more the more printed numbers stand beside it.
"""

from __future__ import annotations

import math

import pandas as pd

from myelomart.disclosure.counts import AT, WHAT

DIFFERENCE, STANDARDIZED = "difference", "standardized_difference"
DECIMALS = 2


def from_shown(frame: pd.DataFrame, shown: pd.DataFrame) -> dict[int, float]:
    """Rows of differences from a printed number to what they are of the number ``shown``.

    ``frame`` has the true numbers. NaN where the number itself is hidden, or is not found.
    """
    words = frame[[*AT, *WHAT, "arm"]].astype("string").fillna("")
    keys = dict(zip(frame.index, map(tuple, words.to_numpy()), strict=True))
    statistic = frame["statistic"].to_dict()
    own = {key: index for index, key in keys.items()
           if statistic[index] not in (DIFFERENCE, STANDARDIZED)}  # fmt: skip
    found: dict[int, float] = {}
    printed: dict[tuple, float] = {}
    for index in frame.index[frame["statistic"] == DIFFERENCE]:
        key, ours = keys[index], own.get(keys[index])
        found[index] = math.nan
        if ours is not None:
            printed[key] = frame.at[ours, "estimate"] - frame.at[index, "estimate"]
            found[index] = round(shown.at[ours, "estimate"] - printed[key], DECIMALS)
    for index in frame.index[frame["statistic"] == STANDARDIZED]:
        if keys[index] in printed:
            share = shown.at[own[keys[index]], "estimate"]
            found[index] = _standardized(share / 100, printed[keys[index]] / 100)
    return found


def _standardized(share: float, other: float) -> float:
    """The difference of two shares over the root of their mean variance; NaN without one."""
    variance = (share * (1 - share) + other * (1 - other)) / 2
    return round((share - other) / math.sqrt(variance), DECIMALS) if variance > 0 else math.nan
