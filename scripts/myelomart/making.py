"""Makes a warehouse step by step, as a child that ends with the process that started it.

    python -m myelomart.making STEPS ROOT LANDING DATABASE FAILED RULE_SET

STEPS is a file of JSON: ``{"steps": [...], "kept": [the keys of those that stand already]}``. It
prints one JSON object a line: ``{"done", "total", "name"}`` after each step, ``{"failure"}`` for
each that fails, whose SQL is put into the folder FAILED. What reads a table that was not made, or
whose data test failed, is not made.
"""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import duckdb

from myelomart import warehouse
from myelomart.dbt_child import end_with_parent
from myelomart.messages import say_json
from myelomart.steps import MADE, Step

Tell = Callable[[dict], None]
OF_ITSELF = "studies"  # where a warehouse says what it was made of
REFUSED = "Invalid Input Error: "  # a sentence of our own (`macros/refuse.sql`)


def make(
    steps: list[Step],
    root: Path,
    landing: Path,
    database: Path,
    failing: Path,
    rule_set: str,
    tell: Tell,
    kept: Collection[str] = (),
) -> bool:
    """Run ``steps`` of the project ``root`` over ``landing`` into ``database``.

    True if all held. ``rule_set`` is the one in force; the SQL of what fails goes to ``failing``.
    Steps in ``kept`` stand in the database as they are; whatever else is in it is dropped.
    """
    unmade: set[str] = set()
    doubted: set[str] = set()  # a data test of them failed
    run = [one for one in steps if one.kind != "ephemeral" and one.node_id not in kept]
    linked = (root / "dbt_project.yml").resolve().parent  # whose files the project links to
    reach = [linked, root, landing]
    with warehouse.database(database, read_only=False, reach=reach) as connection:
        _drop_all_but(connection, {one.table for one in steps if one.node_id in kept})
        for schema in sorted({step.schema for step in run if step.kind in MADE} | {OF_ITSELF}):
            connection.execute(f'create schema if not exists "{schema}"')
        done = 0
        for step in (one for one in steps if one.node_id not in kept):
            own = step.over(landing, rule_set)
            amiss = unmade if step.kind == "test" else unmade | doubted
            if amiss.intersection(step.reads):
                unmade.add(step.node_id)
            elif why := _run(connection, own, root):
                unmade.add(step.node_id)
                doubted.update(step.reads if step.kind == "test" else ())
                failing.mkdir(exist_ok=True)
                (failing / f"{step.name}.sql").write_text(own.sql, encoding="utf-8")
                tell({"failure": why})
            if step.kind != "ephemeral":
                done += 1
                tell({"done": done, "total": len(run), "name": step.name})
        if not unmade:
            _keep_origin(connection, steps, root, landing, rule_set)
            # each comment would be a transaction of its own
            connection.execute(";".join(["begin", *_comments(connection, steps), "commit"]))
    return not unmade


def _drop_all_but(connection: duckdb.DuckDBPyConnection, kept: set[str]) -> None:
    """Drop every table and view that is not in ``kept``."""
    for kind in ("view", "table"):
        query = f"select schema_name, {kind}_name from duckdb_{kind}s() where not internal"
        for schema, name in warehouse.rows(connection, query):
            if f'"{schema}"."{name}"' not in kept:
                connection.execute(f'drop {kind} "{schema}"."{name}"')


def _run(connection: duckdb.DuckDBPyConnection, step: Step, root: Path) -> str | None:
    """Run one step; None when it held, else why not, as a sentence."""
    if step.kind == "ephemeral":
        return None
    named = f"Failure in {'model' if step.kind in MADE else 'test'} {step.name} ({step.file})"
    try:
        if step.kind == "test":
            found = warehouse.value(connection, f"select count(*) from (\n{step.sql}\n)")
            return f"{named}: {found} rows" if found else None
        for statement in _statements(step, root):
            connection.execute(statement)
    except duckdb.Error as error:
        said = " ".join(str(error).split())
        return said.removeprefix(REFUSED) if said.startswith(REFUSED) else f"{named}: {said}"
    return None


def _statements(step: Step, root: Path) -> list[str]:
    if step.kind == "view":
        return [f"create view {step.table} as (\n{step.sql}\n)"]
    if step.kind == "table" and not step.columns:
        return [f"create table {step.table} as (\n{step.sql}\n)"]
    parts = [f"{name} {kind}" for name, kind in step.columns.items()]
    if step.kind == "seed":
        names = _header(root / step.file)
        parts = [f"{name} {step.columns.get(name, 'string')}" for name in names]
        file = warehouse.literal(root / step.file)
        filled = f"copy {step.table} from {file} (format csv, header true, delimiter ',')"
    else:
        names = ", ".join(step.columns)
        filled = f"insert into {step.table} ({names}) select {names} from (\n{step.sql}\n)"
    return [f"create table {step.table} ({', '.join(parts)})", filled]


def _header(file: Path) -> list[str]:
    with file.open(encoding="utf-8") as rows:
        return rows.readline().strip().split(",")


def _keep_origin(
    connection: duckdb.DuckDBPyConnection,
    steps: list[Step],
    root: Path,
    landing: Path,
    rule_set: str,
) -> None:
    """Keep what the warehouse was made of, as `macros/keep_origin.sql` does for dbt."""
    connection.execute(
        f"create table {OF_ITSELF}.built_nodes (node_id varchar primary key, "
        "schema_name varchar, node_name varchar, sql_hash varchar, reads varchar[]);"
        f"create table {OF_ITSELF}.built_from as select content as manifest from "
        f"read_text({warehouse.literal(glob.escape(str(landing)) + '/manifest.json')})"
    )
    made = [step for step in steps if step.kind != "test"]
    rows = [
        (one.node_id, one.schema, one.name, one.own_hash(root, rule_set), one.reads) for one in made
    ]
    connection.execute(
        f"insert into {OF_ITSELF}.built_nodes values {', '.join(['(?, ?, ?, ?, ?)'] * len(rows))}",
        [value for row in rows for value in row],
    )


def _comments(connection: duckdb.DuckDBPyConnection, steps: list[Step]) -> Iterable[str]:
    """What tables and columns mean, where they do not say it yet (`macros/keep_comments.sql`)."""
    told = "select schema_name, table_name, column_name, comment from duckdb_columns()"
    columns = {tuple(one): text for *one, text in warehouse.rows(connection, told)}
    told = "select schema_name, {0}_name, comment from duckdb_{0}s()"
    relations = {
        tuple(one): text
        for kind in ("table", "view")
        for *one, text in warehouse.rows(connection, told.format(kind))
    }
    for step in steps:
        if step.kind not in MADE or not step.description:
            continue
        place = (step.schema, step.name)
        if relations[place] != step.description:
            kind = "view" if step.kind == "view" else "table"
            yield f"comment on {kind} {step.table} is {warehouse.literal(step.description)}"
        for column, text in step.comments.items():
            if columns.get((*place, column), text) != text:
                yield f'comment on column {step.table}."{column}" is {warehouse.literal(text)}'


if __name__ == "__main__":
    end_with_parent()
    file, *places = map(Path, sys.argv[1:6])
    told = json.loads(file.read_text(encoding="utf-8"))
    steps = [Step(**one) for one in told["steps"]]
    sys.exit(0 if make(steps, *places, sys.argv[6], say_json, set(told["kept"])) else 1)
