"""The SQL of dbt's own models, over rows that the explorer gives in place of some relations.

A cohort that somebody tries out is made by `models/cohorts` and followed by `models/outcomes`, not
by a copy of them: their files are rendered with the macros of the project as dbt renders them for
DuckDB, and each model that is asked for becomes a CTE of one query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from jinja2 import Environment, StrictUndefined, Template, pass_context

from myelomart import warehouse
from myelomart.project import project_root

MADE = "made_"  # before the name of a model that the query makes: its own CTEs keep their names
SIGNS = re.compile(r"^\s*--[^\n]*\n", re.MULTILINE)
TYPES = {
    "cohort_id": "varchar",
    "arm": "varchar",
    "study_id": "varchar",
    "index_event_group": "varchar",
    "index_occurrence": "integer",
    "index_offset_days": "integer",
    "index_from": "date",
    "index_to": "date",
    "step": "integer",
    "kind": "varchar",
    "label": "varchar",
    "criterion_type": "varchar",
    "event_group": "varchar",
    "characteristic": "varchar",
    "value_operator": "varchar",
    "value_number": "double",
    "value_text": "varchar",
    "min_count": "integer",
    "window_start_days": "integer",
    "window_end_days": "integer",
    "event_group_id": "varchar",
    "event_type": "varchar",
    "event_code": "varchar",
    "excluded_role": "varchar",
    "anchor_event_group": "varchar",
}
ENVIRONMENT = Environment(extensions=["jinja2.ext.do"], undefined=StrictUndefined)


@cache
def _macros() -> Template:
    """All macros of the project."""
    files = sorted((project_root() / "macros").glob("*.sql"))
    return ENVIRONMENT.from_string("".join(file.read_text(encoding="utf-8") for file in files))


@cache
def _model(name: str) -> Template:
    file = next((project_root() / "models").rglob(f"{name}.sql"))
    return ENVIRONMENT.from_string(SIGNS.sub("", file.read_text(encoding="utf-8")))


class _Adapter:
    """dbt's `adapter`: a macro of DuckDB's own, else the one that every engine shares."""

    @staticmethod
    @pass_context
    def dispatch(context, name: str):
        return context.vars.get(f"duckdb__{name}") or context.vars[f"default__{name}"]


class _Types:
    """dbt's `dbt`."""

    @staticmethod
    def type_string() -> str:
        return "varchar"


DBT = {
    "adapter": _Adapter,
    "dbt": _Types,
    "config": lambda **_: "",
    "execute": True,
    "return": lambda text: text,
}


def macro(name: str, *arguments: str) -> str:
    """The SQL of a macro of the project that reads no relation."""
    return getattr(_macros().make_module(DBT), name)(*arguments).strip()


def query_of(
    wanted: str,
    given: Mapping[str, str],
    made: Iterable[str],
    schemas: Mapping[str, str],
    rule_set: str,
) -> str:
    """One query that gives the rows of the model ``wanted``.

    ``given``: relation to the SQL that stands in its place; ``made``: the models that the query
    makes itself, so that they follow from what is given; every other one is read in the warehouse,
    ``schemas`` names its schema.
    """
    parts: dict[str, str] = {}

    def place(name: str) -> str:
        if name not in given and name not in made:
            return f"{schemas[name]}.{name}"
        if MADE + name not in parts:
            sql = given[name] if name in given else rendered(name)
            parts[MADE + name] = sql.strip()
        return MADE + name

    dbt = DBT | {"ref": place, "var": lambda _: rule_set}
    macros = _macros().make_module(dbt)

    def rendered(name: str) -> str:
        return _model(name).render(dbt | {k: v for k, v in vars(macros).items() if k[0] != "_"})

    last = place(wanted)
    ctes = ",\n\n".join(f"{name} as (\n\n{sql}\n\n)" for name, sql in parts.items())
    return f"with {ctes}\n\nselect * from {last}"


def rows_as_sql(rows: list[dict], columns: list[str]) -> str:
    """Rows as a select of typed literals; without rows one that has the columns alone."""
    if not rows:
        nothing = ", ".join(f"cast(null as {TYPES[one]}) as {one}" for one in columns)
        return f"select {nothing} where false"
    return "\nunion all\n".join(
        "select " + ", ".join(f"{_literal(row.get(one), TYPES[one])} as {one}" for one in columns)
        for row in rows
    )


def _literal(value: object, kind: str) -> str:
    if value is None:
        return f"cast(null as {kind})"
    if kind in ("integer", "double"):
        return f"cast({float(value) if kind == 'double' else int(value)} as {kind})"
    return f"cast({warehouse.literal(str(value))} as {kind})"
