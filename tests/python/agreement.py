"""Runs our functions on the data of tests/fixtures/r and compares every number with R's.

`python tests/python/agreement.py` rewrites docs/agreement_with_r.md; a test checks that the page is
what this module makes of the code as it stands.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import lifelines.datasets
import pandas as pd

import agreement_functions
from agreement_items import ITEMS
from myelomart.input_file import read_table
from myelomart.matching.summary import MatchOptions, match_summary
from myelomart.meta_analysis.summary import MetaOptions, meta_summary
from myelomart.survival.summary import SurvivalOptions, survival_summary

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "r"
SHIPPED = Path(next(iter(lifelines.datasets.__path__)))
PAGE = ROOT / "docs" / "agreement_with_r.md"
TOLERANCE = 1e-6
ZERO = 1e-15  # differences below are rounding about zero
SCORE_ROUNDING = 1e-9


HEADING = """# Agreement with R

Every number that `myelomart survival`, `match` and `meta` print, and that the functions behind them
give, compared with R 4.2 (survival 3.5-3, cmprsk 2.2-11, MatchIt 4.5.1 in its matrix form, metafor
3.8-1 with lme4 1.1-31). The bound is a relative difference of 1e-6 on each number: estimates,
standard errors, statistics, p-values and limits.

{entries} analyses, {sets} data sets ({survival} of survival; {shipped} are read from the installed
package lifelines, the others, synthetic, are in `tests/fixtures/r/data`): with ties, strata, late
entry, weights, clusters, few events, groups without any, and missing values. {numbers} numbers, the
largest relative difference below {worst}.

Made by `python tests/python/agreement.py` from R's values, which `expected_values.R` and
`expected_functions.R` in `tests/fixtures/r` make. `pytest tests/python/test_agreement.py` fails
when a number departs from R, or this page from the code.

| item | R | data sets | numbers | largest relative difference |
|---|---|---:|---:|---:|
"""
LIMITS = """

Where the comparison has limits:

- **GLMM**: `metafor::rma.glmm` leaves the search to `lme4`, whose default stops early. The expected
  values come from the tightened search written in `expected_values.R` and, independently, from the
  exact likelihood, with integrals by `integrate()`, in `expected_functions.R`. What the default
  search reaches, at the exact likelihood:

{glmm}

- **Firth's penalty**: Debian has no `coxphf`. The oracle maximises `coxph`'s own log likelihood
  plus half the log determinant of its own information (`init = b, iter.max = 0`) by `optim` and
  Newton steps; limits and p by its profile. Ties as the fit has them (`coxphf` knows Breslow's).
- **REML**: metafor stops when a step in τ² is below 1e-5. We stop where it does, so that τ² has
  R's digits; the exact maximum differs in the sixth.
- **Restricted mean with weights or clusters**: `survfit` prints the naive standard error there,
  which shrinks when all weights are multiplied. Ours is that of the influences of its own curve
  (`survfit(influence = 1)`), added up within clusters.
- **Log-rank with weights or clusters**: `survdiff` takes neither. With weights ours is R's robust
  score test (`coxph`, Breslow's ties, `robscore`); with clusters alone the variance of `survdiff`
  times the design effect of the rows' influences, written out in `expected_values.R`. So every row
  given twice, with its id as the cluster, changes nothing.
- **Medians**: as `quantile(survfit)`. A curve that rests on one half to the end of follow-up gives
  the middle of that stretch; `print(survfit)` gives its beginning.
- **Log-rank with late entry**: `survdiff` refuses it; the tests compare ours with the score test
  of Cox's model.
- **Incidence with clusters**: with one cause the incidence is 1 minus Kaplan-Meier, and so is its
  standard error here; multi-state `survfit` of survival 3.5-3 departs from its own Kaplan-Meier.
- **Matching**: MatchIt 4.5.1 ignores the caliper on a distance vector, so only its matrix form is
  compared. It has no closest-first order, and its random order is not ours: the tests compare both
  with brute force.
- **Target trials**: Debian has neither TrialEmulation nor ipw, which could not be asked. Clones and
  weights are written out person by person in `expected_functions.R`; the models are R's own (`glm`,
  `coxph` with clusters, `survfit`, `sandwich::vcovCL` without its small-sample factor).
- **E-value, calibration, entropy weights, mean cumulative count, wins, Miettinen-Nurminen**: Debian
  has no package of theirs; the R scripts write the definition out and leave the search to R.
- **Random data sets**: `python bench/fuzz_statistics.py` draws 400 seeded data sets: ties,
  ties but for rounding, time 0, strata, weights, clusters, late entry and competing events, asks R
  again, and checks the matching against brute force; 40 of them with R's answers are a test.
- Differences below 1e-15, and below 1e-9 in the distance of a pair, count as rounding about zero.

The analyses of the commands, one by one:

| analysis | command | data | numbers | largest relative difference |
|---|---|---|---:|---:|
"""


@dataclass(frozen=True)
class Agreement:
    """One analysis: the relative difference of each number, by its place in the report."""

    name: str
    command: str  # or, for a function, "function"
    data: str
    options: dict
    differences: dict[str, float]
    missing: tuple[str, ...]  # places where one side has a number and the other none

    @property
    def worst_key(self) -> str:
        """Where the largest difference is."""
        return max(self.differences, key=self.differences.get)

    @property
    def worst(self) -> float:
        """The largest relative difference."""
        return self.differences[self.worst_key]

    @property
    def agrees(self) -> bool:
        """Within tolerance everywhere, and nothing missing on either side."""
        return self.worst <= TOLERANCE and not self.missing


def cases() -> list[dict]:
    """The committed cases with R's values."""
    listed = json.loads((FIXTURES / "cases.json").read_text())
    expected = json.loads((FIXTURES / "expected.json").read_text())
    return [
        {**case, "expected": value["expected"]}
        for case, value in zip(listed, expected, strict=True)
        if case["name"] == value["name"]
    ]


def data_file(name: str) -> Path:
    """The CSV of a data set: ours, or ``lifelines:name``, one that lifelines ships."""
    if name.startswith("lifelines:"):
        return SHIPPED / f"{name.removeprefix('lifelines:')}.csv"
    return FIXTURES / "data" / f"{name}.csv"


def run_case(case: dict) -> dict:
    """What myelomart makes of a case's data."""
    frame = read_table(data_file(case["data"]))
    options = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in case["options"].items()
    }
    if case["command"] == "survival":
        return survival_summary(frame, SurvivalOptions(**options))
    if case["command"] == "meta":
        return meta_summary(frame, MetaOptions(**options))
    report, _ = match_summary(frame, MatchOptions(**options))
    report["pairs"] = sorted(report["pairs"], key=lambda pair: (pair["treated"], pair["control"]))
    report["propensity"]["coefficients"] = list(report["propensity"]["coefficients"].values())
    return report


def compare(case: dict) -> Agreement:
    """Compare every number R gave with ours."""
    return _agreement(case, case["command"], case["options"], run_case(case))


def function_cases() -> list[dict]:
    """R's values for what the commands do not print."""
    entries = json.loads((FIXTURES / "expected_functions.json").read_text())
    return [
        {**entry, "name": entry["subject"], "options": entry["input"] or {}}
        for entry in entries
        if entry["subject"] in agreement_functions.SUBJECTS
    ]


def compare_function(case: dict) -> Agreement:
    """Compare every number R gave for a function with ours."""
    file = data_file(case["data"])
    frame = pd.read_csv(file) if file.exists() else None
    if frame is not None and "start" not in frame:
        frame = frame.dropna(ignore_index=True)
    given = agreement_functions.SUBJECTS[case["subject"]](frame, **case["options"])
    return _agreement(case, "function", case["options"], given)


def _agreement(case, command, options, given) -> Agreement:
    differences, missing = {}, []
    _walk(case["expected"], given, "", differences, missing)
    return Agreement(case["name"], command, case["data"], options, differences, tuple(missing))


def _walk(expected, actual, path, differences, missing) -> None:
    if isinstance(expected, dict):
        for key, value in expected.items():
            _walk(value, actual[key], f"{path}.{key}", differences, missing)
    elif isinstance(expected, list):
        if len(expected) != len(actual):
            missing.append(f"{path}: {len(actual)} entries, R has {len(expected)}")
        for position, (one, other) in enumerate(zip(expected, actual, strict=False)):
            _walk(one, other, f"{path}[{position}]", differences, missing)
    elif isinstance(actual, list) and len(actual) == 1:  # R writes a vector of one as a number
        _walk(expected, actual[0], path, differences, missing)
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


def item_rows(results: list[Agreement]) -> list[tuple[str, str, int, int, float]]:
    """Per item of the catalogue: title, R's function, data sets, numbers, largest difference."""
    rows = []
    for item in ITEMS:
        found = [
            (result.data, difference)
            for result in results
            if result.command == item.command and item.holds(result.name, result.options)
            for place, difference in result.differences.items()
            if re.search(item.place, place)
        ]
        data = {name for name, _ in found}
        worst = max((difference for _, difference in found), default=float("inf"))
        rows.append((item.title, item.r_function, len(data), len(found), worst))
    return rows


def page(results: list[Agreement]) -> str:
    """The docs page: a row per item, and one per analysis of a command."""
    real = {result.data for result in results if ":" in result.data}
    files = {result.data for result in results if data_file(result.data).exists()}
    heading = HEADING.format(
        entries=len(results),
        sets=len(files),
        survival=len({result.data for result in results if result.command == "survival"}),
        shipped=len(real),
        numbers=sum(len(result.differences) for result in results),
        worst=_bound(max(result.worst for result in results)),
    )
    items = [
        f"| {title} | {r_function} | {data} | {numbers} | < {_bound(worst)} |"
        for title, r_function, data, numbers, worst in item_rows(results)
    ]
    rows = [
        f"| {result.name} | {result.command} | {result.data} | {len(result.differences)} | "
        f"< {_bound(result.worst)} |"
        for result in results
        if result.command != "function"
    ]
    limits = LIMITS.format(glmm="\n".join(_glmm_rows()))
    return heading + "\n".join(items) + limits + "\n".join(rows) + "\n"


def _glmm_rows() -> list[str]:
    """The default search of metafor beside the maximum, and ours, for each data set."""
    entries = json.loads((FIXTURES / "expected_functions.json").read_text())
    exact, default = (
        {entry["data"]: entry["expected"] for entry in entries if entry["subject"] == subject}
        for subject in ("glmm", "glmm default search")
    )
    rows = [
        "  | data | τ², default search | log likelihood | τ², exact | log likelihood | τ², ours |",
        "  |---|---:|---:|---:|---:|---:|",
    ]
    for name, best in exact.items():
        ours = agreement_functions.glmm(pd.read_csv(data_file(name)))
        rows.append(
            f"  | {name} | {default[name]['tau2']:.8f} | {default[name]['loglik']:.9f} | "
            f"{best['tau2']:.8f} | {best['loglik']:.9f} | {ours['tau2']:.8f} |"
        )
    return rows


def _bound(value: float) -> str:
    """An even power of ten above a difference: coarse, so that another machine's rounding fits."""
    for exponent in range(-8, 1, 2):
        if value < 10.0**exponent:
            return f"1e{exponent}"
    return f"{value:.1g}"


def everything() -> list[Agreement]:
    """All comparisons, in the order of the fixtures."""
    commands = [compare(case) for case in cases()]
    return commands + [compare_function(case) for case in function_cases()]


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(everything()))
