"""What `myelomart survival` prints on top: curves at given values, counts of repeated events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from myelomart.design import is_category
from myelomart.errors import StatisticsError
from myelomart.input_file import covariates as design_of
from myelomart.input_file import label
from myelomart.survival.baseline_hazard import adjusted_curves
from myelomart.survival.cox import CoxFit
from myelomart.survival.recurrent import MeanCumulativeCount, expected_count, mean_cumulative_count
from myelomart.survival.recurrent_rates import rate_ratio

MEANS = "means"


def curve_rows(
    fit: CoxFit, covariates: pd.DataFrame, asked: Sequence[str], times: Sequence[float],
    conf_type: str = "log-log",
) -> list[dict]:  # fmt: skip
    """Survival by the model at the values of each of ``asked``: ``"arm=1,stage=II"`` or "means".

    A covariate that is not named is at its mean; a category is at the level that is named. One row
    per stratum and time of ``times`` (every event time without them).

    >>> from myelomart.survival.cox import cox_regression
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> fit = cox_regression(time, [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0], frame)
    >>> [round(row["survival"], 3) for row in curve_rows(fit, frame, ["arm=1"], [2.0, 3.5])]
    [0.945, 0.887]
    """
    rows = []
    for text in asked:
        values = _values(fit, covariates, text)
        curves = adjusted_curves(fit, values, conf_type=conf_type)
        for stratum, curve in curves.groupby("stratum", sort=True):
            shown = curve if not len(times) else _at(curve, times)
            for row in shown.to_dict("records"):
                told = {name: row[name] for name in ("time", "survival", "ci_low", "ci_high")}
                rows.append({"values": text, "stratum": stratum, **told})
    return rows


def _values(fit: CoxFit, covariates: pd.DataFrame, text: str) -> dict[str, float]:
    """The value of every term of the model."""
    values = dict(zip(fit.names, fit.sets.means.tolist(), strict=True))
    if text == MEANS:
        return values
    for part in text.split(","):
        name, equals, said = (piece.strip() for piece in part.partition("="))
        if not equals or name not in covariates.columns:
            raise StatisticsError(
                f"--adjusted {text}: write it as COVARIATE=VALUE, with commas between, of "
                f"{', '.join(covariates.columns)}; or means"
            )
        if not is_category(covariates[name]):
            try:
                values[name] = float(said)
            except ValueError:
                raise StatisticsError(f"--adjusted {text}: {said} is not a number") from None
            continue
        levels = sorted({label(level) for level in covariates[name].unique()})
        if said not in levels:
            raise StatisticsError(
                f"--adjusted {text}: {name} has no level {said}; it has {', '.join(levels)}"
            )
        values |= {
            term: float(term == f"{name}[{said}]")
            for term in fit.names
            if term.startswith(f"{name}[")
        }
    return values


def _at(curve: pd.DataFrame, times: Sequence[float]) -> pd.DataFrame:
    """The curve at some times; 1 before the first event."""
    place = np.searchsorted(curve["time"].to_numpy(), np.asarray(times, float), side="right")
    steps = {
        name: np.concatenate([[1.0], curve[name].to_numpy()])[place]
        for name in ("survival", "ci_low", "ci_high")
    }
    return pd.DataFrame({"time": list(times), **steps})


def count_rows(
    person: np.ndarray,
    time: np.ndarray,
    kind: np.ndarray,
    groups: Sequence[tuple[str, np.ndarray]],
    times: Sequence[float],
) -> list[dict]:
    """Mean cumulative count of each group, at some times or at every event.

    >>> person, time, kind = np.array([[1, 1, 1, 2, 2], [2, 5, 9, 4, 9], [1, 1, 0, 1, 2]])
    >>> everybody = [("all", np.ones(5, bool))]
    >>> [row["count"] for row in count_rows(person, time, kind, everybody, [3.0, 6.0])]
    [0.5, 1.5]
    """
    rows = []
    for name, chosen in groups:
        counts = mean_cumulative_count(person[chosen], time[chosen], kind[chosen])
        shown = expected_count(counts, times) if len(times) else _every(counts)
        persons = len(pd.unique(person[chosen]))
        rows += [{"group": name, "persons": persons, **row} for row in shown.to_dict("records")]
    return rows


def _every(counts: MeanCumulativeCount) -> pd.DataFrame:
    names = ("time", "count", "ci_low", "ci_high")
    return pd.DataFrame({name: getattr(counts, name) for name in names})


def rate_terms(
    frame: pd.DataFrame,
    person: str,
    time: np.ndarray,
    kind: np.ndarray,
    names: Sequence[str] | str | None,
) -> list[dict] | None:
    """Terms of the proportional means model of the columns ``names``; None without any.

    A single name is that of groups, which are taken as they are. Refuses a column that changes
    within a person.

    >>> frame = pd.DataFrame({"id": [1, 1, 2, 3, 3, 4], "arm": [1, 1, 1, 0, 0, 0]})
    >>> time, kind = np.array([2, 9, 4, 1, 8, 6]), np.array([1, 0, 0, 1, 0, 0])
    >>> [row["term"] for row in rate_terms(frame, "id", time, kind, "arm")]
    ['arm']
    """
    if not names:
        return None
    columns = [names] if isinstance(names, str) else list(names)
    for name in columns:
        changed = int((frame.groupby(person)[name].nunique() > 1).sum())
        if changed:
            raise StatisticsError(
                f"column {name}: it changes within {changed} persons; the ratio of rates needs one "
                "value for each"
            )
    each = frame.drop_duplicates(person)
    design = each[columns] if isinstance(names, str) else design_of(each, columns)
    design = design.set_axis(each[person])
    terms = rate_ratio(frame[person].to_numpy(), time, kind, design).table()
    return terms.rename(columns={"hr": "rate_ratio"}).to_dict("records")
