"""Covariates as numbers: text becomes indicator columns against its first level in sorted order.

A category of column ``stage`` with levels I, II, III gives the terms ``stage[II]`` and
``stage[III]``. Numbers and booleans stay as they are. Shared by Cox, Fine-Gray and the propensity
score, so that a covariate means the same in each.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.columns import number_column, refuse_rows
from myelomart.errors import StatisticsError

BOXED_NUMBERS = ("decimal", "integer", "floating", "mixed-integer-float", "boolean")
ROUNDING = 1e-12  # of the largest value: a column that varies by less is constant


@dataclass(frozen=True)
class Design:
    """The model matrix (n, p), its column names, and the columns that make each original one."""

    matrix: np.ndarray
    names: tuple[str, ...]
    columns: dict[str, list[int]]  # original covariate -> positions in the matrix


def design_matrix(covariates: pd.DataFrame, *, allow_constant: bool = False) -> Design:
    """Turn a frame of covariates (n, c) into a :class:`Design`; refusals name column and rows.

    ``allow_constant`` keeps columns that do not vary, categories of one row, and the levels of a
    categorical that nobody has: what a table of balance shows and no model can take.

    >>> design = design_matrix(pd.DataFrame({"age": [60, 71, 66, 58], "stage": list("IJJI")}))
    >>> design.names, design.matrix[:, 1].tolist()
    (('age', 'stage[J]'), [0.0, 1.0, 1.0, 0.0])
    """
    if not isinstance(covariates, pd.DataFrame):
        covariates = pd.DataFrame(covariates)
        covariates.columns = [f"x{position + 1}" for position in range(covariates.shape[1])]
    twice = covariates.columns[covariates.columns.duplicated()]
    if len(twice):
        raise StatisticsError(f"column {twice[0]}: it is named twice among the covariates")
    pieces, names, columns = [], [], {}
    for name in covariates.columns:
        column = covariates[name]
        labels = [str(name)]
        if is_category(column):
            block, labels = _indicators(column, str(name), allow_constant)
        else:
            block = number_column(column, str(name))[:, None]
        if not allow_constant and block.shape[1] and (_is_constant(block).all()):
            varies = "vary by rounding alone from" if column.nunique() > 1 else "hold"
            raise StatisticsError(
                f"column {name}: all {len(block)} rows {varies} the value {column.iloc[0]}: "
                "a constant covariate explains nothing, leave it out"
            )
        columns[str(name)] = list(range(len(names), len(names) + len(labels)))
        pieces.append(block)
        names += labels
    if not names:
        raise StatisticsError("no covariate was given")
    matrix = np.empty((len(covariates), len(names)))
    for position, column in enumerate(column for block in pieces for column in block.T):
        matrix[:, position] = column
    return Design(matrix, tuple(names), columns)


def _is_constant(block: np.ndarray) -> np.ndarray:
    """Which columns of (n, p) vary by rounding alone."""
    return np.ptp(block, axis=0) <= ROUNDING * np.abs(block).max(axis=0)


def is_category(column: pd.Series) -> bool:
    """Text and categorical columns are categories; numbers and booleans are not, boxed or not.

    >>> is_category(pd.Series(["I", "II"])), is_category(pd.Series([True, False]))
    (True, False)
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) not in BOXED_NUMBERS
    return True


def _indicators(column: pd.Series, name: str, allow_constant: bool):
    """Indicator columns of all but the first sorted level; of a single one, where it is allowed."""
    unused: list[str] = []
    if isinstance(column.dtype, pd.CategoricalDtype):
        unused = [str(level) for level in column.cat.categories if not (column == level).any()]
        column = column.astype(column.cat.categories.dtype)
    refuse_rows(column.isna().to_numpy(), name, "are missing", "drop them or make them a level")
    values = column.to_numpy()
    if pd.api.types.infer_dtype(values) not in ("string", "datetime64"):
        values = column.astype(str).to_numpy()  # levels of several kinds have no order of their own
    codes, levels = pd.factorize(values, sort=True)
    counts = np.bincount(codes, minlength=len(levels))
    if len(levels) < 2 and not allow_constant:
        raise StatisticsError(
            f"column {name}: all {len(column)} rows hold the value {levels[0]}: "
            "a constant covariate explains nothing, leave it out"
        )
    if not allow_constant and counts.min() < 2:
        lonely = levels[int(np.argmin(counts))]
        raise StatisticsError(
            f"column {name}: the category {lonely} has 1 row of {len(column)}: "
            "merge it with another category or leave it out"
        )
    first = 1 if len(levels) > 1 else 0
    shown = [*levels[first:], *(unused if allow_constant else [])]
    block = np.zeros((len(column), first + len(shown)))
    block[np.arange(len(column)), codes] = 1.0
    return block[:, first:], [f"{name}[{level}]" for level in shown]
