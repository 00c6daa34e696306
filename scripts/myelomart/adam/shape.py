"""Which variables a data set has, their labels and types, and the short names they need.

The mapping is rows: `variables.csv` (CDISC ADaM IG 1.3, OCCDS 1.1) and `codelists.csv`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LONGEST_NAME, LONGEST_LABEL = 8, 40  # of SAS transport files, which CDISC keeps to
FLAG = "FL"


@dataclass(frozen=True)
class DataSet:
    """The query of this folder that fills a data set, and how CDISC calls it."""

    query: str
    label: str
    structure: str
    kind: str
    part: str = ""  # of the kind


DATASETS = {
    "ADSL": DataSet(
        "subjects", "Subject-Level Analysis Dataset", "One record per subject",
        "SUBJECT LEVEL ANALYSIS DATASET",
    ),
    "ADTTE": DataSet(
        "time_to_events", "Time-to-Event Analysis Dataset",
        "One record per subject per parameter", "BASIC DATA STRUCTURE", "TIME-TO-EVENT",
    ),
    "ADAE": DataSet(
        "adverse_events", "Adverse Events Analysis Dataset",
        "One record per subject per adverse event", "OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT",
    ),
    "ADLB": DataSet(
        "labs", "Laboratory Analysis Dataset", "One record per subject per parameter per result",
        "BASIC DATA STRUCTURE",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """A column of a data set, and the column of its query that fills it."""

    dataset: str
    variable: str
    column: str
    label: str
    type: str  # Char, Num or Date
    core: str  # required: never empty; expected, permitted: may be
    key: str  # the place among the keys, or empty
    codelist: str
    origin: str


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a CSV of this folder."""
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def variables() -> list[Variable]:
    """The variables that every study has."""
    return [Variable(**row) for row in rows_of("variables")]


def codelists() -> dict[str, dict[str, str]]:
    """Each code list: our word to CDISC's."""
    found: dict[str, dict[str, str]] = {}
    for row in rows_of("codelists"):
        found.setdefault(row["codelist"], {})[row["ours"]] = row["theirs"]
    return found


def short_names(
    names: Iterable[str], taken: Iterable[str] = (), ending: str = ""
) -> dict[str, str]:
    """A name of eight letters and digits for each of ``names``, by their order; no two alike.

    >>> short_names(["all_cause_mortality", "all_cause_mortality_until", "os", "2m"]).values()
    dict_values(['ALLCAUSE', 'ALLCAU02', 'OS', 'X2M'])
    """
    room = LONGEST_NAME - len(ending)
    used, found = set(taken), {}
    for name in names:
        plain = re.sub(r"[^A-Z0-9]", "", name.upper())
        plain = plain if plain[:1].isalpha() else f"X{plain}"
        made, number = plain[:room] + ending, 1
        while made in used:
            number += 1
            digits = f"{number:02d}"
            made = plain[: room - len(digits)] + digits + ending
        used.add(made)
        found[name] = made
    return found


def covariate_variables(study, taken: Iterable[str]) -> list[Variable]:
    """A variable of ADSL for each covariate of a study that has none of the same name yet.

    A yes-or-no covariate is a flag: Y, N, or empty where it is not known.
    """
    taken = list(taken)
    own = [one for one in study.covariates if one.covariate_id.upper() not in taken]
    made = []
    for one in own:
        is_flag = one.value_kind == "binary"
        name = short_names([one.covariate_id], taken, FLAG if is_flag else "")[one.covariate_id]
        taken.append(name)
        made.append(
            Variable(
                "ADSL", name, one.covariate_id, one.label[:LONGEST_LABEL],
                "Num" if one.value_kind == "number" else "Char", "permitted", "",
                "YN" if is_flag else "", f"studies.study_covariates, {one.covariate_id}",
            )
        )  # fmt: skip
    return made
