"""Everything `myelomart trinetx` prints; keys are those of docs/schemas/trinetx.json."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from myelomart.trinetx_arithmetic import SHOWN_FLOOR
from myelomart.trinetx_results.checking import (
    ARMS,
    PATIENTS,
    PHASES,
    WITH_OUTCOME,
    Check,
    Recovered,
    baseline_checks,
    check,
    cohort_sizes,
    risk_checks,
    survival_checks,
    survival_steps,
)
from myelomart.trinetx_results.package import Table, read_package

OUTCOME = re.compile(r"outcome[ _]+(\d+)", re.IGNORECASE)
RATIO = "hazard ratio"
RECOMPUTED = "recomputed"
READ_ALONE = "read for the others"  # a curve, whose numbers are those of its table
NOTHING_FOLLOWS = "nothing in it follows from other numbers"
NOT_TOLD = "not recomputed: its counts do not tell its numbers"
NOT_UNDERSTOOD = "not understood"


def package_summary(path: Path) -> dict:
    """What a package prints that its own numbers do not give, and what it hides that they do.

    Raises ``SourceError`` where ``path`` is no package.
    """
    files, others = read_package(path)
    of_file = {name: {one.title: one for one in tables} for name, tables in files.items()}
    kinds = {name: _kind(tables) for name, tables in of_file.items()}
    curves = {_outcome(name): tables["graph data table"] for name, tables in of_file.items()
              if kinds[name] == "curve"}  # fmt: skip
    checks: list[Check] = []
    recovered: list[Recovered] = []
    sizes: dict[str, dict[int, float]] = {}
    for name, tables in of_file.items():
        if kinds[name] == "baseline":
            table = tables["baseline patient characteristics"]
            checks += baseline_checks(table)
            sizes |= {phase: cohort_sizes(table, phase) for phase in PHASES}
        elif kinds[name] == "risk":
            checks += risk_checks(tables)
        elif kinds[name] == "survival":
            made, found = _survival(name, tables, curves.get(_outcome(name)))
            checks, recovered = [*checks, *made], [*recovered, *found]
    for name, tables in of_file.items():
        if kinds[name] == "density":
            checks += _density(tables["graph data table"], sizes)
    counts = Counter(one.file for one in checks)
    return {
        "package": path.name,
        "files": [
            {"file": name, "kind": kinds[name], "what": _what(kinds[name], counts[name]),
             "numbers": counts[name]}
            for name in files
        ],
        "not_understood": [name for name in files if kinds[name] is None],
        "not_read": others,
        "numbers": len(checks),
        "agree": sum(one.agrees for one in checks),
        "disagreements": [
            {key: value for key, value in asdict(one).items() if key != "agrees"}
            for one in checks if not one.agrees
        ],
        "recovered": [asdict(one) for one in recovered],
        "notes": [*_unread(files), *_untold(of_file, checks, recovered),
                  *_notes(checks, recovered)],
    }  # fmt: skip


def _outcome(name: str) -> str:
    """The outcome of a file, by its folder and number."""
    found = OUTCOME.search(Path(name).name)
    return f"{Path(name).parent.as_posix()}/{found[1] if found else ''}"


def _kind(tables: dict[str, Table]) -> str | None:
    """What a file is, by its tables and their columns; its name does not matter."""
    if "baseline patient characteristics" in tables:
        return "baseline"
    arms = tables.get("cohort statistics")
    if arms is not None and arms.has(PATIENTS, WITH_OUTCOME):
        if "hazard ratio" in tables or "log-rank test" in tables:
            return "survival"
        if "risk difference" in tables or "risk ratio" in tables:
            return "risk"
    graph = tables.get("graph data table")
    if graph is not None:
        if graph.has("time (days)", "cohort 1: survival probability"):
            return "curve"
        if graph.has("propensity score"):
            return "density"
        if graph.has("risk"):
            return "risk graph"
    if any(
        one.has("mean follow-up (days)") or one.has("cohort1: patients") for one in tables.values()
    ):
        return "follow-up"
    return None


def _what(kind: str | None, numbers: int) -> str:
    if kind is None:
        return NOT_UNDERSTOOD
    if kind == "curve":
        return READ_ALONE
    if not numbers and kind in ("risk", "survival"):
        return NOT_TOLD
    return RECOMPUTED if numbers else NOTHING_FOLLOWS


def _survival(
    name: str, tables: dict[str, Table], curve: Table | None
) -> tuple[list[Check], list[Recovered]]:
    """The checks of one outcome's survival, and the events that its curve tells."""
    counts = tables["cohort statistics"].numbers(PATIENTS, WITH_OUTCOME)
    known = counts.dropna()
    persons = {arm: int(one) for arm, one in zip(ARMS, known[PATIENTS], strict=False) if one >= 1}
    steps = {} if curve is None else survival_steps(curve, persons)
    found = [
        Recovered(name, _outcome(name).rpartition("/")[2], arm, persons[arm], int(shown),
                  None if steps.get(arm) is None else steps[arm].total, shown == SHOWN_FLOOR)
        for arm, shown in zip(persons, known[WITH_OUTCOME], strict=False)
    ]  # fmt: skip
    return list(survival_checks(tables, curve, steps)), found


def _density(table: Table, sizes: dict[str, dict[int, float]]) -> Iterator[Check]:
    """The patients of all scores are those of the cohort."""
    for phase in PHASES:
        for arm, size in sizes.get(phase, {}).items():
            name = f"cohort {arm} {phase}: patients"
            if table.has(name) and size == size:
                total = table.numbers(name)[name].sum()
                row = {name: f"{total:g}", "line": int(table.rows["line"].iloc[-1]),
                       "cohort": f"all scores of cohort {arm}"}  # fmt: skip
                yield check(table, row, name, size)


def _unread(files: dict[str, list[Table]]) -> list[str]:
    """A sentence per file on its lines that are not as wide as their table, or have no names."""
    lines = {name: sorted(line for one in tables for line in one.unread)
             for name, tables in files.items()}  # fmt: skip
    return [
        f"{name}: {len(own)} lines do not fit the header of their table and were not read "
        f"(first line {own[0]})"
        for name, own in lines.items() if own
    ]  # fmt: skip


def _untold(
    of_file: dict[str, dict[str, Table]], checks: list[Check], recovered: list[Recovered]
) -> list[str]:
    """A sentence per hazard ratio that is printed, and is not checked though both arms are told."""
    told = Counter(one.file for one in recovered if one.events is not None)
    checked = {one.file for one in checks if one.what == RATIO}
    return [
        f"{name}: both arms are rebuilt, but no model of them can be fitted: its hazard ratio and "
        "log-rank test are not checked"
        for name, tables in of_file.items()
        if RATIO in tables and told[name] == len(ARMS) and name not in checked
    ]


def _notes(checks: list[Check], recovered: list[Recovered]) -> list[str]:
    """What a reader must know of how the numbers were recomputed."""
    notes = []
    hidden = [one for one in recovered if one.is_floored and one.events is not None]
    if hidden:
        notes.append(
            f"{len(hidden)} counts shown as {SHOWN_FLOOR} are told by their curves: treat them as "
            "the platform's small cells, and print none"
        )
    lost = [one for one in recovered if one.events is None]
    if lost:
        notes.append(
            f"{len(lost)} arms cannot be rebuilt from their curves: their log-rank tests and "
            "hazard ratios are not checked"
        )
    ranges = [one for one in checks if one.recomputed != one.recomputed_to and "%" not in one.what]
    if ranges:
        notes.append(
            f"{len(ranges)} numbers are compared with a range: the package does not say on which "
            "of several days persons left, or rounds what the number is made of"
        )
    return notes
