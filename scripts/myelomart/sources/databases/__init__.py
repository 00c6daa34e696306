"""Reads a CDM out of a database: a DuckDB or SQLite file, or a server."""

from myelomart.sources.databases.files import (
    ATTACHED,
    export_vocabulary_of_duckdb,
    export_vocabulary_of_sqlite,
    open_duckdb,
    open_sqlite,
)
from myelomart.sources.databases.reading import Read, write_batches
from myelomart.sources.databases.servers import open_server, server_of, tables_on

__all__ = [
    "ATTACHED",
    "Read",
    "export_vocabulary_of_duckdb",
    "export_vocabulary_of_sqlite",
    "open_duckdb",
    "open_server",
    "open_sqlite",
    "server_of",
    "tables_on",
    "write_batches",
]
