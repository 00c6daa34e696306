"""The servers that a CDM is read out of, by the first word of their address.

Each is a module with a ``NAME``, the ``EXTRA`` that installs its client, the ``OPTIONS`` of its
address, a ``DIALECT``, and ``connected``, which opens a session.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from myelomart.errors import SourceError
from myelomart.extras import refuse_without
from myelomart.sources import layout
from myelomart.sources.addresses import OURS, Address, address_of
from myelomart.sources.databases.reading import Read, Reader
from myelomart.sources.source import Say


def server_of(address: Address) -> ModuleType:
    """The module of the kind of server that ``address`` names."""
    server = import_module(f"myelomart.sources.databases.{address.kind}")
    unknown = set(address.settings) - set(server.OPTIONS or address.settings)
    if unknown:
        raise SourceError(
            f"{address.shown}: {', '.join(sorted(unknown))}: behind the question mark stand "
            f"{', '.join(sorted((*OURS, *server.OPTIONS)))}."
        )
    refuse_without(server.EXTRA)
    return server


def open_server(address: Address, cohort: str | None, folder: Path, say: Say) -> Read:
    """The tables of the server at ``address`` as Parquet files in ``folder``."""
    server = server_of(address)
    with server.connected(address) as session:
        reader = Reader(session, server.DIALECT, folder, say)
        return reader.read(address.options, cohort, address.shown)


def tables_on(location: str) -> tuple[str, list[str]]:
    """The kind of a server, and the tables of a CDM that it shows us; no row is read."""
    address = address_of(location)
    server = server_of(address)
    with server.connected(address) as session:
        found = Reader(session, server.DIALECT, Path(), print).found(address.options)
    shown = {one.name.lower() for one in found}
    return server.NAME, sorted(shown & set(layout.tables()))
