"""The scalar macros of the dbt project: what is read at the door is read as in the models."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment

from myelomart.project import project_root

FILES = ("plain_code.sql", "read_result.sql", "plain_unit.sql")


def plain_code(code: str) -> str:
    """SQL for a code as it is compared (`macros/plain_code.sql`)."""
    return _macros().plain_code(code)


def result_number(text: str) -> str:
    """SQL for the number that the text of a result begins with (`macros/read_result.sql`)."""
    return _macros().result_number(text)


def result_unit(text: str) -> str:
    """SQL for what stands behind that number, without flags (`macros/read_result.sql`)."""
    return _macros().result_unit(text)


def plain_unit(unit: str) -> str:
    """SQL for the spelling of a unit as it is compared (`macros/plain_unit.sql`)."""
    return _macros().plain_unit(unit)


@cache
def _macros():
    folder = project_root() / "macros"
    text = "".join((folder / name).read_text(encoding="utf-8") for name in FILES)
    environment = Environment()
    environment.globals["replace_all"] = _replace_all
    return environment.from_string(text).module


def _replace_all(text: str, pattern: str, replacement: str = "") -> str:
    """What `macros/replace_all.sql` is in DuckDB."""
    return f"regexp_replace({text}, '{pattern}', '{replacement}', 'g')"
