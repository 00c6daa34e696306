"""How far apart two arms are in one value, over its spread before they were made alike."""

import pandas as pd

from myelomart.tables.standardized_differences import over_spread


def smd_over_pooled(values, treated, values_before, treated_before, kind: str) -> float:
    """Mean difference of the arms over the pooled SD *before* matching.

    Where neither arm varied, 0 for the same value in both and infinite for two.
    """
    known, known_before = values.notna(), values_before.notna()
    arm_means = values[known].groupby(treated[known]).mean()
    degrees = 0 if kind == "binary" else 1
    variances = values_before[known_before].groupby(treated_before[known_before]).var(ddof=degrees)
    if len(arm_means) < 2:
        return float("nan")
    return over_spread(arm_means[True] - arm_means[False], variances.mean(skipna=False))


def largest_difference(model: pd.DataFrame, treated: pd.Series, kept: pd.Series) -> float:
    """The largest absolute standardized difference of the columns of a model, among ``kept``.

    ``model`` and ``treated`` are of everybody; a text column has a difference per level.

    >>> model = pd.DataFrame({"age": [60.0, 70, 62, 72], "sex": list("fmfm")})
    >>> everybody = pd.Series([True] * 4)
    >>> round(largest_difference(model, pd.Series([True, True, False, False]), everybody), 2)
    0.28
    """
    wide = pd.get_dummies(model, dtype=float)
    found = [
        smd_over_pooled(
            wide.loc[kept, name], treated[kept], wide[name], treated,
            "binary" if wide[name].isin([0, 1]).all() else "number",
        ) for name in wide
    ]  # fmt: skip
    return max((abs(one) for one in found if pd.notna(one)), default=float("nan"))
