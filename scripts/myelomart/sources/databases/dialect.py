"""How a kind of database is spoken to: what differs between their SQL, each thing once."""

from __future__ import annotations

from abc import ABC, abstractmethod

from myelomart import warehouse
from myelomart.sources.database_tables import Found


class Dialect(ABC):
    """Standard SQL, as SQLite and PostgreSQL have it; a kind of database overrides what differs.

    ``catalogue`` is the query for its tables: schema, name, 1 where it may be read, is it a view.
    """

    catalogue = ""
    shows_all = True  # also tables that this user may not read
    is_of_one_moment = True  # a session sees no change that others make meanwhile

    def tables(self, options: dict[str, str]) -> str:
        """The query for the tables; ``options`` are those of the address."""
        return self.catalogue

    def quoted(self, name: str) -> str:
        """``name`` as an identifier."""
        return warehouse.quoted(name)

    def literal(self, text: str) -> str:
        """``text`` as a string."""
        return warehouse.literal(text)

    def relation(self, one: Found) -> str:
        """A table as a FROM clause names it."""
        return f"{self.quoted(one.schema)}.{self.quoted(one.name)}"

    @abstractmethod
    def columns(self, one: Found) -> str:
        """The query for the names and types of the columns of a table, in their order."""

    def selected(self, name: str, kind: str) -> str:
        """A column of type ``kind`` as it is fetched, under its name."""
        value = self.value(self.quoted(name), kind)
        return value if value == self.quoted(name) else f"{value} as {self.quoted(name)}"

    @abstractmethod
    def value(self, name: str, kind: str) -> str:
        """The value of a column: as it is, or as a text that loses nothing of it."""

    def count(self, rows: str) -> str:
        """The query for how many ``rows`` (a FROM clause and its WHERE) there are."""
        return f"select count(*) from {rows}"

    def first(self, relation: str) -> str:
        """The query for a row of ``relation``, if it has one."""
        return f"select 1 from {relation} limit 1"

    def exact(self, column: str) -> str:
        """A column of texts, to be compared letter by letter."""
        return column

    def plain(self, column: str) -> str:
        """A code as we compare it: no blanks around it, no points, capital letters."""
        return f"replace(upper(trim({column})), '.', '')"


class OfSchema(Dialect):
    """A server whose ``information_schema`` says what it has, and that is read while it changes."""

    shows_all = False
    is_of_one_moment = False
    catalogue = """
        select table_schema, table_name, 1 from information_schema.tables
        where lower(table_schema) <> 'information_schema'
    """

    def columns(self, one: Found) -> str:
        """As in ``Dialect``."""
        return (
            "select column_name, data_type from information_schema.columns "
            f"where table_schema = {self.literal(one.schema)} "
            f"and table_name = {self.literal(one.name)} order by ordinal_position"
        )
