"""The models as dbt compiled them, run in one DuckDB connection, without a process of dbt.

A build by dbt costs a start, a parse and some 40 ms for each of 600 nodes, whatever the data. What
is run here is the SQL that dbt made of the same files: test_row_order.py compares the marts of the
two ways, and what a build must refuse is asked of dbt itself.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from myelomart import warehouse
from myelomart.quality import door
from myelomart.sources.landing import Source, land

CATALOG = '"myelomart".'  # dbt names it by the file it was given


@dataclass(frozen=True)
class CompiledModels:
    """Models and data tests of a manifest, compiled for ``landing`` with ``rule_set`` in force.

    ``seeded`` is a database with the seeds.
    """

    nodes: dict[str, dict]
    landing: Path
    seeded: Path
    rule_set: str = "default"

    @classmethod
    def of(cls, manifest: Path, landing: Path, seeded: Path, rule_set: str) -> "CompiledModels":
        """What dbt left in the file ``manifest``."""
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
        return cls(nodes, landing, seeded, rule_set)

    def over(self, landing: Path) -> "CompiledModels":
        """The same SQL, that reads another landing."""
        return replace(self, nodes=self._changed(str(self.landing), str(landing)), landing=landing)

    def under(self, rule_set: str) -> "CompiledModels":
        """The same SQL, with another rule set in force."""
        return replace(self, nodes=self._changed(self.rule_set, rule_set), rule_set=rule_set)

    def bare_sql(self, name: str) -> str:
        """The SQL of the model ``name``, its tables by their names alone."""
        return re.sub(r'"[^"]+"\."([^"]+)"', r"\1", self._sql(self._named(name)))

    def in_schema(self, schema: str) -> list[str]:
        """The names of the models of one schema."""
        return [node["name"] for node in self._of_type("model") if node["schema"] == schema]

    def build(self, database: Path, marts: Iterable[str] = ()) -> None:
        """Make ``database``: ``marts`` with all that they read, or every model.

        With every model go the data tests, of which none may find a row.
        """
        with _opened(database) as connection:
            warehouse.attach(connection, self.seeded, "seeded")
            for node in self._of_type("seed"):
                table = f"{node['schema']}.{node['name']}"
                connection.execute(f"create schema if not exists {node['schema']}")
                connection.execute(f"create table {table} as from seeded.{table}")
            self._run(connection, self._read_for(marts) if marts else set(self.nodes))
            if not marts:
                tests = [node["name"] for node in self._of_type("test")]
                assert self.failures(connection, tests) == {}

    def build_again(self, database: Path, changed: str, tests: Iterable[str]) -> None:
        """Run, in ``database``, what leads from the model ``changed`` to ``tests``."""
        again = {self._named(changed)}
        for key in self._in_order():
            if again & set(self._reads(key)):
                again.add(key)
        with _opened(database) as connection:
            self._run(connection, again & self._read_for(tests))

    def tests_of(self, marts: Iterable[str]) -> list[str]:
        """The names of the data tests that read nothing but ``marts`` and what these read."""
        made = self._read_for(marts) | {node["unique_id"] for node in self._of_type("seed")}
        return [
            one["name"]
            for one in self._of_type("test")
            if made.issuperset(self._reads(one["unique_id"]))
        ]

    def failures(
        self, connection: duckdb.DuckDBPyConnection, tests: Iterable[str]
    ) -> dict[str, int]:
        """Rows that each of ``tests`` finds, where it finds any."""
        counts = {}
        for name in tests:
            query = f"select count(*) from ({self._sql(self._named(name))})"
            ((counts[name],),) = _run(connection, query, name)
        return {name: count for name, count in counts.items() if count}

    def _run(self, connection, wanted: set[str]) -> None:
        for key in self._in_order():
            node = self.nodes[key]
            if key not in wanted or node["config"]["materialized"] == "ephemeral":
                continue
            kind, name = node["config"]["materialized"], f"{node['schema']}.{node['alias']}"
            connection.execute(f"create schema if not exists {node['schema']}")
            _run(connection, f"create or replace {kind} {name} as {self._sql(key)}", name)

    def _read_for(self, names: Iterable[str]) -> set[str]:
        """The keys of ``names`` and of every model that they read, near or far."""
        wanted = {self._named(name) for name in names}
        for key in [*wanted, *reversed(self._in_order())]:
            if key in wanted:
                wanted.update(self._reads(key))
        return wanted

    def _sql(self, key: str) -> str:
        return self.nodes[key]["compiled_code"].replace(CATALOG, "")

    def _changed(self, text: str, other: str) -> dict[str, dict]:
        """The nodes, with ``other`` wherever ``text`` stands in their SQL, as it must somewhere."""
        sql = {key: node.get("compiled_code") or "" for key, node in self.nodes.items()}
        assert any(text in one for one in sql.values()), f"{text} stands in no SQL"
        return {
            key: node | {"compiled_code": sql[key].replace(text, other)}
            for key, node in self.nodes.items()
        }

    def _named(self, name: str) -> str:
        (key,) = [
            key
            for key, node in self.nodes.items()
            if node["name"] == name and node["resource_type"] in ("model", "test")
        ]
        return key

    def _of_type(self, kind: str) -> list[dict]:
        return [node for node in self.nodes.values() if node["resource_type"] == kind]

    def _reads(self, key: str) -> list[str]:
        return self.nodes[key]["depends_on"]["nodes"]

    def _in_order(self) -> list[str]:
        """The keys of the models, each after all that it reads."""
        models = {node["unique_id"] for node in self._of_type("model")}
        graph = {key: models & set(self._reads(key)) for key in sorted(models)}
        return list(TopologicalSorter(graph).static_order())


def land_and_check(sources: list[Source], landing: Path) -> None:
    """Land ``sources`` and run the checks at the door, whatever they find."""
    door.check(landing, land(sources, landing, lambda line: None))


def _opened(database: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(database), config=warehouse.settings() | {"threads": 1})
    connection.execute("load icu; set TimeZone = 'UTC'")
    return connection


def _run(connection: duckdb.DuckDBPyConnection, sql: str, name: str) -> list[tuple]:
    """Run ``sql``; what fails says of which node."""
    try:
        return connection.execute(sql).fetchall()
    except duckdb.Error as error:
        error.add_note(name)
        raise
