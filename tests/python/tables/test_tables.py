"""Baseline tables and proportions against R 4.2's own tests."""

import ast
import itertools
import math
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import myelomart
from myelomart.errors import StatisticsError
from myelomart.tables import (
    baseline_table,
    clopper_pearson_interval,
    compare_categories,
    compare_numbers,
    miettinen_nurminen,
    wilson_interval,
)
from myelomart.tables.baseline import UNKNOWN
from myelomart.tables.contingency import fisher_exact

FIRST, SECOND = [1.1, 2.5, 3.7, 4.9, 8.8], [2.2, 4.1, 6.5, 7.7, 9.9, 12.1]


def two_by_two(a, b, c, d):
    return np.repeat(["yes", "no", "yes", "no"], [a, b, c, d]), np.repeat(
        ["x", "y"], [a + b, c + d]
    )


def test_categories_equal_r():
    assert compare_categories(*two_by_two(3, 7, 9, 2)).test == "fisher"  # an expected count below 5
    assert compare_categories(*two_by_two(3, 7, 9, 2)).p == pytest.approx(0.02997312285238)
    values = two_by_two(30, 70, 45, 55)
    assert compare_categories(*values).p == pytest.approx(0.028459736916311)
    assert compare_categories(*values, "chi-square-yates").p == pytest.approx(0.040871534089006)


@pytest.mark.parametrize(
    ("test", "p"),
    [("student", 0.18884572747748), ("welch", 0.18024587383595), ("wilcoxon", 0.24675324675325)],
)
def test_numbers_equal_r(test, p):
    groups = ["x"] * 5 + ["y"] * 6
    assert compare_numbers(FIRST + SECOND, groups, test).p == pytest.approx(p)


def test_wilcoxon_with_ties_and_three_arms_equal_r():
    values = [1, 2, 2, 3, 5, 2, 4, 4, 6, 7, 7]
    assert compare_numbers(values, ["x"] * 5 + ["y"] * 6).p == pytest.approx(0.078645223260723)
    three = compare_numbers([*FIRST, *SECOND, 1, 1.5, 9], ["x"] * 5 + ["y"] * 6 + ["z"] * 3)
    assert (three.test, three.p) == ("kruskal-wallis", pytest.approx(0.28338400840832))


def test_intervals_of_a_proportion_equal_r():
    assert clopper_pearson_interval(3, 106) == pytest.approx(
        (0.0058749954886905, 0.0804865192942161)
    )
    assert wilson_interval(3, 106) == pytest.approx((0.0096712838655598, 0.0799256581848856))
    assert clopper_pearson_interval(0, 10)[0] == 0
    assert clopper_pearson_interval(10, 10)[1] == 1


def test_difference_of_proportions_equals_the_published_example():
    # Newcombe RG. Stat Med 1998;17:873, table II, method 5, 56/70 v 48/80 and 10/10 v 0/20
    assert miettinen_nurminen(56, 70, 48, 80) == pytest.approx((0.0528, 0.3382), abs=1e-4)
    assert miettinen_nurminen(10, 10, 0, 20) == pytest.approx((0.7156, 1.0), abs=1e-4)


def frame():
    return pd.DataFrame(
        {
            "arm": ["a"] * 6 + ["b"] * 6,
            "sex": ["f", "m", "f", None, "m", "f", "m", "m", "f", "m", None, None],
            "age": [60, 61, 66, 70, np.nan, 58, 64, 59, 71, 73, 68, 75],
            "refractory": [1, 0, 1, 1, 0, np.nan, 0, 0, 1, 0, 1, 0],
        }
    )


def test_unknown_is_a_level_and_percentages_are_of_those_known():
    table = baseline_table(frame(), "arm").set_index(["characteristic", "level", "arm"])
    women = table.loc[("sex", "f", "a")]
    assert (women["numerator"], women["denominator"], women["percent"]) == (3, 5, 60)
    unknown = table.loc[("sex", UNKNOWN, "b")]
    assert (unknown["numerator"], unknown["denominator"]) == (2, 6)
    assert table.loc[("age", "summary", "a"), "denominator"] == 5
    assert table.loc[("refractory", "1.0", "a"), "denominator"] == 5


def test_standardized_difference_of_a_share_needs_no_test():
    table = baseline_table(frame(), "arm", tests={"age": "student"})
    age = table[table["characteristic"] == "age"].iloc[0]
    assert age["test"] == "student"
    women = table[(table["characteristic"] == "sex") & (table["level"] == "f")].iloc[0]
    assert women["smd"] == pytest.approx((0.6 - 0.25) / np.sqrt((0.24 + 0.1875) / 2))


def test_rows_without_an_arm_are_refused():
    with pytest.raises(StatisticsError, match="column arm: 1 rows have no arm"):
        baseline_table(frame().assign(arm=["a"] * 6 + ["b"] * 5 + [None]), "arm")


def test_fishers_test_holds_no_more_than_its_table():
    # R 4.2: fisher.test(table, workspace = 2e7); every order of the rows, within 200 MB
    rows = [(3, 27), (60, 440), (24, 176), (213, 1617)]
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)):
        tracemalloc.start()
        p = fisher_exact([rows[position] for position in order])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert p == pytest.approx(0.988659, abs=1e-6)
        assert peak < 200e6


def test_fishers_test_equals_enumeration_of_every_table():
    rng = np.random.default_rng(3)
    for _ in range(20):
        table = rng.integers(0, 6, (rng.integers(2, 5), 2))
        if min(table.sum(0)) == 0 or (table.sum(1) == 0).any():
            continue
        sizes, wanted = table.sum(1), table[:, 0].sum()
        choices = itertools.product(*(range(size + 1) for size in sizes))
        ways = {
            chosen: math.prod(math.comb(size, one) for size, one in zip(sizes, chosen, strict=True))
            for chosen in choices
            if sum(chosen) == wanted
        }
        seen = ways[tuple(table[:, 0].tolist())]
        p = sum(way for way in ways.values() if way <= seen * (1 + 1e-7)) / sum(ways.values())
        assert fisher_exact(table) == pytest.approx(p)
        assert fisher_exact(table.T) == pytest.approx(p)


@pytest.mark.parametrize("table", [[[1.5, 2], [3, 4]], [[-1, 2], [3, 4]], [[np.nan, 2], [3, 4]]])
def test_fishers_test_takes_counts_alone(table):
    with pytest.raises(StatisticsError, match="whole numbers, none negative"):
        fisher_exact(table)


def test_levels_that_one_arm_alone_has_differ_without_bound():
    wide = pd.DataFrame({"arm": ["a"] * 20 + ["b"] * 20, "x": ["yes"] * 20 + ["no"] * 20})
    table = baseline_table(wide.assign(dose=0.1, same="s"), "arm").set_index("characteristic")
    assert table.loc["x", "smd"].tolist() == [-np.inf, -np.inf, np.inf, np.inf]
    assert table.loc["dose", "smd"].tolist() == [0, 0]
    assert table.loc["same", "smd"].tolist() == [0, 0]


PACKAGE = Path(myelomart.__file__).parent
# what stands on what, lowest first: a module imports from its own step or those before
STEPS = [
    ["errors"],
    ["columns", "design", "frame_calls", "input_file", "results_shown", "spreadsheet"],
    ["tables"],
    ["survival"],
    ["matching", "meta_analysis", "sensitivity"],
]
DRAWS = {"results_shown.py": {"figures"}}  # imported when a result is asked to draw itself


def imported(file):
    """The names of this package that a file imports: `survival` of `myelomart.survival.cox`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("myelomart."):
            yield node.module.split(".")[1]


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_no_statistic_imports_what_stands_above_it(step):
    allowed = {name for names in STEPS[: step + 1] for name in names}
    for name in STEPS[step]:
        folder = PACKAGE / name
        files = sorted(folder.glob("*.py")) if folder.is_dir() else [PACKAGE / f"{name}.py"]
        assert files
        for file in files:
            assert set(imported(file)) <= allowed | DRAWS.get(file.name, set()), file
