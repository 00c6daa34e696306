"""Snowflake, through its own connector.

Numbers, days and times come as texts in a form that we state: how wide a number is in Arrow
differs there from batch to batch, and its times end in the year 2262.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from myelomart.sources.addresses import Address
from myelomart.sources.databases.dialect import OfSchema
from myelomart.sources.databases.reading import Batches, in_words

NAME = "Snowflake"
EXTRA = "snowflake"
OPTIONS = (
    "authenticator", "connection_name", "host", "port", "private_key_file", "protocol", "role",
    "warehouse",
)  # fmt: skip
PLAIN = {"TEXT", "FLOAT", "BOOLEAN"}
CLOCK = "YYYY-MM-DD HH24:MI:SS.FF9"
FORMS = {"DATE": "YYYY-MM-DD", "TIMESTAMP_NTZ": CLOCK, "TIMESTAMP_TZ": f"{CLOCK}TZH:TZM"}
HINT = (
    "Check account, user, role, warehouse and rights; a password belongs into SNOWFLAKE_PASSWORD "
    "or ~/.snowflake/connections.toml."
)


class Snowflake(OfSchema):
    """Snowflake's SQL. Its names are mostly in capitals, so each is quoted as it is stored."""

    def literal(self, text: str) -> str:
        """As in ``Dialect``."""
        return super().literal(text.replace("\\", "\\\\"))

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``; an instant of the session's zone is shown in UTC."""
        if kind in PLAIN:
            return name
        if kind == "TIMESTAMP_LTZ":
            name, kind = f"convert_timezone('UTC', {name})", "TIMESTAMP_TZ"
        if kind in FORMS:
            return f"to_varchar({name}, '{FORMS[kind]}')"
        return f"to_varchar({name})"


DIALECT = Snowflake()


@dataclass(frozen=True)
class _Session:
    connection: object
    address: Address

    def rows(self, query: str) -> list[tuple]:
        """As in ``Session``."""
        with _in_words(self.address), self.connection.cursor() as cursor:
            return cursor.execute(query).fetchall()

    @contextmanager
    def batches(self, query: str) -> Iterator[Batches]:
        """As in ``Session``."""
        with self.connection.cursor() as cursor:
            with _in_words(self.address):
                cursor.execute(query)

            def tables():
                with _in_words(self.address):
                    some = False
                    for table in cursor.fetch_arrow_batches():
                        some = True
                        yield table
                    if not some:
                        yield cursor.fetch_arrow_all(force_return_table=True)

            yield Batches.of_tables(tables())


def _in_words(address: Address):
    from snowflake.connector import errors

    return in_words(address, (errors.Error, OSError), HINT)


@contextmanager
def connected(address: Address) -> Iterator[_Session]:
    """A session with the account that ``address`` names."""
    from snowflake import connector

    password = address.password or os.environ.get("SNOWFLAKE_PASSWORD", "")
    phrase = os.environ.get("PRIVATE_KEY_PASSPHRASE", "")
    address = address.with_secret(password).with_secret(phrase)
    wanted = {
        "account": address.server,
        "user": address.user,
        "password": password,
        "database": address.database,
        "private_key_file_pwd": phrase if "private_key_file" in address.settings else "",
        **address.settings,
    }
    with _in_words(address):
        connection = connector.connect(
            **{key: value for key, value in wanted.items() if value},
            session_parameters={"CLIENT_TELEMETRY_ENABLED": False},
            server_session_keep_alive=False,
        )
    with closing(connection):
        yield _Session(connection, address)
