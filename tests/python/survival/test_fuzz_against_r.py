"""Forty of the data sets of bench/fuzz_statistics.py, with R's answers as committed."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SETS = json.loads((ROOT / "tests" / "fixtures" / "r" / "fuzz.json").read_text())


def load():
    file = ROOT / "bench" / "fuzz_statistics.py"
    spec = importlib.util.spec_from_file_location("fuzz_statistics", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz = load()


@pytest.mark.parametrize("given", SETS, ids=lambda given: str(given["seed"]))
def test_every_number_equals_r(given):
    found = fuzz.differences(fuzz.ours(given), given["expected"])
    assert len(found) > 20
    assert [(place, gap) for place, gap in found if not gap <= fuzz.TOLERANCE] == []


def test_the_sets_hold_what_breaks_statistics():
    columns = [set(given["columns"]) for given in SETS]
    for kind in fuzz.KINDS:
        assert any(kind in names for names in columns), kind
    times = [given["columns"]["time"] for given in SETS]
    assert any(min(one) == 0 for one in times)
    assert any(len(set(one)) < len(one) / 3 for one in times)  # heavy ties
    close = [sorted(set(one)) for one in times]
    gaps = [b - a for one in close for a, b in zip(one, one[1:], strict=False)]
    assert any(gap < 1e-12 for gap in gaps)  # ties but for rounding
    assert all(2 in given["columns"]["code"] for given in SETS)


def test_the_matching_is_that_of_its_definition():
    assert fuzz.matching_faults(range(150)) == []


def test_a_wrong_number_is_noticed():
    answers = fuzz.ours(SETS[0])
    answers["log_rank"] = {"chi2": answers["log_rank"]["chi2"] * 1.00001}
    found = dict(fuzz.differences(answers, SETS[0]["expected"]))
    assert found["log_rank.chi2"] > fuzz.TOLERANCE
