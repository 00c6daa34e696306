"""Levels of a covariate that few persons have, or that one arm alone has.

A rare level cannot be estimated alone; merged into a common one it would count its persons as what
they are not. A level that one arm alone has leaves a score without a maximum (quasi-separation):
nobody in the other arm can be compared with its persons. Petersen ML et al. Stat Methods Med Res
2012;21:31.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.matching.overlap import OTHER
from myelomart.study import Analysis

FEWEST_PER_LEVEL = 5  # where the row of the analysis names no number


def merged_in_words(label: str, rare: dict[str, int]) -> str:
    """A sentence that names the merged levels, how many persons have each, and where they went."""
    named = ", ".join(f"{level} ({count})" for level, count in sorted(rare.items()))
    return f"{label}: too few persons to be told apart, counted as «{OTHER}» in the model: {named}."


def merging_in_words(analysis: Analysis) -> str:
    """How an analysis treats rare levels, as part of its method."""
    return (
        f"levels of fewer than {fewest_of(analysis)} persons are one level in the model, «{OTHER}»"
    )


def fewest_of(analysis: Analysis) -> int:
    """How many persons a level needs to stand alone in the models of an analysis."""
    named = analysis.fewest_per_level
    return FEWEST_PER_LEVEL if named is None else named


def shared_rows(treated: np.ndarray, model: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Which rows have no level that one arm alone has, and a sentence for each level that falls.

    A level is a value of a text column or of a column of two values. To leave out one may lose
    another, so that it is asked until nothing falls.
    """
    kept, said = np.ones(len(model), bool), []
    while found := _unshared(treated, model, kept):
        for name, value, inside in found:
            kept &= ~inside
            arm = "treated" if treated[inside].all() else "comparator"
            level = (
                value if isinstance(value, str) else {1: "yes", 0: "no"}.get(value, f"{value:g}")
            )
            count = int(inside.sum())
            persons = "1 person" if count == 1 else f"{count} persons"
            said.append(
                f"{name}: {persons} with «{level}» left out of the matching, for all are of the "
                f"{arm} arm and nobody of the other can be compared with them."
            )
    return kept, said


def _unshared(treated, model: pd.DataFrame, kept) -> list[tuple[str, object, np.ndarray]]:
    found = []
    for name, column in model.items():
        is_text = not pd.api.types.is_numeric_dtype(column)
        values = column[kept].unique()
        if len(values) < 2 or not (is_text or len(values) == 2):
            continue
        for value in sorted(values, key=str):
            inside = kept & (column == value).to_numpy()
            if treated[inside].all() or not treated[inside].any():
                found.append((str(name), value, inside))
    return found
