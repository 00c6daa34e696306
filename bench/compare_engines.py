"""Compares every mart of a DuckDB build with the same mart of a Spark build, value by value.

    python bench/compare_engines.py warehouse.duckdb spark/warehouse

Prints a line per mart and exits 1 when any value differs. Doubles may differ in the twelfth digit.
"""

import sys
from pathlib import Path

from myelomart import warehouse
from myelomart.lineage import OWN_TABLES

SCHEMAS = ("core", "cohorts", "outcomes", "studies")
DIGITS = 9
SEEDS = Path(__file__).parents[1] / "seeds"


def compared(column: str, kind: str) -> str:
    """The column as it is compared: numbers as rounded doubles, everything else as text."""
    name = warehouse.quoted(column)
    if kind in ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT") or kind.startswith("DECIMAL"):
        return f"round(cast({name} as double), {DIGITS}) as {name}"
    return f"cast({name} as varchar) as {name}"


def main(duckdb_file: str, spark_folder: str) -> int:
    """Compare all marts; return the number of those that differ."""
    differing = 0
    with warehouse.database(duckdb_file) as connection:
        tables = warehouse.rows(
            connection,
            """
            select table_schema, table_name from information_schema.tables
            where list_contains(?, table_schema) and table_type = 'BASE TABLE' order by all
            """,
            [list(SCHEMAS)],
        )
        for schema, table in tables:
            if list(SEEDS.glob(f"*/{table}.csv")) or table in OWN_TABLES:
                continue  # Spark reads its CSV in place; what a file says of itself is no mart
            folder = Path(spark_folder) / f"{schema}.db" / table
            if not list(folder.glob("*.parquet")):
                differing += 1
                print(f"ABSENT  {schema}.{table}: Spark did not write it")
                continue
            columns = warehouse.rows(
                connection,
                """
                select column_name, data_type from information_schema.columns
                where table_schema = ? and table_name = ? order by ordinal_position
                """,
                [schema, table],
            )
            shown = ", ".join(compared(name, kind) for name, kind in columns)
            ours = f"select {shown} from {schema}.{table}"
            theirs = f"select {shown} from read_parquet({warehouse.literal(folder / '*.parquet')})"
            count = warehouse.value(connection, f"select count(*) from ({ours})")
            only_ours, only_theirs = (
                warehouse.value(connection, f"select count(*) from ({one} except all {other})")
                for one, other in ((ours, theirs), (theirs, ours))
            )
            verdict = "equal" if not only_ours and not only_theirs else "DIFFERS"
            differing += verdict == "DIFFERS"
            print(f"{verdict:8}{schema}.{table}: {count} rows")
            if verdict == "DIFFERS":
                print(f"        {only_ours} only in DuckDB, {only_theirs} only in Spark")
    print(f"{differing} marts differ" if differing else "every mart is equal")
    return differing


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:3]) else 0)
