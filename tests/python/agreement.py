"""Runs the statistical commands' functions on the data of tests/fixtures/r and compares with R.

`python tests/python/agreement.py` rewrites docs/agreement_with_r.md; a test checks that the page is
what this module makes of the code as it stands.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from myelomart.matching.report import MatchOptions, match_report
from myelomart.meta_analysis.report import MetaOptions, meta_report
from myelomart.survival.report import SurvivalOptions, survival_report
from myelomart.tables.input_file import read_table

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "r"
PAGE = ROOT / "docs" / "agreement_with_r.md"
TOLERANCE = 1e-6
# lme4, which metafor calls for the GLMM, stops its search near 1e-5 in tau: see the page
SEARCH_TOLERANCE = 1e-3
ZERO = 1e-12  # differences below are rounding about zero
SCORE_ROUNDING = 1e-9


HEADING = """# Agreement with R

Every number that `myelomart survival`, `match` and `meta` print, against R 4.2 (survival 3.5-3,
cmprsk 2.2-11, MatchIt 4.5.1 in its matrix form, metafor 3.8-1) on the data sets of
`tests/fixtures/r/data`: synthetic, with ties, strata, late entry, weights, clusters, few events
and missing values. The bound is a relative difference of 1e-6 on each number: estimates,
standard errors, statistics, p-values and limits.

{analyses} analyses of {sets} data sets, {numbers} numbers. Largest relative difference, the GLMM
apart: below {worst}.

Made by `python tests/python/agreement.py` from R's values in `tests/fixtures/r/expected.json`,
which `Rscript tests/fixtures/r/expected_values.R` makes. `pytest tests/python/test_agreement.py`
fails when a number moves away from R, or this page from the code.

| analysis | command | data | numbers | largest relative difference |
|---|---|---|---:|---:|
"""
LIMITS = """

Where the comparison has limits:

- **GLMM**: `metafor::rma.glmm` leaves the search to `lme4`, whose optimiser stops early; these
  rows are held to 1e-3.
- **REML**: metafor stops when a step in τ² is below 1e-5. We stop where it does, so that τ² has
  R's digits; the exact maximum differs in the sixth.
- **Log-rank with late entry**: `survdiff` refuses it; the tests compare ours with the score test
  of Cox's model.
- **Incidence with clusters**: with one cause the incidence is 1 minus Kaplan-Meier, and so is its
  standard error here; multi-state `survfit` of survival 3.5-3 departs from its own Kaplan-Meier.
- **Closest-first order**: MatchIt 4.5.1 has none; the tests compare ours with brute force.
"""


@dataclass(frozen=True)
class Agreement:
    """One case: how many numbers were compared, and the largest relative difference."""

    name: str
    command: str
    data: str
    numbers: int
    worst: float
    worst_key: str
    missing: tuple[str, ...]  # keys where one side has a number and the other none

    @property
    def tolerance(self) -> float:
        """What the case must stay within."""
        return SEARCH_TOLERANCE if self.name.endswith("GLMM") else TOLERANCE

    @property
    def agrees(self) -> bool:
        """Within tolerance everywhere, and nothing missing on either side."""
        return self.worst <= self.tolerance and not self.missing


def cases() -> list[dict]:
    """The committed cases with R's values."""
    listed = json.loads((FIXTURES / "cases.json").read_text())
    expected = json.loads((FIXTURES / "expected.json").read_text())
    return [
        {**case, "expected": value["expected"]}
        for case, value in zip(listed, expected, strict=True)
        if case["name"] == value["name"]
    ]


def run_case(case: dict) -> dict:
    """What myelomart makes of a case's data."""
    frame = read_table(FIXTURES / "data" / f"{case['data']}.csv")
    options = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in case["options"].items()
    }
    if case["command"] == "survival":
        return survival_report(frame, SurvivalOptions(**options))
    if case["command"] == "meta":
        return meta_report(frame, MetaOptions(**options))
    report, _ = match_report(frame, MatchOptions(**options))
    report["pairs"] = sorted(report["pairs"], key=lambda pair: (pair["treated"], pair["control"]))
    report["propensity"]["coefficients"] = list(report["propensity"]["coefficients"].values())
    return report


def compare(case: dict) -> Agreement:
    """Compare every number R gave with ours."""
    differences, missing = {}, []
    _walk(case["expected"], run_case(case), "", differences, missing)
    worst_key = max(differences, key=differences.get)
    return Agreement(
        case["name"], case["command"], case["data"], len(differences),
        differences[worst_key], worst_key, tuple(missing),
    )  # fmt: skip


def _walk(expected, actual, path, differences, missing) -> None:
    if isinstance(expected, dict):
        for key, value in expected.items():
            _walk(value, actual[key], f"{path}.{key}", differences, missing)
    elif isinstance(expected, list):
        if len(expected) != len(actual):
            missing.append(f"{path}: {len(actual)} entries, R has {len(expected)}")
        for position, (one, other) in enumerate(zip(expected, actual, strict=False)):
            _walk(one, other, f"{path}[{position}]", differences, missing)
    elif isinstance(expected, str):
        if str(actual) != expected:
            missing.append(f"{path}: {actual}, R has {expected}")
    elif expected is None:
        if actual is not None and actual == actual:
            missing.append(f"{path}: {actual}, R has none")
    elif actual is None or actual != actual:
        missing.append(f"{path}: none, R has {expected}")
    else:
        gap = abs(actual - expected)
        # the distance of a pair is a difference of scores that agree to 1e-12
        rounding = SCORE_ROUNDING if path.endswith(".distance") else ZERO
        differences[path.lstrip(".")] = 0.0 if gap < rounding else gap / max(abs(expected), ZERO)


def page(results: list[Agreement]) -> str:
    """The docs page: one row per case."""
    numbers = sum(result.numbers for result in results)
    ordinary = [result for result in results if result.tolerance == TOLERANCE]
    heading = HEADING.format(
        analyses=len(results),
        sets=len({result.data for result in results}),
        numbers=numbers,
        worst=_bound(max(result.worst for result in ordinary)),
    )
    rows = [
        f"| {result.name} | {result.command} | {result.data} | {result.numbers} | "
        f"< {_bound(result.worst)} |"
        for result in results
    ]
    return heading + "\n".join(rows) + LIMITS


def _bound(value: float) -> str:
    """An even power of ten above a difference: coarse, so that another machine's rounding fits."""
    for exponent in range(-8, 1, 2):
        if value < 10.0**exponent:
            return f"1e{exponent}"
    return f"{value:.1g}"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page([compare(case) for case in cases()]))
