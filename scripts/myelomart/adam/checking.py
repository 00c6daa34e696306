"""The rules that data sets must meet before they are written.

Those of every variable follow from its row: name, label, type, emptiness, code list, keys. Those
between variables are rows of `rules.csv`, each a condition that no row may meet.
"""

from __future__ import annotations

import re

import pandas as pd

from myelomart import warehouse
from myelomart.adam.shape import FLAG, LONGEST_LABEL, LONGEST_NAME, Variable, rows_of

LONGEST_TEXT = 200
NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def faults(
    data: dict[str, pd.DataFrame], shape: dict[str, list[Variable]], lists: dict[str, set[str]]
) -> list[str]:
    """Every rule that is broken, in words: data set, what is wrong, and in how many rows."""
    found = []
    for name, variables in shape.items():
        found += [f"{name} {said}" for said in _of_shape(data[name], variables, lists)]
    return found + _of_rules(data)


def _of_shape(frame: pd.DataFrame, variables: list[Variable], lists: dict[str, set[str]]):
    """What the rows of `variables.csv` say of a data set."""
    names = [one.variable for one in variables]
    if len(set(names)) < len(names) or list(frame.columns) != names:
        yield "has other variables than its rows say"
        return
    for one in variables:
        column, known = frame[one.variable], frame[one.variable].dropna()
        if len(one.variable) > LONGEST_NAME or not NAME.fullmatch(one.variable):
            yield f"{one.variable}: is no name of {LONGEST_NAME} letters"
        if not 1 <= len(one.label) <= LONGEST_LABEL:
            yield f"{one.variable}: its label has not 1 to {LONGEST_LABEL} letters"
        if one.core == "required" and column.isna().any():
            yield f"{one.variable}: is empty in {int(column.isna().sum())} rows"
        if wrong := _of_other_type(known, one.type):
            yield f"{one.variable}: is not of the type {one.type} in {wrong} rows"
        elif one.codelist:
            plain = known.unique() if one.type == "Char" else known.map("{:g}".format).unique()
            if stray := {*plain} - lists[one.codelist]:
                yield f"{one.variable}: {len(stray)} values are not of the code list {one.codelist}"
        if one.variable.endswith(FLAG) and not known.isin(["Y", "N"]).all():
            yield f"{one.variable}: is a flag that is neither Y, N nor empty"
    keys = [one.variable for one in sorted(variables, key=lambda one: one.key) if one.key]
    twice = frame.duplicated(keys)
    if twice.any():
        yield f"{', '.join(keys)}: are the same in {int(twice.sum())} rows and others"


def _of_other_type(known: pd.Series, kind: str) -> int:
    """How many values are no number, day, or text of at most 200 bytes."""
    if kind == "Num":
        return 0 if pd.api.types.is_numeric_dtype(known) else len(known)
    if kind == "Date":
        return 0 if pd.api.types.is_datetime64_any_dtype(known) else len(known)
    counts = known.value_counts()
    return sum(
        int(count)
        for text, count in counts.items()
        if not (isinstance(text, str) and 0 < len(text.encode()) <= LONGEST_TEXT)
    )


def _of_rules(data: dict[str, pd.DataFrame]) -> list[str]:
    """What the rows of `rules.csv` say."""
    found = []
    with warehouse.scratch(reach=[]) as connection:
        for name, frame in data.items():
            connection.register(name, frame)
        for rule in rows_of("rules"):
            query = f"select count(*) from {rule['dataset']} where {rule['wrong_where']}"
            if count := warehouse.value(connection, query):
                found.append(f"{rule['dataset']} {rule['said']}: {count} rows ({rule['rule']})")
    return found
