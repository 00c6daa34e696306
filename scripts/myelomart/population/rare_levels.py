"""Levels of a covariate that few persons have, or that one arm alone has.

A rare level cannot be estimated alone; merged into a common one it would count its persons as what
they are not. A level that one arm alone has leaves a score without a maximum (quasi-separation):
nobody in the other arm can be compared with its persons. Petersen ML et al. Stat Methods Med Res
2012;21:31.
"""

from __future__ import annotations

from myelomart.matching.overlap import OTHER, UnsharedLevel
from myelomart.study import Analysis

FEWEST_PER_LEVEL = 5  # where the row of the analysis names no number


def merged_in_words(label: str, rare: dict[str, int]) -> str:
    """A sentence that names the merged levels, how many persons have each, and where they went."""
    named = ", ".join(f"{level} ({count})" for level, count in sorted(rare.items()))
    return f"{label}: levels with too few persons are counted as «{OTHER}» in the model: {named}."


def merging_in_words(analysis: Analysis) -> str:
    """How an analysis treats rare levels, as part of its method."""
    return f"levels of fewer than {fewest_of(analysis)} persons are merged into one, «{OTHER}»"


def fewest_of(analysis: Analysis) -> int:
    """How many persons a level needs to stand alone in the models of an analysis."""
    named = analysis.fewest_per_level
    return FEWEST_PER_LEVEL if named is None else named


def left_out_in_words(one: UnsharedLevel, is_flag: bool) -> str:
    """A sentence on the persons who leave the matching; the level of a flag is yes or no."""
    level = {"1": "yes", "0": "no"}.get(one.level, one.level) if is_flag else one.level
    persons = "1 person" if one.rows == 1 else f"{one.rows} persons"
    arm = "treated" if one.arm == "treated" else "comparator"
    return (
        f"{one.covariate}: {persons} with «{level}» left out of the matching: all are in the "
        f"{arm} arm, so that nobody in the other "
        f"can be compared with them."
    )
