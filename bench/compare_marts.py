"""Compares every mart of a DuckDB build with the same mart of another build, value by value.

    python bench/compare_marts.py warehouse.duckdb other.duckdb    # before and after a change
    python bench/compare_marts.py warehouse.duckdb spark/warehouse # DuckDB and Spark

Prints a line per mart and exits 1 when any value differs. Columns and marts that only one of two
DuckDB builds has are named and counted as different unless `--allow NAME` names them (a mart, or
`mart.column`). Doubles may differ beyond the ninth digit.
"""

import argparse
import sys
from pathlib import Path

from myelomart import warehouse
from myelomart.lineage import OWN_TABLES
from myelomart.quality.history import NAME

SCHEMAS = ("core", "cohorts", "outcomes", "studies")
DIGITS = 9
SEEDS = Path(__file__).parents[1] / "seeds"


def compared(column: str, kind: str) -> str:
    """The column as it is compared: numbers as rounded doubles, everything else as text."""
    name = warehouse.quoted(column)
    if kind in ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT") or kind.startswith("DECIMAL"):
        return f"round(cast({name} as double), {DIGITS}) as {name}"
    return f"cast({name} as varchar) as {name}"


def columns_of(connection, catalog: str) -> dict[str, dict[str, str]]:
    """Every mart of a catalog, with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in warehouse.rows(
        connection,
        """
        select schema_name || '.' || table_name, column_name, data_type
        from duckdb_columns() semi join duckdb_tables()
            using (database_name, schema_name, table_name)
        where database_name = ? and list_contains(?, schema_name)
        order by 1, column_index
        """,
        [catalog, list(SCHEMAS)],
    ):
        name = table.split(".")[1]
        # Spark reads a seed's CSV in place; what a file says of itself is no mart
        if not list(SEEDS.glob(f"*/{name}.csv")) and name not in (*OWN_TABLES, NAME):
            found.setdefault(table, {})[column] = kind
    return found


def compare(ours_file: Path, theirs: Path, allowed: set[str]) -> int:
    """Compare all marts; return the number of those that differ."""
    differing = 0
    reach = [ours_file.parent, *warehouse.with_log(theirs)]
    with warehouse.database(ours_file, reach=reach) as connection:
        catalog = warehouse.value(connection, "select current_database()")
        ours = columns_of(connection, catalog)
        if theirs.is_file():
            connection.execute(f"attach {warehouse.literal(theirs)} as theirs (read_only)")
            other = columns_of(connection, "theirs")
        else:
            other = {
                table: ours[table]
                for table in ours
                if list((theirs / table.replace(".", ".db/")).glob("*.parquet"))
            }
        for table in sorted(ours.keys() ^ other.keys()):
            if table.split(".")[1] not in allowed:
                differing += 1
                print(f"ABSENT  {table}: only in {'the first' if table in ours else 'the second'}")
        for table in sorted(ours.keys() & other.keys()):
            name = table.split(".")[1]
            lone = {
                column
                for column in ours[table].keys() ^ other[table].keys()
                if f"{name}.{column}" not in allowed
            }
            shared = {c: k for c, k in ours[table].items() if c in other[table]}
            shown = ", ".join(compared(column, kind) for column, kind in shared.items())
            folder = theirs / table.replace(".", ".db/") / "*.parquet"
            place = (
                f"theirs.{table}"
                if theirs.is_file()
                else f"read_parquet({warehouse.literal(folder)})"
            )
            first, second = (f"select {shown} from {one}" for one in (table, place))
            count = warehouse.value(connection, f"select count(*) from {table}")
            only_first, only_second = (
                warehouse.value(connection, f"select count(*) from ({one} except all {two})")
                for one, two in ((first, second), (second, first))
            )
            is_equal = not (only_first or only_second or lone)
            differing += not is_equal
            print(f"{'equal' if is_equal else 'DIFFERS':8}{table}: {count} rows")
            if only_first or only_second:
                print(f"        {only_first} only in the first, {only_second} only in the second")
            if lone:
                print(f"        columns of one alone: {', '.join(sorted(lone))}")
    print(f"{differing} marts differ" if differing else "every mart is equal")
    return differing


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--allow", nargs="*", default=[], help="marts and mart.columns")
    given = parser.parse_args()
    sys.exit(1 if compare(given.first, given.second, set(given.allow)) else 0)
