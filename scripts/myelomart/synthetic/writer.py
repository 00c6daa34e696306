"""Tables streamed to Parquet with row groups of a fixed size, so that chunks leave no trace."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from myelomart.synthetic.constants import rows
from myelomart.synthetic.schema import table_schema

ROW_GROUP = 262_144


class Writer:
    """Writes every table of the CDM to `folder/<table>.parquet`, empty ones too."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.counts: dict[str, int] = {}
        names = dict.fromkeys(row["cdm_table"] for row in rows("cdm_columns"))
        self.buffers: dict[str, list[pa.Table]] = {name: [] for name in names}
        self.files = {
            name: pq.ParquetWriter(
                folder / f"{name}.parquet", table_schema(name), compression="zstd"
            )
            for name in names
        }

    def add(self, tables: dict[str, pa.Table]) -> None:
        """Append tables by name; whole row groups are written at once."""
        for name, table in tables.items():
            self.counts[name] = self.counts.get(name, 0) + table.num_rows
            self.buffers[name].append(table)
            if sum(part.num_rows for part in self.buffers[name]) >= ROW_GROUP:
                self._flush(name, whole_groups=True)

    def _flush(self, name: str, whole_groups: bool) -> None:
        if not self.buffers[name]:
            return
        table = pa.concat_tables(self.buffers[name])
        size = table.num_rows // ROW_GROUP * ROW_GROUP if whole_groups else table.num_rows
        for start in range(0, size, ROW_GROUP):
            group = table.slice(start, min(ROW_GROUP, size - start)).combine_chunks()
            self.files[name].write_table(group, row_group_size=ROW_GROUP)
        self.buffers[name] = [table.slice(size)] if size < table.num_rows else []

    def close(self) -> None:
        """Write what is left and close the files."""
        for name, file in self.files.items():
            self._flush(name, whole_groups=False)
            file.close()
