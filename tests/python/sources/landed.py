"""Lands a source and asks what came of it."""

from pathlib import Path

from myelomart import warehouse
from myelomart.sources import files
from myelomart.sources.landing import Source, land


class Landed:
    """One landing: what was said, the manifest's entry, and the rows of any table."""

    def __init__(self, location: Path | str, landing: Path, **options):
        self.landing, self.said = landing, []
        source = Source("cdm", str(location), **options)
        self.entry = land([source], landing, self.said.append)["sources"][0]

    def account(self, table: str) -> dict:
        return self.entry["tables"][table]

    def rows(self, table: str, what: str = "count(*)") -> list[tuple]:
        with warehouse.scratch() as connection:
            folder = files.pattern(self.landing / table)[:-1] + "/**/*.parquet'"
            query = f"select {what} from read_parquet({folder}, hive_partitioning = true)"
            return warehouse.rows(connection, query)


def cells_replaced(path: Path, column: str, *values: str) -> None:
    """Write ``values`` in turn into a column of a CSV file without quotation marks."""
    header, *lines = path.read_text().splitlines()
    place = header.split(",").index(column)
    for number, line in enumerate(lines):
        cells = line.split(",")
        cells[place] = values[number % len(values)]
        lines[number] = ",".join(cells)
    path.write_text("\n".join([header, *lines]) + "\n")
