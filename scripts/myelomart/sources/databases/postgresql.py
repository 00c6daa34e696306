"""PostgreSQL, through its ADBC driver. What Arrow has not (uuid, json, inet) comes as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from myelomart import warehouse
from myelomart.sources.addresses import Address
from myelomart.sources.database_tables import Found
from myelomart.sources.databases.dialect import Dialect
from myelomart.sources.databases.reading import AdbcSession

NAME = "PostgreSQL"
EXTRA = "warehouse"
OPTIONS = None  # the server's own library knows which there are
PLAIN = {"int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "bool"}


class PostgreSQL(Dialect):
    """PostgreSQL."""

    # tables, views, materialized views, foreign and partitioned tables
    catalogue = """
        select
            cast(spaces.nspname as text),
            cast(tables.relname as text),
            case
                when has_schema_privilege(spaces.oid, 'usage')
                    and has_any_column_privilege(tables.oid, 'select') then 1
                else 0
            end
        from pg_class as tables
        inner join pg_namespace as spaces on tables.relnamespace = spaces.oid
        where tables.relkind in ('r', 'v', 'm', 'f', 'p')
            and spaces.nspname not in ('information_schema', 'pg_catalog')
            and spaces.nspname not like 'pg\\_%'
    """

    def columns(self, one: Found) -> str:
        """As in ``Dialect``."""
        return f"""
            select
                cast(columns.attname as text),
                cast(coalesce(bases.typname, types.typname) as text)
            from pg_attribute as columns
            inner join pg_type as types on columns.atttypid = types.oid
            left join pg_type as bases on types.typbasetype = bases.oid
            where columns.attrelid = cast({self.literal(self.relation(one))} as regclass)
                and columns.attnum > 0 and not columns.attisdropped
            order by columns.attnum
        """

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``."""
        if kind in ("date", "timestamp", "timestamptz"):  # Arrow has no end of time
            return (
                f"case when isfinite({name}) then {name} when {name} > '2000-01-01' "
                f"then cast('9999-12-31' as {kind}) when {name} is not null "
                f"then cast('0001-01-01' as {kind}) end"
            )
        return name if kind in PLAIN else f"cast({name} as text)"


DIALECT = PostgreSQL()


@contextmanager
def connected(address: Address) -> Iterator[AdbcSession]:
    """A session with the server at ``address``, which sees it as it stands at one moment."""
    with warehouse.postgres(address.plain, address.shown, address.secrets) as connection:
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local timezone to 'UTC'")
        yield AdbcSession(connection)
