"""Draws how the marts of the schema `core` belong to each other: docs/core.md, of their tests.

A line is a `belongs_to` test of `models/clinical/*/_*__models.yml`; the keys are `meta.grain`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "core.md"
HEAD = """# The marts of `core`

Each line is a data test (`belongs_to`): every row of one mart belongs to a row of the other by the
columns on the line; a row with NULL in one of them belongs to none. The columns shown are those
that identify a row (PK) and those on a line (FK). `python scripts/core_diagram.py` writes this
page.

```mermaid
erDiagram
"""


def marts() -> dict[str, dict[str, Any]]:
    """The public marts of `core` as their YAML describes them, in the order of the files."""
    files = sorted((ROOT / "models" / "clinical").glob("*/_*__models.yml"))
    models = [one for file in files for one in yaml.safe_load(file.read_text("utf-8"))["models"]]
    return {one["name"]: one for one in models if one.get("config", {}).get("schema") == "core"}


def links(mart: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """To which marts the rows of ``mart`` belong, and by which columns."""
    tests = [one["belongs_to"] for one in mart.get("data_tests", []) if "belongs_to" in one]
    told = [one["arguments"] for one in tests]
    return [(one["to"].removeprefix("ref('").removesuffix("')"), one["columns"]) for one in told]


def page() -> str:
    """The page: an entity for each mart, and a line for each test."""
    drawn = marts()
    lines = [line for name, mart in drawn.items() for line in _entity(name, mart)]
    lines += [
        f'    {to} ||--o{{ {name} : "{", ".join(columns)}"'
        for name, mart in drawn.items()
        for to, columns in links(mart)
    ]
    rows = [f"| `{name}` | {_first(mart)} |" for name, mart in drawn.items()]
    table = "\n".join(["| mart | a row |", "|---|---|", *rows])
    return HEAD + "\n".join(lines) + "\n```\n\n" + table + "\n"


def _entity(name: str, mart: dict[str, Any]) -> list[str]:
    grain = mart["config"]["meta"]["grain"]
    linked = {column for _, columns in links(mart) for column in columns}
    keys = {column: "PK" for column in grain} | {column: "FK" for column in linked - {*grain}}
    keys |= {column: "PK, FK" for column in linked & {*grain}}
    shown = [one for one in mart["columns"] if one["name"] in keys]
    columns = [f"        {one['data_type']} {one['name']} {keys[one['name']]}" for one in shown]
    return [f"    {name} {{", *columns, "    }"]


def _first(mart: dict[str, Any]) -> str:
    """The first sentence of a description."""
    told = " ".join(mart["description"].split()).replace("|", "/")
    first = told.partition(". ")[0].rstrip(".")
    return first if first.endswith("?") else f"{first}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
