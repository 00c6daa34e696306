"""Where a source is: the address of a server, or a file with options behind a question mark."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

from myelomart.errors import SourceError

# the kind of server that an address begins with; each is a module of `databases`
SCHEMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mssql": "sql_server",
    "snowflake": "snowflake",
    "databricks": "databricks",
    "bigquery": "bigquery",
}
SERVICE = "service="
OURS = ("schema", "vocabulary")
PASSWORDS = {  # where each looks for one
    "postgresql": "~/.pgpass or PGPASSWORD",
    "sql_server": "SQLCMDPASSWORD",
    "snowflake": "SNOWFLAKE_PASSWORD or ~/.snowflake/connections.toml",
    "databricks": "DATABRICKS_TOKEN",
    "bigquery": "the application default credentials of gcloud",
}


@dataclass(frozen=True)
class Address:
    """An address: ``plain`` for the driver, ``shown`` without user and password.

    ``user``, ``server``, ``database`` and ``settings`` are its parts for a client that takes no
    address; ``options`` are ours.
    """

    plain: str
    shown: str
    secrets: tuple[str, ...]
    options: dict[str, str]
    kind: str = "postgresql"
    user: str = ""
    password: str = field(default="", repr=False)
    server: str = ""
    database: str = ""
    settings: dict[str, str] = field(default_factory=dict, repr=False)

    def with_secret(self, secret: str | None) -> Address:
        """The same, where ``secret`` too stands in no message."""
        return replace(self, secrets=(*self.secrets, secret)) if secret else self


def is_address(location: str) -> bool:
    """True for the address of a server, or ``service=NAME`` of pg_service.conf."""
    return location.startswith((*(f"{scheme}://" for scheme in SCHEMES), SERVICE))


def address_of(location: str) -> Address:
    """Take an address apart; ``SourceError``, which shows no part of it, when that cannot be."""
    if location.startswith(SERVICE):
        name, _, query = location.removeprefix(SERVICE).partition("?")
        location = f"postgresql:///?service={quote(name)}" + (f"&{query}" if query else "")
    scheme, _, rest = location.partition("://")
    kind = SCHEMES[scheme]
    unreadable = SourceError(
        "The address cannot be read: in a user's name or a password the characters @ : / # ? % are "
        "written %40 %3A %2F %23 %3F %25; or leave the password out, and put it into "
        f"{PASSWORDS[kind]}."
    )
    who, at, where = rest.rpartition("@")
    user, colon, password = who.partition(":")
    for part in (user, password):
        if re.search(r"[@:/#?\[\]\s]|%(?![0-9A-Fa-f]{2})", part):
            raise unreadable
    if at and not user and password:
        raise unreadable
    if "#" in where or re.search(r"%(?![0-9A-Fa-f]{2})", where):
        raise unreadable
    servers, _, query = where.partition("?")
    servers, slash, database = servers.partition("/")
    for server in servers.split(","):
        if not re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(:\d{0,5})?", server):
            raise unreadable
    options = dict(parse_qsl(query, keep_blank_values=True))
    ours = {name: options.pop(name) for name in OURS if name in options}
    secrets = [password, unquote(password), options.get("password", ""), who if colon else ""]
    schema = ""
    if kind == "snowflake":  # SQLAlchemy's form: account/database/schema
        database, _, schema = database.partition("/")
    elif kind == "bigquery":  # project/dataset
        schema = database
    if schema:
        ours.setdefault("schema", unquote(schema))
    secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))
    plain = f"{kind}://{who}{at}{servers}{slash}{database}"
    plain += f"?{urlencode(options)}" if options else ""
    shown = f"{'postgresql' if scheme == 'postgres' else scheme}://{servers}{slash}{database}"
    if "service" in options:
        shown += f"?service={options['service']}"
    parts = (kind, unquote(user), unquote(password), servers, unquote(database), options)
    return Address(plain, shown, secrets, ours, *parts)


def without_secrets(location: str) -> str:
    """An address without user and password, to be shown and kept."""
    return address_of(location).shown


def file_and_options(location: str) -> tuple[Path, dict[str, str]]:
    """A path, and what stands behind its question mark: ``cdm.duckdb?schema=cdm``."""
    path = Path(location).expanduser()
    if path.exists() or path.is_symlink() or "?" not in location:
        return path, {}
    head, _, query = location.rpartition("?")
    options = dict(parse_qsl(query))
    if not options or set(options) - set(OURS):
        return path, {}
    return Path(head).expanduser(), options
