"""The baseline table: each characteristic by arm, with its own denominator and the study's test.

Unknown is a level of its own and is counted; percentages are of those known, and the table says of
how many. Tests as studies use them: chi-square, Fisher, Student's or Welch's t, Wilcoxon. The
standardized difference needs no test and does not grow with the sample.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from myelomart.design import is_category
from myelomart.errors import StatisticsError
from myelomart.tables.contingency import fisher_exact
from myelomart.tables.standardized_differences import (
    mean_difference,
    proportion_difference,
    spread_of,
)

UNKNOWN = "unknown"
TESTS = ("chi-square", "chi-square-yates", "fisher", "student", "welch", "wilcoxon", "none")
SMALL_EXPECTED = 5  # expected count below which chi-square gives way to Fisher


@dataclass(frozen=True)
class TestResult:
    """p and the test it came from; NaN when nothing could be compared."""

    p: float
    test: str


def baseline_table(
    frame: pd.DataFrame, arm: str, *, tests: dict[str, str] | None = None
) -> pd.DataFrame:
    """Characteristics (columns of ``frame`` but ``arm``) by arm, one row per level or summary.

    Columns: characteristic, level, arm, numerator, denominator (known), percent, mean, sd, median,
    q1, q3, p, test, smd (two arms: first against second sorted label). ``tests`` names the test of
    a column; by default Fisher or chi-square for categories, Wilcoxon for numbers.

    >>> frame = pd.DataFrame({"arm": list("aabb"), "sex": list("fmff")})
    >>> baseline_table(frame, "arm")[["level", "arm", "percent"]].values.tolist()
    [['f', 'a', 50.0], ['f', 'b', 100.0], ['m', 'a', 50.0], ['m', 'b', 0.0]]
    """
    groups = frame[arm]
    if groups.isna().any():
        raise StatisticsError(
            f"column {arm}: {int(groups.isna().sum())} rows have no arm: drop them"
        )
    labels = sorted(groups.unique())
    if len(labels) < 2:
        raise StatisticsError(f"column {arm}: all {len(frame)} rows are in one arm")
    rows = []
    for name in frame.columns.drop(arm):
        column = frame[name]
        wanted = (tests or {}).get(name)
        if is_category(column) or pd.api.types.is_bool_dtype(column) or _is_binary(column):
            rows += _category_rows(name, column, groups, labels, wanted)
        else:
            rows += _number_rows(name, column, groups, labels, wanted)
    return pd.DataFrame(rows)


def compare_categories(values: ArrayLike, groups: ArrayLike, test: str | None = None) -> TestResult:
    """Chi-square, with or without Yates, or Fisher's test of known values (n,) by groups (n,).

    By default Fisher when an expected count is below 5, else chi-square; where both sides have
    more than two levels, or the table is too large to enumerate, chi-square all the same.

    >>> result = compare_categories(list("fmffmm"), list("aaabbb"))
    >>> result.test, round(result.p, 3)
    ('fisher', 1.0)
    """
    table = pd.crosstab(np.asarray(values), np.asarray(groups)).to_numpy()
    if min(table.shape) < 2:
        return TestResult(float("nan"), "none")
    if test is None:
        test = "chi-square"
        if stats.contingency.expected_freq(table).min() < SMALL_EXPECTED:
            with suppress(StatisticsError):
                return TestResult(fisher_exact(table), "fisher")
    if test == "fisher":
        return TestResult(fisher_exact(table), test)
    if test not in ("chi-square", "chi-square-yates"):
        raise StatisticsError(f"test {test!r} is not for categories: use {', '.join(TESTS[:3])}")
    outcome = stats.chi2_contingency(table, correction=test == "chi-square-yates")
    return TestResult(float(outcome.pvalue), test)


def compare_numbers(values: ArrayLike, groups: ArrayLike, test: str | None = None) -> TestResult:
    """Student's or Welch's t, or Wilcoxon's rank sum with R's continuity correction; two arms.

    >>> result = compare_numbers([1.1, 2.5, 3.7, 2.2, 4.1, 6.5], list("aaabbb"), "student")
    >>> result.test, round(result.p, 3)
    ('student', 0.276)
    """
    values, groups = np.asarray(values, float), np.asarray(groups)
    labels = np.unique(groups)
    test = test or "wilcoxon"
    if test not in ("student", "welch", "wilcoxon"):
        raise StatisticsError(f"test {test!r} is not for numbers: use student, welch or wilcoxon")
    if len(labels) != 2:
        if test != "wilcoxon" or len(labels) < 2:
            return TestResult(float("nan"), "none")
        parts = [values[groups == label] for label in labels]
        return TestResult(float(stats.kruskal(*parts).pvalue), "kruskal-wallis")
    first, second = (values[groups == label] for label in labels)
    if min(len(first), len(second)) < 2:
        return TestResult(float("nan"), "none")
    if test == "wilcoxon":
        return TestResult(_rank_sum_p(first, second), test)
    return TestResult(
        float(stats.ttest_ind(first, second, equal_var=test == "student").pvalue), test
    )


def _rank_sum_p(first, second) -> float:
    """Exact below 50 rows a side without ties, else the corrected normal, as R's wilcox.test."""
    tied = len(np.unique(np.concatenate([first, second]))) < len(first) + len(second)
    exact = not tied and len(first) < 50 and len(second) < 50
    method = "exact" if exact else "asymptotic"
    return float(stats.mannwhitneyu(first, second, method=method, use_continuity=True).pvalue)


def _is_binary(column: pd.Series) -> bool:
    return set(column.dropna().unique()) <= {0, 1}


def _category_rows(name, column, groups, labels, wanted) -> list[dict]:
    """A row per level and arm, and the unknown."""
    known = column.notna()
    outcome = compare_categories(column[known].astype(str), groups[known], wanted)
    rows = []
    for level in sorted(column[known].unique()):
        shares = {label: (column[known & (groups == label)] == level) for label in labels}
        smd = _share_difference(shares, labels)
        for label, hits in shares.items():
            rows.append(
                {
                    "characteristic": name,
                    "level": str(level),
                    "arm": str(label),
                    "numerator": int(hits.sum()),
                    "denominator": len(hits),
                    "percent": 100 * hits.mean() if len(hits) else float("nan"),
                    "p": outcome.p,
                    "test": outcome.test,
                    "smd": smd,
                }
            )
    return rows + _unknown_rows(name, known, groups, labels)


def _number_rows(name, column, groups, labels, wanted) -> list[dict]:
    """A summary row per arm, and the unknown."""
    known = column.notna()
    values = column[known].astype(float)
    outcome = compare_numbers(values, groups[known], wanted)
    parts = {label: values[groups[known] == label] for label in labels}
    smd = _mean_gap(parts, labels)
    rows = []
    for label, part in parts.items():
        low, middle, high = part.quantile([0.25, 0.5, 0.75]) if len(part) else [float("nan")] * 3
        rows.append(
            {
                "characteristic": name,
                "level": "summary",
                "arm": str(label),
                "denominator": len(part),
                "mean": part.mean(),
                "sd": part.std(),
                "median": middle,
                "q1": low,
                "q3": high,
                "p": outcome.p,
                "test": outcome.test,
                "smd": smd,
            }
        )
    return rows + _unknown_rows(name, known, groups, labels)


def _unknown_rows(name, known, groups, labels) -> list[dict]:
    """How many are unknown in each arm, of all its rows; none when everything is known."""
    if known.all():
        return []
    return [
        {
            "characteristic": name,
            "level": UNKNOWN,
            "arm": str(label),
            "numerator": int((~known & (groups == label)).sum()),
            "denominator": int((groups == label).sum()),
        }
        for label in labels
    ]


def _share_difference(shares, labels) -> float:
    """Standardized difference of a level's share between two arms."""
    if len(labels) != 2 or any(len(hits) == 0 for hits in shares.values()):
        return float("nan")
    return proportion_difference(*(float(shares[label].mean()) for label in labels))


def _mean_gap(parts, labels) -> float:
    """Standardized difference of means between two arms."""
    if len(labels) != 2:
        return float("nan")
    first, second = (parts[label] for label in labels)
    if min(len(first), len(second)) < 1:
        return float("nan")
    return mean_difference(first.mean(), spread_of(first), second.mean(), spread_of(second))
