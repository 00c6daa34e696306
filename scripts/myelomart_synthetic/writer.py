"""Tables streamed to Parquet with row groups of a fixed size, so that chunks leave no trace."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from myelomart_synthetic.constants import rows
from myelomart_synthetic.schema import table_schema

ROW_GROUP = 262_144


class Stream:
    """One Parquet file written in row groups of ROW_GROUP rows, whatever the size of the pieces."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.file = pq.ParquetWriter(path, schema, compression="zstd")
        self.parts: list[pa.Table] = []
        self.waiting = 0

    def add(self, table: pa.Table) -> None:
        """Take a table; write the row groups that are full."""
        self.parts.append(table)
        self.waiting += table.num_rows
        if self.waiting >= ROW_GROUP:
            self._write(self.waiting // ROW_GROUP * ROW_GROUP)

    def _write(self, size: int) -> None:
        table = pa.concat_tables(self.parts)
        for start in range(0, size, ROW_GROUP):
            group = table.slice(start, min(ROW_GROUP, size - start)).combine_chunks()
            self.file.write_table(group, row_group_size=ROW_GROUP)
        self.parts = [table.slice(size)]
        self.waiting = table.num_rows - size

    def close(self) -> None:
        """Write what is left and close the file."""
        if self.waiting:
            self._write(self.waiting)
        self.file.close()


class Writer:
    """Writes every table of the CDM to `folder/<table>.parquet`, empty ones too."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        names = dict.fromkeys(row["cdm_table"] for row in rows("cdm_columns"))
        self.counts = dict.fromkeys(names, 0)
        self.streams = {
            name: Stream(folder / f"{name}.parquet", table_schema(name)) for name in names
        }

    def add(self, tables: dict[str, pa.Table]) -> None:
        """Append tables by name."""
        for name, table in tables.items():
            self.counts[name] += table.num_rows
            self.streams[name].add(table)

    def close(self) -> None:
        """Write what is left and close the files."""
        for stream in self.streams.values():
            stream.close()


class SiteWriter:
    """One folder a site: rows go to the site of their person or their own, vocabularies to all."""

    def __init__(self, folder: Path, sites: int) -> None:
        self.writers = [Writer(folder / f"site_{number}") for number in range(1, sites + 1)]

    @property
    def counts(self) -> dict[str, int]:
        """Rows over all sites; a table that every site holds counts once a site."""
        names = self.writers[0].counts
        return {name: sum(writer.counts[name] for writer in self.writers) for name in names}

    def add(self, tables: dict[str, pa.Table]) -> None:
        """Append tables by name; a chunk brings its person table, which tells the sites."""
        person = tables.get("person")
        for number, writer in enumerate(self.writers, start=1):
            if person is None:
                writer.add({name: of_site(table, name, number) for name, table in tables.items()})
                continue
            here = person.filter(pc.equal(person["care_site_id"], number))["person_id"]
            mine = {
                name: table.filter(pc.is_in(table["person_id"], value_set=here.combine_chunks()))
                for name, table in tables.items()
            }
            writer.add(mine)

    def close(self) -> None:
        """Close every site's files."""
        for writer in self.writers:
            writer.close()


def of_site(table: pa.Table, name: str, number: int) -> pa.Table:
    """What a site keeps of a table without persons: its own place and physicians, else all."""
    own = {
        "care_site": "care_site_id",
        "provider": "care_site_id",
        "location": "location_id",
    }
    return table.filter(pc.equal(table[own[name]], number)) if name in own else table


class TruthWriter:
    """Writes the truth to a folder of its own, one Parquet file a table, as the tables come."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.streams = folder, {}

    def add(self, tables: dict[str, pa.Table]) -> None:
        """Append tables by name; the first one fixes the schema."""
        for name, table in tables.items():
            if name not in self.streams:
                self.streams[name] = Stream(self.folder / f"{name}.parquet", table.schema)
            self.streams[name].add(table)

    def close(self) -> None:
        """Write what is left and close the files."""
        for stream in self.streams.values():
            stream.close()
