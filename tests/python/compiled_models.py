"""The models as dbt compiled them, over other landings and rule sets, made as a build makes them.

test_row_order.py compares a warehouse that dbt itself made with one made so, table by table.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from myelomart import made_before, making, warehouse
from myelomart.project import project_root
from myelomart.quality import door
from myelomart.sources.landing import Source, land
from myelomart.steps import Step


@dataclass(frozen=True)
class CompiledModels:
    """The steps of a project, over ``landing`` and with ``rule_set`` in force.

    ``root`` is the project whose rows of seeds are read.
    """

    steps: list[Step]
    landing: Path
    rule_set: str = "default"
    root: Path = project_root()

    def over(self, landing: Path) -> "CompiledModels":
        """The same SQL, that reads another landing."""
        return replace(self, landing=landing)

    def under(self, rule_set: str) -> "CompiledModels":
        """The same SQL, with another rule set in force."""
        return replace(self, rule_set=rule_set)

    def of_rows(self, root: Path) -> "CompiledModels":
        """The same SQL, with the rows of another project's seeds."""
        return replace(self, root=root)

    def bare_sql(self, name: str) -> str:
        """The SQL of the model ``name``, its tables by their names alone."""
        (step,) = (one for one in self.steps if _name(one) == name and one.kind != "seed")
        return re.sub(r'"[^"]+"\."([^"]+)"', r"\1", self._own(step).sql)

    def in_schema(self, schema: str) -> list[str]:
        """The names of the tables and views that models make in one schema."""
        return [
            _name(one)
            for one in self.steps
            if one.schema == schema and one.kind in ("table", "view")
        ]

    def build(self, database: Path, marts: Iterable[str] = ()) -> list[str]:
        """Make ``database``, ``marts`` with all that they read or every table; what failed.

        Every seed is among the tables, and every data test whose tables are all made.
        """
        made = self._read_for(marts) if marts else {one.node_id for one in self.steps}
        made |= {one.node_id for one in self.steps if one.kind == "seed"}
        chosen = [
            one
            for one in self.steps
            if one.node_id in made or (one.kind == "test" and made.issuperset(one.reads))
        ]
        return self._make(database, chosen)

    def build_over(self, database: Path, former: "CompiledModels") -> list[str]:
        """Make again, in ``database``, what differs from what ``former`` made; what failed."""
        stands = former.hashes()
        kept = {key for key, digest in self.hashes().items() if stands[key] == digest}
        assert 0 < len(kept) < len(self.steps)
        return self._make(database, self.steps, kept)

    def hashes(self) -> dict[str, str]:
        """The hash of each step, by its key."""
        return made_before.hashes_of(self.steps, self.root, self.rule_set)

    def build_again(self, database: Path, changed: str, tests: Iterable[str]) -> list[str]:
        """Run, in ``database``, what leads from the model ``changed`` to ``tests``; what failed."""
        again = {one.node_id for one in self.steps if _name(one) == changed}
        for step in self.steps:  # each after all that it reads
            if again.intersection(step.reads):
                again.add(step.node_id)
        again &= self._read_for(tests)
        kept = {one.node_id for one in self.steps} - again
        return self._make(database, self.steps, kept)

    def failures(
        self, connection: duckdb.DuckDBPyConnection, tests: Iterable[str]
    ) -> dict[str, int]:
        """Rows that each of ``tests`` finds, where it finds any."""
        counts = {
            _name(one): warehouse.value(connection, f"select count(*) from ({self._own(one).sql})")
            for one in self.steps
            if _name(one) in tests
        }
        return {name: count for name, count in counts.items() if count}

    def _make(self, database: Path, chosen: list[Step], kept: Collection[str] = ()) -> list[str]:
        told: list[dict] = []
        places = (self.root, self.landing, database, database.with_suffix(".failed"))
        making.make(chosen, *places, self.rule_set, told.append, kept)
        return [line["failure"] for line in told if "failure" in line]

    def _own(self, step: Step) -> Step:
        return step.over(self.landing, self.rule_set)

    def _read_for(self, names: Iterable[str]) -> set[str]:
        """The keys of ``names`` and of all that they read, near or far."""
        wanted = {one.node_id for one in self.steps if _name(one) in names}
        for step in reversed(self.steps):
            if step.node_id in wanted:
                wanted.update(step.reads)
        return wanted


def _name(step: Step) -> str:
    """The name of its file, which may be another than that of the table."""
    return step.node_id.split(".")[2]


def land_and_check(sources: list[Source], landing: Path) -> None:
    """Land ``sources`` and run the checks at the door, whatever they find."""
    door.check(landing, land(sources, landing, lambda line: None))
