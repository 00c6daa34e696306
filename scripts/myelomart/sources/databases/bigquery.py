"""BigQuery, through Google's client; the rows of a table come by its Storage interface.

Days, times and decimals come as texts; an instant is shown in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from myelomart.errors import SourceError
from myelomart.sources.addresses import Address
from myelomart.sources.database_tables import Found
from myelomart.sources.databases.dialect import OfSchema
from myelomart.sources.databases.reading import Batches, in_words

NAME = "BigQuery"
EXTRA = "bigquery"
OPTIONS = ("location",)
PLAIN = {"STRING", "INT64", "FLOAT64", "BOOL"}
# as the description of a result calls them
TYPES = {"INTEGER": pa.int64(), "FLOAT": pa.float64(), "BOOLEAN": pa.bool_()}
HINT = "Check project, dataset and rights; log in with `gcloud auth application-default login`."


class BigQuery(OfSchema):
    """GoogleSQL. A schema is a dataset, of the same project or written PROJECT.DATASET."""

    def quoted(self, name: str) -> str:
        """As in ``Dialect``."""
        return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

    def literal(self, text: str) -> str:
        """As in ``Dialect``."""
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def relation(self, one: Found) -> str:
        """As in ``Dialect``."""
        return ".".join(map(self.quoted, (*one.schema.split("."), one.name)))

    def tables(self, options: dict[str, str]) -> str:
        """As in ``Dialect``: of the datasets that were named, for only these can be asked."""
        named = dict.fromkeys(options[key] for key in ("schema", "vocabulary") if key in options)
        if "schema" not in options:
            raise SourceError("Name the dataset of the persons: bigquery://PROJECT/DATASET.")
        return " union all ".join(
            f"select {self.literal(schema)}, table_name, 1 from {self._told(schema, 'TABLES')}"
            for schema in named
        )

    def columns(self, one: Found) -> str:
        """As in ``Dialect``."""
        return (
            f"select column_name, data_type from {self._told(one.schema, 'COLUMNS')} "
            f"and table_name = {self.literal(one.name)} order by ordinal_position"
        )

    def _told(self, schema: str, what: str) -> str:
        *_, dataset = parts = schema.split(".")
        place = ".".join(map(self.quoted, parts))
        return f"{place}.INFORMATION_SCHEMA.{what} where table_schema = {self.literal(dataset)}"

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``."""
        if kind in PLAIN:
            return name
        if kind == "TIMESTAMP":
            return f"concat(cast(datetime({name}, 'UTC') as string), '+00:00')"
        return f"to_json_string({name})" if kind == "JSON" else f"cast({name} as string)"

    def plain(self, column: str) -> str:
        """As in ``Dialect``."""
        return super().plain(f"cast({column} as string)")


DIALECT = BigQuery()


@dataclass(frozen=True)
class _Session:
    client: object
    storage: object
    address: Address

    def rows(self, query: str) -> list[tuple]:
        """As in ``Session``."""
        with _in_words(self.address):
            return [row.values() for row in self.client.query(query).result()]

    @contextmanager
    def batches(self, query: str) -> Iterator[Batches]:
        """As in ``Session``."""
        with _in_words(self.address):
            found = self.client.query(query).result()
        fields = [(one.name, TYPES.get(one.field_type, pa.string())) for one in found.schema]
        schema = pa.schema(fields)

        def batches() -> Iterator[pa.RecordBatch]:
            with _in_words(self.address):
                for batch in found.to_arrow_iterable(self.storage):
                    yield batch.cast(schema)

        yield Batches(schema, batches())


def _in_words(address: Address):
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    return in_words(address, (GoogleAPIError, GoogleAuthError, OSError), HINT)


@contextmanager
def connected(address: Address) -> Iterator[_Session]:
    """A session with the project that ``address`` names, by the user's default credentials."""
    from google.cloud import bigquery, bigquery_storage

    with _in_words(address):
        client = bigquery.Client(address.server, location=address.settings.get("location"))
        storage = bigquery_storage.BigQueryReadClient(credentials=client._credentials)
    with closing(client):
        yield _Session(client, storage, address)
