"""Estimates of each study from rows of persons: the first of the two stages of a meta-analysis.

Stewart LA, Tierney JF, Parmar MKB. In: Cochrane Handbook, chapter 26: two-stage analysis of the
data of individual participants.
"""

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import CompleteRows, complete_rows, flags, numbers
from myelomart.survival.cox import cox_regression
from myelomart.survival.kaplan_meier import kaplan_meier

ROWS = ["study", "time", "event"]
MEASURES = ("hr", "median")


def holds_persons(frame: pd.DataFrame) -> bool:
    """Whether a file has a row per person: study, time and event.

    >>> holds_persons(pd.DataFrame({"study": ["A"], "time": [3], "event": [1], "arm": ["x"]}))
    True
    """
    return all(name in frame.columns for name in ROWS)


def estimates_of_studies(frame: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, CompleteRows]:
    """A row per study: study, estimate, ci_low, ci_high; and the rows that were used.

    ``hr``: the Cox model of the second against the first of two arms, in sorted order, the same in
    every study. ``median``: of every study, and of every arm where there are arms.

    >>> frame = pd.DataFrame({"study": ["A"] * 6, "time": [2, 4, 5, 7, 9, 12],
    ...                       "event": [1, 1, 0, 1, 1, 0], "arm": ["x", "y"] * 3})
    >>> estimates_of_studies(frame, "hr")[0]["estimate"].round(3).tolist()
    [0.76]
    """
    has_arms = "arm" in frame.columns
    complete = complete_rows(frame, [*ROWS, *["arm"] * has_arms])
    rows = pd.DataFrame(
        {
            "study": complete.frame["study"].astype(str),
            "time": numbers(complete.frame, "time", refuse_negative=True),
            "event": flags(complete.frame, "event"),
            "arm": complete.frame["arm"].astype(str) if has_arms else "",
        }
    )
    if measure == "median":
        names = ["study", "arm"] if has_arms else ["study"]
        made = [(", ".join(label), *_median(own)) for label, own in rows.groupby(names, sort=False)]
    else:
        made = [
            (label, *_ratio(label, own, rows)) for label, own in rows.groupby("study", sort=False)
        ]
    return pd.DataFrame(made, columns=["study", "estimate", "ci_low", "ci_high"]), complete


def _median(own: pd.DataFrame) -> tuple[float, float, float]:
    curve = kaplan_meier(own["time"], own["event"])
    return curve.median, *curve.median_ci


def _ratio(study: str, own: pd.DataFrame, rows: pd.DataFrame) -> tuple[float, float, float]:
    arms, present = sorted(rows["arm"].unique()), set(own["arm"])
    if len(arms) != 2 or len(present) != 2:
        raise StatisticsError(
            f"study {study}: --measure hr needs the same two arms in every study (column arm); "
            f"the file has {len(arms)}, the study {len(present)}"
        )
    second = (own["arm"] == arms[1]).astype(int)
    term = cox_regression(own["time"], own["event"], pd.DataFrame({"arm": second})).table().iloc[0]
    return term["hr"], term["ci_low"], term["ci_high"]
