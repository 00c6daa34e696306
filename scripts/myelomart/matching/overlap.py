"""Levels that one arm alone has: no row of the other arm can be compared with theirs.

A score model with such a level has no maximum (quasi-separation): the score of its rows runs to 0
or 1, and with it the standard deviation that the caliper is measured in. Either the level is
refused, or its rows are left out and counted. Petersen ML et al. Stat Methods Med Res 2012;21:31.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.design import is_category
from myelomart.errors import StatisticsError
from myelomart.matching.propensity import treatment_flags

OTHER = "other"


@dataclass(frozen=True)
class UnsharedLevel:
    """A value of a category, or of a column with two values, that ``arm`` alone has."""

    covariate: str
    level: str
    rows: int
    arm: str  # treated or control

    def sentence(self) -> str:
        """What was left out and why, as a warning."""
        return (
            f"{self.covariate}: the {self.rows} rows with {self.level} are all of the {self.arm} "
            "arm, nobody in the other can be compared with them: they were left out"
        )


@dataclass(frozen=True)
class SharedPopulation:
    """Which rows both arms can share, and what was left out to get there."""

    kept: np.ndarray  # (n,) bool
    covariates: pd.DataFrame  # the kept rows, without columns that no longer vary
    left_out: tuple[UnsharedLevel, ...]
    constant: tuple[str, ...]  # columns that vary no more among the kept rows

    def warnings(self) -> list[str]:
        """A sentence for each level and each column that was left out."""
        constant = [
            f"{name}: it does not vary among the rows that are left, so it is not adjusted for"
            for name in self.constant
        ]
        return [level.sentence() for level in self.left_out] + constant


def unshared_levels(treatment: ArrayLike, covariates: pd.DataFrame) -> tuple[UnsharedLevel, ...]:
    """Levels of categories and of two-valued columns (n, c) that rows of one arm alone have.

    >>> stage = pd.DataFrame({"stage": ["I", "II", "II", "III", "III", "III"]})
    >>> [level.level for level in unshared_levels([1, 1, 0, 1, 0, 0], stage)]
    ['I']
    """
    treated = treatment_flags(treatment, len(covariates))
    return tuple(level for level, _ in _unshared(treated, covariates))


def _unshared(treated, covariates) -> list[tuple[UnsharedLevel, np.ndarray]]:
    """The levels that one arm alone has, each with its rows (n,) bool."""
    found = []
    for name in covariates.columns:
        column = covariates[name]
        if not is_category(column) and column.nunique() > 2:
            continue
        for value in column.dropna().unique():
            inside = (column == value).to_numpy(bool)
            if treated[inside].all() or not treated[inside].any():
                arm = "treated" if treated[inside].all() else "control"
                shown = f"{value:g}" if isinstance(value, float) else str(value)
                level = UnsharedLevel(str(name), shown, int(inside.sum()), arm)
                found.append((level, inside))
    return found


def leave_out_unshared(treatment: ArrayLike, covariates: pd.DataFrame) -> SharedPopulation:
    """Leave out the rows of levels that one arm alone has, until both arms share every level.

    Raises StatisticsError when an arm loses all its rows: then the arms do not overlap.

    >>> frame = pd.DataFrame({"age": [61, 64, 70, 66, 72, 58], "site": list("aabbbc")})
    >>> shared = leave_out_unshared([1, 0, 1, 0, 0, 0], frame)
    >>> shared.kept.tolist(), shared.left_out[0].level, shared.left_out[0].rows
    ([True, True, True, True, True, False], 'c', 1)
    """
    treated = treatment_flags(treatment, len(covariates))
    kept = np.ones(len(covariates), bool)
    left_out: list[UnsharedLevel] = []
    while found := _unshared(treated[kept], covariates[kept]):
        rows = np.flatnonzero(kept)
        for level, inside in found:
            kept[rows[inside]] = False
            left_out.append(level)
        if not (kept & treated).any() or not (kept & ~treated).any():
            raise StatisticsError(
                f"column {left_out[0].covariate}: the arms do not overlap: without the levels that "
                "one arm alone has, no row of the other is left to compare"
            )
    rest = covariates[kept]
    constant = tuple(str(name) for name in rest.columns if rest[name].nunique() < 2)
    return SharedPopulation(kept, rest.drop(columns=list(constant)), tuple(left_out), constant)


def merge_rare_levels(
    column: pd.Series, fewest: int = 5, into: str = OTHER
) -> tuple[pd.Series, dict[str, int]]:
    """Levels with fewer than ``fewest`` rows become one level ``into``; which they were, with rows.

    ``into`` is a level of its own however few rows it has: rare levels never join the commonest.

    >>> merged, rare = merge_rare_levels(pd.Series(list("aaaabbbbcd")), fewest=2)
    >>> merged.tolist()[-2:], rare
    (['other', 'other'], {'c': 1, 'd': 1})
    """
    counts = column.value_counts()
    rare = {level: int(count) for level, count in counts.items() if count < fewest}
    if set(rare) <= {into}:
        return column, {}
    merged = column.astype(object).where(~column.isin(list(rare)), into)
    names = sorted((str(level), rows) for level, rows in rare.items())
    return merged, dict(names)
