"""The names that rows may use: values of a seed, or of a model whose SQL reads seeds alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from myelomart.project import project_root
from myelomart.rows.declared import tables

Rows = Sequence[Mapping[str, str]]


class Known:
    """Every row that counts, table by table: ours and those that a site wrote."""

    def __init__(self, rows_of: Callable[[str], Rows]):
        self._rows_of = rows_of
        self._rows: dict[str, Rows] = {}
        self._values: dict[tuple, frozenset[str]] = {}
        self._defined: dict[tuple[str, str], dict[str, set[str]]] = {}

    def rows(self, relation: str) -> Rows:
        """The rows of a seed, or of a model over seeds."""
        if relation not in self._rows:
            make = self._rows_of if relation in tables() else self._of_model
            self._rows[relation] = make(relation)
        return self._rows[relation]

    def values(
        self, relation: str, column: str, where: Iterable[tuple[str, str]] = ()
    ) -> frozenset[str]:
        """The values of ``column`` there, in the rows that have the values of ``where``."""
        key = relation, column, *where
        if key not in self._values:
            rows = [row for row in self.rows(relation) if all(row[k] == v for k, v in where)]
            self._values[key] = frozenset(row[column] for row in rows if row.get(column))
        return self._values[key]

    def defined_by(self, study: str, relation: str, column: str) -> set[str]:
        """The values of ``column`` in the rows of one study."""
        if (relation, column) not in self._defined:
            found: dict[str, set[str]] = {}
            for row in self.rows(relation):
                found.setdefault(row["study_id"], set()).add(row[column])
            self._defined[relation, column] = found
        return self._defined[relation, column].get(study, set())

    def _of_model(self, model: str) -> list[dict[str, str]]:
        """The rows that the SQL of ``model`` gives over the seeds that it reads."""
        from jinja2 import Environment

        from myelomart import warehouse

        file: Path = next((project_root() / "models").rglob(f"{model}.sql"))
        read: list[str] = []

        def ref(name: str) -> str:
            read.append(name)
            return warehouse.quoted(name)

        query = Environment().from_string(file.read_text(encoding="utf-8")).render(ref=ref)
        with warehouse.scratch(reach=()) as connection:
            for name in read:
                _load(connection, name, list(tables()[name].types), self.rows(name))
            result = connection.execute(query)
            names = [column for column, *_ in result.description]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _load(connection, name: str, columns: list[str], rows: Rows) -> None:
    """Make the table ``name`` of text columns, with ``rows`` in it."""
    declared = ", ".join(f'"{one}" varchar' for one in columns)
    connection.execute(f'create table "{name}" ({declared})')
    cells = [[row.get(column) or None for row in rows] for column in columns]
    unnested = ", ".join("unnest(?::varchar[])" for _ in columns)
    connection.execute(f'insert into "{name}" select {unnested}', cells)
