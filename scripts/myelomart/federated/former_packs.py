"""A pack beside a former one of the same site: what few persons changed is packed as it was.

A profile tells the events of both arms without rounding, and so do the derivatives of an adjusted
model nearly: two that differ by a few events tell of those few.
"""

from __future__ import annotations

import pandas as pd

from myelomart.federated.told import OF_A_PROFILE, Frames

OF_THE_SCORE = ("propensity", "scores")  # the pool does not need them anew
OF_AN_ENDPOINT = ["analysis_id", "endpoint"]


def as_they_were(now: dict[str, Frames], former: dict[str, Frames]) -> dict[str, Frames]:
    """``now`` by study, where the events of an arm have not moved with the rows of ``former``.

    The counts of ``now`` are those of a release that shows a count as it was until it has moved by
    the limit. Profile and derivatives are new where the events of both arms are other than they
    were; person-years likewise. The model of the score and its spread stay as they were.
    """
    return {
        study_id: _of_study(own, former[study_id]) if study_id in former else own
        for study_id, own in now.items()
    }


def _of_study(now: Frames, former: Frames) -> Frames:
    made = {name: former[name] for name in OF_THE_SCORE}
    moved = _moved(now["endpoints"], former["endpoints"])
    for name in OF_A_PROFILE:
        made[name] = _mixed(now[name], former[name], moved)
    counts = now["endpoints"]
    was = former["endpoints"].set_index([*OF_AN_ENDPOINT, "arm"])
    kept = pd.Series([key not in moved for key in _keys(counts)], counts.index)
    keys = pd.MultiIndex.from_frame(counts[[*OF_AN_ENDPOINT, "arm"]])
    before = was.reindex(keys)
    made["endpoints"] = counts.assign(
        person_years=counts["person_years"].mask(kept, before["person_years"].to_numpy()),
        withheld=counts["withheld"].astype(object).mask(kept, before["withheld"].to_numpy()),
    )
    return made


def _moved(now: pd.DataFrame, former: pd.DataFrame) -> set[tuple[str, str]]:
    """Endpoints of which every arm has other events than it had, none hidden; and new ones."""
    key = [*OF_AN_ENDPOINT, "arm"]
    both = now[[*key, "events"]].merge(former[[*key, "events"]], on=key, suffixes=("", "_was"))
    apart = both["events"].ne(both["events_was"]) & both["events"].notna()
    every = apart.groupby([both[name] for name in OF_AN_ENDPOINT]).all()
    return set(every.index[every]) | ({*_keys(now)} - {*_keys(former)})


def _mixed(now: pd.DataFrame, former: pd.DataFrame, moved: set[tuple[str, str]]) -> pd.DataFrame:
    """The rows of ``now`` of endpoints that have moved, and the former ones of all others."""
    new, old = ([key in moved for key in _keys(one)] for one in (now, former))
    return pd.concat([now[new], former[[not one for one in old]]], ignore_index=True).reindex(
        columns=now.columns
    )


def _keys(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(*(frame[name] for name in OF_AN_ENDPOINT), strict=True))
