"""Everything `myelomart meta` prints: one dictionary from a frame and the options.

Keys are those of docs/schemas/meta.json. A median without both limits (not reached) is dropped and
counted: pooled medians are too low when the longest are the ones not reached.
"""

from dataclasses import dataclass, replace

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import complete_rows, numbers
from myelomart.meta_analysis.binomial_normal import profile_interval
from myelomart.meta_analysis.effect_sizes import EffectSizes, from_intervals, proportions
from myelomart.meta_analysis.person_rows import MEASURES, estimates_of_studies, holds_persons
from myelomart.meta_analysis.random_effects import (
    FEWEST_STUDIES,
    METHODS,
    leave_one_out,
    pool,
    study_table,
)

COUNTS, INTERVALS = ["events", "n"], ["estimate", "ci_low", "ci_high"]
PRINTED = (
    "k", "measure", "method", "hartung_knapp", "estimate", "ci_low", "ci_high", "prediction_low",
    "prediction_high", "tau2", "i2", "q", "q_df", "q_p",
)  # fmt: skip


@dataclass(frozen=True)
class MetaOptions:
    """Choices; see `myelomart meta --help`."""

    measure: str | None = None
    method: str = "reml"
    hartung_knapp: bool = False
    transform: str = "logit"


def meta_summary(frame: pd.DataFrame, options: MetaOptions) -> dict:
    """Pool a file's studies; fewer than three are listed but not pooled.

    >>> frame = pd.DataFrame({"events": [8, 12, 30], "n": [20, 25, 40]})
    >>> round(meta_summary(frame, MetaOptions())["estimate"], 3)
    0.558
    """
    if options.method not in METHODS:
        raise StatisticsError(f"--method {options.method} is unknown: use {', '.join(METHODS)}")
    sizes, complete = _effect_sizes(frame, options)
    if options.method == "glmm" and sizes.events is None:
        raise StatisticsError("--method glmm pools counts: give columns events and n, or use reml")
    names = pd.Series(sizes.study).astype(str)
    notes = [
        f"study {name} stands in {count} rows, pooled as so many studies"
        for name, count in names.value_counts(sort=False).items()
        if count > 1
    ]
    report = {"n_dropped": complete.n_dropped, "dropped": complete.dropped, "notes": notes}
    if len(sizes.effect) < FEWEST_STUDIES:
        studies = study_table(sizes).to_dict("records")
        empty = dict.fromkeys(PRINTED)
        shown = {
            "k": len(studies), "measure": sizes.measure, "method": options.method,
            "hartung_knapp": options.hartung_knapp, "studies": studies,
        }  # fmt: skip
        what = "study" if len(studies) == 1 else "studies"
        note = f"{len(studies)} {what}: pooling needs {FEWEST_STUDIES} or more, none was done"
        return {**empty, **shown, **report, "notes": [*notes, note]}
    result = pool(sizes, method=options.method, hartung_knapp=options.hartung_knapp)
    values = {name: getattr(result, name) for name in PRINTED}
    if options.method == "glmm":
        low, high = profile_interval(sizes)
        values |= {"profile_ci_low": low, "profile_ci_high": high}
    if len(sizes.effect) > FEWEST_STUDIES:
        rest = leave_one_out(sizes, method=options.method, hartung_knapp=options.hartung_knapp)
        refused = rest[rest["refusal"].notna()]
        report["notes"] += [
            f"not pooled without {row.study}: {row.refusal}" for row in refused.itertuples()
        ]
        values["leave_one_out"] = rest.drop(columns="refusal").to_dict("records")
    return {**values, "studies": result.studies.to_dict("records"), **report}


def _effect_sizes(frame: pd.DataFrame, options: MetaOptions) -> tuple[EffectSizes, object]:
    """Effect sizes of the file's columns, and its complete rows."""
    has_counts = all(name in frame.columns for name in COUNTS)
    has_intervals = all(name in frame.columns for name in INTERVALS)
    counts = has_counts and options.measure in (None, "proportion")
    if not counts and not has_intervals and holds_persons(frame) and options.measure in MEASURES:
        return _sizes_of_persons(frame, options)
    if not counts and not has_intervals:
        raise StatisticsError(
            "the file needs columns events and n, or estimate, ci_low and ci_high, or a row per "
            "person with study, time, event (--measure hr with arm, or median); it has "
            + ", ".join(frame.columns)
        )
    if not counts and options.measure in (None, "proportion"):
        raise StatisticsError("estimates need --measure: hr, rr, or, median or mean")
    complete = complete_rows(frame, COUNTS if counts else INTERVALS)
    columns = {name: numbers(complete.frame, name) for name in complete.frame.columns}
    study = frame.loc[complete.frame.index, "study"] if "study" in frame.columns else None
    if counts:
        sizes = proportions(**columns, study=study, transform=options.transform)
    else:
        sizes = from_intervals(**columns, measure=options.measure, study=study)
    return sizes, complete


def _sizes_of_persons(frame: pd.DataFrame, options: MetaOptions) -> tuple[EffectSizes, object]:
    """Effect sizes of a file with a row per person; the rows that were left out stay counted."""
    made, used = estimates_of_studies(frame, options.measure)
    known = complete_rows(made, INTERVALS)
    open_ = {f"not estimable: {name}": count for name, count in known.dropped.items()}
    sizes = from_intervals(
        **{name: known.frame[name] for name in INTERVALS}, measure=options.measure,
        study=made.loc[known.frame.index, "study"],
    )  # fmt: skip
    return sizes, replace(used, dropped=used.dropped | open_)
