"""The rows that define a study in a warehouse, their hash, and in which rows two sites differ.

Sites can be pooled only when they ran the same study: the same rows of `seeds/studies`, and the
same clinical rules. Rows are compared one by one, so that the sentence names the row.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.study import SCHEMA, Study, read_study, rule_set_of, study_frame

# table: the columns that name a row of it
TABLES = {
    "studies": ("study_id",), "cohorts": ("cohort_id",),
    "cohort_criteria": ("cohort_id", "step", "label"), "covariates": ("covariate_id",),
    "endpoints": ("endpoint_id",), "endpoint_rules": ("endpoint_id", "role", "event_group"),
    "study_analyses": ("analysis_id",), "strata": ("stratum_id",),
    "event_groups": ("event_group_id",), "followed_labs": ("lab",),
}  # fmt: skip
# what a study is read with beside those rows, in which sites may differ: words, codes, order;
# whether a table has the study in each row
BESIDE = {
    "table_rows": True, "study_protocol": True, "main_results": True, "study_code_lists": False,
    "protocol_items": False, "known_characteristics": False, "study_rule_set": False,
}  # fmt: skip
COLUMNS = "columns"  # the columns of every table, for a table without rows has some too
RULES, CODES = "clinical_rules", "concept_sets"  # schemas of seeds that sites must, should share
MOST_NAMED = 12
Rows = dict[str, list[dict]]


@dataclass(frozen=True)
class RuleSet:
    """The name of the rule set in force, and the hash of each seed of rules and of codes."""

    name: str
    rules: dict[str, str]
    codes: dict[str, str]


def study_rows(connection: duckdb.DuckDBPyConnection, study_id: str) -> Rows:
    """Every row that defines ``study_id``, by table, and those that it is read with."""
    whole = ("cohort_criteria", "event_groups", *(name for name, own in BESIDE.items() if not own))
    frames = {
        table: study_frame(connection, table, None if table in whole else study_id)
        for table in (*TABLES, *BESIDE)
    }
    found: Rows = {table: _records(frame) for table, frame in frames.items()}
    cohorts = {row["cohort_id"] for row in found["cohorts"]}
    criteria = found["cohort_criteria"]
    found["cohort_criteria"] = [row for row in criteria if row["cohort_id"] in cohorts]
    named = {value for table in TABLES if table != "event_groups" for row in found[table]
             for value in row.values() if isinstance(value, str)}  # fmt: skip
    for table in ("event_groups", "study_code_lists"):
        found[table] = [row for row in found[table] if row["event_group_id"] in named]
    found[COLUMNS] = [
        {"table": table, "column": column} for table, frame in frames.items() for column in frame
    ]
    return found


def hash_of(rows: Rows) -> str:
    """One hash of the rows that define a study."""
    text = json.dumps({table: rows[table] for table in TABLES}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def rule_set(connection: duckdb.DuckDBPyConnection) -> RuleSet:
    """What rules and codes the warehouse was built with."""
    name = rule_set_of(connection)
    seeds = warehouse.rows(
        connection,
        f"select schema_name, node_name, sql_hash from {SCHEMA}.built_nodes "
        "where node_id like 'seed.%' order by all",
    )
    by_schema = {
        schema: {node: told for its, node, told in seeds if its == schema}
        for schema in (RULES, CODES)
    }
    return RuleSet(str(name), by_schema[RULES], by_schema[CODES])


def differences(one: Rows, other: Rows, names: tuple[str, str]) -> list[str]:
    """A sentence per row in which two sites differ.

    >>> rows = {table: [] for table in TABLES}
    >>> here = rows | {"endpoints": [{"endpoint_id": "death", "horizon_days": 365}]}
    >>> there = rows | {"endpoints": [{"endpoint_id": "death", "horizon_days": 730}]}
    >>> differences(here, there, ("A", "B"))
    ['endpoints, row death: horizon_days is 365 at A and 730 at B.']
    """
    found = []
    for table, keys in TABLES.items():
        mine, theirs = (_by_key(rows[table], keys) for rows in (one, other))
        for key in dict.fromkeys([*mine, *theirs]):
            where = f"{table}, row {', '.join(str(part) for part in key[0])}"
            if key not in mine or key not in theirs:
                has, lacks = names if key in mine else reversed(names)
                found.append(f"{where}: {has} has it and {lacks} has not.")
            else:
                columns = dict.fromkeys([*mine[key], *theirs[key]])
                apart = [
                    f"{column} is {_shown(mine[key].get(column))} at {names[0]} and "
                    f"{_shown(theirs[key].get(column))} at {names[1]}"
                    for column in columns
                    if mine[key].get(column) != theirs[key].get(column)
                ]
                if apart:
                    found.append(f"{where}: {'; '.join(apart)}.")
    return found


def seeds_that_differ(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Names of the seeds that two sites do not share as they are."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def study_of(rows: Rows) -> Study:
    """The study that the rows define, as a warehouse would read it."""
    with warehouse.scratch(reach=()) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for table in (*TABLES, *BESIDE):
            if not rows[table]:
                columns = [f'"{one["column"]}" varchar' for one in rows[COLUMNS]
                           if one["table"] == table]  # fmt: skip
                connection.execute(f"create table {SCHEMA}.{table} ({', '.join(columns)})")
                continue
            connection.register("given", frame_of(rows[table]))
            connection.execute(f"create table {SCHEMA}.{table} as select * from given")
            connection.unregister("given")
        return read_study(connection, rows["studies"][0]["study_id"])


def frame_of(records: list[dict]) -> pd.DataFrame:
    """Records as a frame whose missing values stay missing."""
    return pd.DataFrame(records, dtype=object).infer_objects()


def _records(frame: pd.DataFrame) -> list[dict]:
    days = {name: frame[name].dt.strftime("%Y-%m-%d")
            for name in frame.select_dtypes(["datetime", "datetimetz"])}  # fmt: skip
    return json.loads(frame.assign(**days).to_json(orient="records", double_precision=15))


def _by_key(rows: list[dict], keys: tuple[str, ...]) -> dict[tuple, dict]:
    """Rows by their key; alternatives of one key are told apart by their order."""
    found: dict[tuple, dict] = {}
    for row in rows:
        key, at = tuple(row.get(name) for name in keys), 0
        while (key, at) in found:
            at += 1
        found[key, at] = row
    return found


def _shown(value: object) -> str:
    return "empty" if value is None else str(value)
