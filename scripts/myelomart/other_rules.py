"""Warehouses of the same sources and studies that other rule sets built."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.lineage import read_origin
from myelomart.study import Study, read_study, rule_set_of
from myelomart.study_data import StudyData, read_data

Opened = dict[str, tuple[Path, duckdb.DuckDBPyConnection]]  # by rule set


def opened_beside(
    connection: duckdb.DuckDBPyConnection, files: Iterable[Path], until: ExitStack
) -> Opened:
    """The warehouses ``files`` by their rule set, open as long as ``until`` is.

    Raises ``MyelomartError`` where one was built from other files or seeds than that of
    ``connection``, or by a rule set that is there already: then it is not the rules that differ.
    """
    found: Opened = {}
    known, origin = {rule_set_of(connection)}, read_origin(connection)
    for file in files:
        other = until.enter_context(warehouse.database(file))
        if (name := rule_set_of(other)) in known:
            raise MyelomartError(
                f"{file} was built by the rule set «{name}», as another of these warehouses was: "
                "name with --beside one that `myelomart build --rule-set` made with another."
            )
        its = read_origin(other)
        if (its.inputs, its.seeds) != (origin.inputs, origin.seeds):
            raise MyelomartError(
                f"{file} was not built from the same files, or with other seeds: build it from the "
                f"same sources with `myelomart build --rule-set {name}`."
            )
        known.add(name)
        found[name] = file, other
    return found


def read_beside(beside: Opened, study: Study) -> dict[str, StudyData]:
    """The rows of ``study`` under each other rule set.

    Raises ``MyelomartError`` where a warehouse asks the study otherwise.
    """
    for file, other in beside.values():
        if replace(read_study(other, study.study_id), rule_set=study.rule_set) != study:
            raise MyelomartError(
                f"{file} has other rows of the study «{study.study_id}»: build it again."
            )
    return {name: read_data(other, study) for name, (_, other) in beside.items()}
