"""Databricks, through its SQL connector: the tables of one catalogue of Unity Catalog.

Days, times and decimals come as texts; an instant is shown in UTC.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from myelomart.errors import SourceError
from myelomart.sources.addresses import Address
from myelomart.sources.databases.dialect import OfSchema
from myelomart.sources.databases.reading import AT_ONCE, Batches, in_words

NAME = "Databricks"
EXTRA = "databricks"
OPTIONS = ("auth_type", "catalog", "http_path")
PLAIN = {
    "string", "boolean", "tinyint", "byte", "smallint", "short", "int", "integer", "bigint", "long",
    "float", "double",
}  # fmt: skip
RETRIES: dict[str, int] = {}  # as the connector does: a warehouse that sleeps takes minutes to wake
HINT = "Check host, http_path, catalogue and rights; a token belongs into DATABRICKS_TOKEN."


class Databricks(OfSchema):
    """Spark's SQL, in a session whose zone is UTC."""

    def quoted(self, name: str) -> str:
        """As in ``Dialect``."""
        return "`" + name.replace("`", "``") + "`"

    def literal(self, text: str) -> str:
        """As in ``Dialect``."""
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``."""
        kind = kind.lower()
        if kind in PLAIN:
            return name
        text = f"cast({name} as string)"
        return f"concat({text}, '+00:00')" if kind == "timestamp" else text

    def plain(self, column: str) -> str:
        """As in ``Dialect``."""
        return super().plain(f"cast({column} as string)")


DIALECT = Databricks()


@dataclass(frozen=True)
class _Session:
    connection: object
    address: Address

    def rows(self, query: str) -> list[tuple]:
        """As in ``Session``."""
        with _in_words(self.address), self.connection.cursor() as cursor:
            return [tuple(row) for row in cursor.execute(query).fetchall()]

    @contextmanager
    def batches(self, query: str) -> Iterator[Batches]:
        """As in ``Session``."""
        with self.connection.cursor() as cursor:
            with _in_words(self.address):
                cursor.execute(query)
            names = [name for name, *_ in cursor.description]

            def tables() -> Iterator[pa.Table]:
                with _in_words(self.address):
                    table = cursor.fetchmany_arrow(AT_ONCE)
                    if table.column_names != names:  # of no row the connector knows no column
                        table = pa.schema([(name, pa.string()) for name in names]).empty_table()
                    yield table
                    while (table := cursor.fetchmany_arrow(AT_ONCE)).num_rows:
                        yield table

            yield Batches.of_tables(tables())


def _in_words(address: Address):
    from databricks.sql import exc
    from urllib3.exceptions import HTTPError

    return in_words(address, (exc.Error, HTTPError, OSError), HINT)


@contextmanager
def connected(address: Address) -> Iterator[_Session]:
    """A session with the workspace at ``address``."""
    from databricks import sql

    token = address.password or os.environ.get("DATABRICKS_TOKEN", "")
    address = address.with_secret(token)
    wanted = dict(address.settings)
    wanted["catalog"] = address.database or wanted.get("catalog")
    if "http_path" not in wanted or not wanted["catalog"]:
        raise SourceError(
            f"{address.shown} lacks a part: databricks://HOST/CATALOGUE?http_path=/sql/1.0/"
            "warehouses/ID&schema=SCHEMA."
        )
    if not token and "auth_type" not in wanted:
        raise SourceError(
            f"The server {address.shown} needs a token: put it into DATABRICKS_TOKEN, or log in "
            "by the browser with auth_type=databricks-oauth behind the address."
        )
    server, _, port = address.server.partition(":")
    with _in_words(address):
        connection = sql.connect(
            server,
            **wanted,
            **RETRIES,
            _port=int(port or 443),
            access_token=token or None,
            enable_telemetry=False,
        )
    with connection:
        with _in_words(address), connection.cursor() as cursor:
            cursor.execute("set time zone 'UTC'")
        yield _Session(connection, address)
