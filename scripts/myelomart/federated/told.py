"""What the files of a pack tell beside its release, and what is kept back for it.

The ends of a likelihood profile tell the events of both arms without rounding: such a count may be
hidden in the release, or may tell a hidden one by the sums of `disclosure.attack`. Tenths of a
score add up to the arm.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.disclosure.attack import rebuilt
from myelomart.disclosure.counts import Sum
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.solver import Cell, narrow
from myelomart.display.cells import SUPPRESSED

KEY = ["study_id", "analysis_id", "endpoint"]
OF_A_PROFILE = ("profiles", "adjusted", "information")  # files that tell of an endpoint's events
WHY = "its exact number of events tells a count that the release hides"
Frames = dict[str, pd.DataFrame]


def events_told(profiles: pd.DataFrame) -> pd.DataFrame:
    """Events of the treated and of the others by analysis and endpoint, from each profile's ends.

    Towards ever smaller ratios the slope is the number of events of the treated, towards ever
    larger ones that of the others.

    >>> steep = {"analysis_id": "a", "endpoint": "death", "log_ratio": [-6, 0, 6]}
    >>> events_told(pd.DataFrame(steep | {"slope": [11.9, 2.0, -29.8]})).iloc[0].tolist()
    [12.0, 30.0]
    """
    ordered = profiles.sort_values("log_ratio", kind="stable")
    slopes = ordered.groupby(["analysis_id", "endpoint"], sort=False)["slope"]
    return pd.DataFrame({"treated": slopes.first(), "others": -slopes.last()}).round()


def exact_counts(frames: dict[str, Frames], shown: pd.DataFrame) -> dict[Cell, float]:
    """The counts of ``shown`` (rows of all studies) that profiles tell without rounding."""
    found: dict[Cell, float] = {}
    events = shown[shown["statistic"] == "events"].astype({name: str for name in [*KEY, "arm"]})
    for study_id, own in frames.items():
        for (analysis, endpoint), told in events_told(own["profiles"]).iterrows():
            counts = own["endpoints"]
            arms = counts.loc[(counts["analysis_id"] == analysis)
                              & (counts["endpoint"] == endpoint), "arm"]  # fmt: skip
            for arm, count in zip(arms, told, strict=True):
                at = (events[[*KEY, "arm"]] == [study_id, analysis, endpoint, arm]).all(axis=1)
                found |= {(index, "x"): float(count) for index in events.index[at]}
    return found


def hidden_counts_told(
    frames: dict[str, Frames], shown: pd.DataFrame, policy: Policy
) -> dict[tuple[str, str, str], list[str]]:
    """Profiles (study, analysis, endpoint) that tell counts hidden in ``shown``, and which counts.

    A profile whose own counts are hidden tells them; one beside a hidden count may tell it by sums.
    What sums of several profiles tell is laid to each of them.
    """
    exact = exact_counts(frames, shown)
    status = shown["status"].eq(SUPPRESSED).fillna(False)
    found: dict[tuple[str, str, str], list[str]] = {}

    def note(cell: Cell, said: str) -> None:
        row = shown.loc[cell[0]]
        found.setdefault(tuple(str(row[name]) for name in KEY), []).append(said)

    for cell in exact:
        if status[cell[0]]:
            note(cell, f"events of {shown.loc[cell[0], 'arm']}")
    without = {one.cell for one in rebuilt(shown, policy)}
    for one in rebuilt(shown, policy, exact=exact):
        if one.cell in without or one.cell in exact:
            continue
        row = shown.loc[one.cell[0]]
        beside = {cell for _, cell in one.shown_near} & {*exact} or {*exact}
        for cell in beside:
            note(cell, f"{row['row_label']}, {row['statistic']} of {row['arm']}, by sums")
    return found


def without_profiles_that_tell(
    frames: dict[str, Frames], shown: pd.DataFrame, policy: Policy
) -> dict[str, Frames]:
    """``frames`` by study without the profiles that tell counts hidden in ``shown``."""
    kept = {study_id: dict(own) for study_id, own in frames.items()}
    while told := hidden_counts_told(kept, shown, policy):
        for study_id, analysis, endpoint in told:
            own = kept[study_id]
            for name in OF_A_PROFILE:
                own[name] = own[name][~_is_of(own[name], analysis, endpoint)]
            own["endpoints"] = own["endpoints"].assign(
                withheld=own["endpoints"]["withheld"].astype(object).mask(
                    _is_of(own["endpoints"], analysis, endpoint), WHY)
            )  # fmt: skip
    return kept


def _is_of(frame: pd.DataFrame, analysis: str, endpoint: str) -> pd.Series:
    return (frame["analysis_id"] == analysis) & (frame["endpoint"] == endpoint)


def shown_parts(counts: np.ndarray, policy: Policy) -> np.ndarray:
    """Parts of a whole that is known as rounded, as they may be shown; NaN where one is hidden.

    Small ones are hidden, and then the smallest shown ones until the sum tells none of them.

    >>> from myelomart.disclosure.policies import below
    >>> shown_parts(np.array([0, 10, 189, 0]), below(11)).tolist()
    [0.0, nan, nan, 0.0]
    """
    if sum(counts) < policy.hides_below:
        return np.full(len(counts), np.nan)
    whole: Cell = (-1, "n")
    hidden = {k for k, count in enumerate(counts) if policy.is_small(count)}
    ties = [Sum(whole, tuple((k, "x") for k in range(len(counts))))]
    total = policy.possible(policy.round(int(sum(counts))))
    while hidden:
        known = {(k, "x"): policy.possible(policy.round(count)) for k, count in enumerate(counts)}
        most = total[1] if len(hidden) > 1 else policy.hides_below - 1  # one alone is small
        known |= {(k, "x"): (1, most) for k in hidden} | {whole: total}
        told = narrow([(k, "x") for k in hidden], known, ties, policy.least_width)
        told = {k for (k, _), (low, high) in told.items() if low < policy.hides_below and high > 0}
        left = [k for k in range(len(counts)) if k not in hidden and counts[k] > 0]
        if not told or not left:
            break
        hidden.add(min(left, key=lambda k: counts[k]))
    return np.array([np.nan if k in hidden else policy.round(count)
                     for k, count in enumerate(counts)])  # fmt: skip
