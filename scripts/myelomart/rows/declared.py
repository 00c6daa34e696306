"""What the YAML beside the seeds declares of each seed: its columns, types, words, names and key.

dbt holds the rows to it in every build; here the same lines are read before there is a warehouse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from myelomart.project import project_root

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORDS = ("is_one_of", "accepted_values")
NAMES = ("is_known", "relationships")
UNIQUE = ("is_unique_together", "unique")


@dataclass(frozen=True)
class Rule:
    """A data test of a column, or of the whole table where ``column`` is empty."""

    kind: str
    column: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A seed: its folder, its columns with their types and descriptions, and its rules."""

    name: str
    folder: str
    types: dict[str, str]
    described: dict[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    @property
    def seed(self) -> str:
        """Folder and name, as `project.seed` takes them."""
        return f"{self.folder}/{self.name}"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns whose values together name a row; all columns where nothing says so."""
        for rule in self.rules:
            if rule.kind == "is_unique_together":
                return tuple(rule.arguments["columns"])
            if rule.kind == "unique":
                said = rule.column or rule.arguments["column_name"]
                return tuple(name for name in self.types if re.search(rf"\b{name}\b", said))
        return tuple(self.types)

    @property
    def needed(self) -> frozenset[str]:
        """The columns that may not be empty."""
        return frozenset(rule.column for rule in self.rules if rule.kind == "not_null")

    def words(self, column: str) -> tuple[str, ...]:
        """The words that a cell of ``column`` may hold; empty where any may stand."""
        for rule in self.rules:
            if rule.kind in WORDS and rule.column == column:
                return tuple(str(word) for word in rule.arguments["values"])
        return ()

    def form(self, column: str) -> tuple[str, str] | None:
        """The pattern that a cell of ``column`` follows, and what that is in words."""
        for rule in self.rules:
            if rule.kind == "is_written_as" and rule.column == column:
                return rule.arguments["pattern"], rule.arguments["words"]
        return None

    def names(self, column: str) -> tuple[str, str, tuple[tuple[str, str], ...]] | None:
        """The relation and the field whose values a cell of ``column`` may name, and in which rows.

        The rows are those that have the values given, column by column; without any, all.
        """
        for rule in self.rules:
            if rule.kind in NAMES and rule.column == column:
                said = rule.arguments
                rows = tuple(said.get("of", {}).items())
                return _referred(said["to"]), said["field"], rows
        return None

    def in_order(self) -> list[tuple[str, str]]:
        """Pairs of columns of which the first is not after the second."""
        found = [rule.arguments for rule in self.rules if rule.kind == "is_in_order"]
        return [(one["first"], one["last"]) for one in found]

    def names_of_its_study(self) -> list[dict[str, str]]:
        """The columns that name what the same study defines: column, to, field."""
        found = [rule.arguments["names"] for rule in self.rules if rule.kind.startswith("names_of")]
        return [name for names in found for name in names]


@cache
def tables() -> dict[str, Table]:
    """Every seed that declares the types of its columns, by name."""
    found = {}
    for file in sorted((project_root() / "seeds").glob("*/_*.yml")):
        for seed in yaml.load(file.read_text(encoding="utf-8"), LOADER)["seeds"]:  # noqa: S506
            types = seed.get("config", {}).get("column_types")
            if types:
                found[seed["name"]] = _table(seed, file.parent.name, types)
    return found


def _table(seed: dict, folder: str, types: dict[str, str]) -> Table:
    columns = seed.get("columns", [])
    rules = [_rule(test, "") for test in seed.get("data_tests", [])]
    rules += [_rule(test, one["name"]) for one in columns for test in one.get("data_tests", [])]
    described = {one["name"]: _described(one.get("description", "")) for one in columns}
    return Table(seed["name"], folder, types, described, tuple(rules))


def _rule(test: str | dict, column: str) -> Rule:
    if isinstance(test, str):
        return Rule(test, column, {})
    ((kind, said),) = test.items()
    return Rule(kind, column, said.get("arguments", {}))


def _referred(text: str) -> str:
    return re.fullmatch(r"ref\('(\w+)'\)", text).group(1)


def _described(text: str) -> str:
    """A description as one line; a name of a doc block stands for its text."""
    named = re.fullmatch(r"\{\{ doc\('(\w+)'\) \}\}", text.strip())
    return " ".join((_blocks()[named.group(1)] if named else text).split())


@cache
def _blocks() -> dict[str, str]:
    text = (project_root() / "models" / "_columns.md").read_text(encoding="utf-8")
    return dict(re.findall(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", text, flags=re.DOTALL))


def file_of(table: Table) -> Path:
    """The CSV file of our own rows."""
    return project_root() / "seeds" / f"{table.seed}.csv"
