"""SQL Server and Azure SQL, through python-tds.

Days, times, decimals and money come as texts that lose no digit.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from myelomart.errors import SourceError
from myelomart.sources.addresses import Address
from myelomart.sources.database_tables import Found
from myelomart.sources.databases.dialect import OfSchema
from myelomart.sources.databases.reading import AT_ONCE, Batches, in_words

if TYPE_CHECKING:
    import OpenSSL

NAME = "SQL Server"
EXTRA = "mssql"
OPTIONS = ("encrypt", "cafile")
PLAIN = {"tinyint", "smallint", "int", "bigint", "float", "real", "nvarchar", "nchar"}
TIMES = {"datetime", "smalldatetime", "datetime2", "datetimeoffset"}
OF_FOUR_BYTES = 4
LOGIN_SECONDS = 15
HINT = (
    "Check address, user and rights; a password belongs into SQLCMDPASSWORD, and a site's own "
    "certificate into ?cafile=FILE."
)


class SqlServer(OfSchema):
    """T-SQL. Names of its catalogue are in capitals, as a database with such a collation needs."""

    catalogue = """
        select TABLE_SCHEMA, TABLE_NAME, has_perms_by_name(
            quotename(TABLE_SCHEMA) + '.' + quotename(TABLE_NAME), 'OBJECT', 'SELECT'
        )
        from INFORMATION_SCHEMA.TABLES
    """

    def quoted(self, name: str) -> str:
        """As in ``Dialect``."""
        return "[" + name.replace("]", "]]") + "]"

    def literal(self, text: str) -> str:
        """As in ``Dialect``."""
        return "N" + super().literal(text)

    def columns(self, one: Found) -> str:
        """As in ``Dialect``."""
        return (
            "select COLUMN_NAME, DATA_TYPE from INFORMATION_SCHEMA.COLUMNS "
            f"where TABLE_SCHEMA = {self.literal(one.schema)} "
            f"and TABLE_NAME = {self.literal(one.name)} order by ORDINAL_POSITION"
        )

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``."""
        if kind in PLAIN:
            return name
        if kind == "bit":
            return f"cast({name} as int)"
        if kind == "date":
            return f"convert(varchar(10), {name}, 23)"
        if kind in TIMES:
            return f"convert(varchar(34), {name}, 121)"  # 2020-01-05 10:00:00.1234567 +01:00
        if kind in ("money", "smallmoney"):
            return f"convert(varchar(50), {name}, 2)"
        return f"cast({name} as nvarchar(max))"

    def count(self, rows: str) -> str:
        """As in ``Dialect``."""
        return f"select count_big(*) from {rows}"

    def first(self, relation: str) -> str:
        """As in ``Dialect``."""
        return f"select top 1 1 from {relation}"

    def exact(self, column: str) -> str:
        """As in ``Dialect``; most databases here take capital and small letters for the same."""
        return f"{column} collate Latin1_General_BIN2"

    def plain(self, column: str) -> str:
        """As in ``Dialect``; ``trim`` is not known before SQL Server 2017."""
        text = self.exact(f"cast({column} as nvarchar(4000))")
        return f"replace(upper(ltrim(rtrim({text}))), N'.', N'')"


DIALECT = SqlServer()


@dataclass(frozen=True)
class _Session:
    connection: object
    address: Address

    def rows(self, query: str) -> list[tuple]:
        """As in ``Session``."""
        with self._in_words(), self.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    @contextmanager
    def batches(self, query: str) -> Iterator[Batches]:
        """As in ``Session``."""
        with self.connection.cursor() as cursor:
            with self._in_words():
                cursor.execute(query)
            fields = [
                (name, _type_of(code, size)) for name, code, _, size, *_ in cursor.description
            ]
            schema = pa.schema(fields)

            def batches() -> Iterator[pa.RecordBatch]:
                with self._in_words():
                    while rows := cursor.fetchmany(AT_ONCE):
                        columns = zip(*rows, strict=True)
                        arrays = map(pa.array, columns, schema.types)
                        yield pa.record_batch(list(arrays), schema=schema)

            yield Batches(schema, batches())

    def _in_words(self):
        return in_words(self.address, _errors(), HINT)


def _errors() -> tuple[type[Exception], ...]:
    import OpenSSL
    import pytds

    return (pytds.Error, OpenSSL.SSL.Error, OSError, ImportError)


def _type_of(code: int, size: int) -> pa.DataType:
    """The type of a column that ``SqlServer.value`` asks for, by its code in the protocol."""
    from pytds import tds_base

    if code in (tds_base.FLTNTYPE, tds_base.FLT4TYPE, tds_base.FLT8TYPE):
        is_short = code == tds_base.FLT4TYPE or size == OF_FOUR_BYTES
        return pa.float32() if is_short else pa.float64()
    whole = (tds_base.INTNTYPE, tds_base.INT1TYPE, tds_base.INT2TYPE, tds_base.INT4TYPE)
    return pa.int64() if code in (*whole, tds_base.INT8TYPE) else pa.string()


@contextmanager
def connected(address: Address) -> Iterator[_Session]:
    """A session with the server at ``address``: encrypted, unless the address says encrypt=no.

    Where the database allows snapshots, it is read as it stands at one moment.
    """
    import pytds
    from pytds import tls

    tls.validate_host = _is_of_host  # its own asks pyOpenSSL for what that no longer has
    password = address.password or os.environ.get("SQLCMDPASSWORD", "")
    user = address.user or os.environ.get("SQLCMDUSER", "")
    address = address.with_secret(password)
    server, _, port = address.server.partition(":")
    with in_words(address, _errors(), HINT):
        connection = pytds.connect(
            server,
            address.database,
            user,
            password,
            port=int(port) if port else None,
            appname="myelomart",
            login_timeout=LOGIN_SECONDS,
            autocommit=True,
            use_sso=not user,
            cafile=_authorities(address),
            disable_connect_retry=True,
        )
    with connection:
        session = _Session(connection, address)
        snapshots = "select snapshot_isolation_state from sys.databases where name = db_name()"
        if session.rows(snapshots) == [(1,)]:
            with in_words(address, _errors(), HINT), connection.cursor() as cursor:
                cursor.execute("set transaction isolation level snapshot; begin transaction")
        yield session


def _authorities(address: Address) -> str | None:
    """The file of the certificates that we trust; None for a connection that is not encrypted."""
    if (wish := address.settings.get("encrypt", "yes")) not in ("yes", "no"):
        raise SourceError(f"{address.shown}: encrypt={wish}: known are yes and no.")
    if wish == "no":
        return None
    if own := address.settings.get("cafile"):
        return own
    import certifi

    return ssl.get_default_verify_paths().cafile or certifi.where()


def _is_of_host(cert: OpenSSL.crypto.X509, name: bytes) -> bool:
    """True when the certificate that a server shows is of the host ``name`` (RFC 6125)."""
    from cryptography import x509

    host, shown = name.decode("ascii").lower(), cert.to_cryptography()
    common = shown.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    try:
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return host in {str(one.value).lower() for one in common}
    with suppress(ValueError):  # a name is no number
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    listed = {one.lower() for one in names.get_values_for_type(x509.DNSName)}
    return bool(listed & {host, f"*.{host.partition('.')[2]}"})
