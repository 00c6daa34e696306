"""The current version of Delta and Iceberg tables, by their manifests."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from myelomart.errors import SourceError
from myelomart.room import no_room
from myelomart.sources import files
from myelomart.sources.databases import write_batches
from myelomart.sources.source import DataFile, Say, Table


def read_lake(folder: Path, table: str, export: Path, say: Say) -> Table:
    """The current version of a Delta or Iceberg table as a Parquet file in ``export``.

    The files of its folder are never read as they lie there: old versions stand among them.
    """
    kind = files.lake_kind(folder)
    article = "an" if kind == "Iceberg" else "a"
    refusal = f"{folder} is {article} {kind} table: export its current version as Parquet"
    if kind not in ("Delta", "Iceberg"):
        raise SourceError(f"{refusal}.")
    target = export / f"{table}.parquet"
    try:
        batches, rows = _delta(folder) if kind == "Delta" else _iceberg(folder)
        written = write_batches(batches, target, table, say)
    except ImportError as error:
        raise SourceError(f"{refusal}, or install the extra `myelomart[lake]`.") from error
    except Exception as error:
        if (full := no_room(error, target)) is not None:
            raise full from error
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise SourceError(f"{refusal}. Its manifest cannot be followed ({reason}).") from error
    return Table(
        table, str(folder), (DataFile(target, "parquet"),), rows=written if rows is None else rows
    )


def _delta(folder: Path) -> tuple[pa.RecordBatchReader, int | None]:
    from deltalake import DeltaTable

    table = DeltaTable(str(folder))
    added = pa.table(table.get_add_actions(flatten=True))
    counts = added["num_records"].to_pylist() if "num_records" in added.column_names else [None]
    rows = None if any(count is None for count in counts) else sum(counts)
    dataset = table.to_pyarrow_dataset()
    return dataset.scanner().to_reader(), rows


def _iceberg(folder: Path) -> tuple[pa.RecordBatchReader, int | None]:
    from pyiceberg.table import StaticTable

    def updated(path: Path) -> int:
        return json.loads(path.read_text(encoding="utf-8"))["last-updated-ms"]

    newest = max((folder / "metadata").glob("*.metadata.json"), key=updated)
    scan = StaticTable.from_metadata(str(newest)).scan()
    return scan.to_arrow_batch_reader(), None
