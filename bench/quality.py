"""Times the checks at the door on a large CDM, beside the same conditions as plain SQL.

    python bench/quality.py --rows 30000000

Prints one line: rows, seconds of `check` (Great Expectations included), seconds of one plain query
a table, their ratio, and the peak memory of the checking process. The CDM is made here.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from myelomart import warehouse
from myelomart.quality import door, scan
from myelomart.sources.landing import Source, land, read_manifest

# of 100 rows of events: how many each table gets
SHARES = {
    "measurement": 62,
    "drug_exposure": 14,
    "condition_occurrence": 11,
    "visit_occurrence": 8,
    "procedure_occurrence": 5,
}
EVENTS = {
    "visit_occurrence": "visit_occurrence_id, person_id, 9202 as visit_concept_id, "
    "day as visit_start_date, day + 1 as visit_end_date",
    "condition_occurrence": "condition_occurrence_id, person_id, 437233 as condition_concept_id, "
    "day as condition_start_date, day + 1 as condition_end_date, "
    "'C90.00' as condition_source_value, visit as visit_occurrence_id",
    "drug_exposure": "drug_exposure_id, person_id, 1336825 as drug_concept_id, "
    "day as drug_exposure_start_date, day + 1 as drug_exposure_end_date, 28 as days_supply, "
    "visit as visit_occurrence_id",
    "procedure_occurrence": "procedure_occurrence_id, person_id, 2108457 as procedure_concept_id, "
    "day as procedure_date, visit as visit_occurrence_id",
    "measurement": "measurement_id, person_id, 3000963 as measurement_concept_id, "
    "day as measurement_date, 10.0 + id % 5 as value_as_number, 8713 as unit_concept_id, "
    "visit as visit_occurrence_id",
}


def make_cdm(folder: Path, rows: int) -> None:
    """A CDM of ``rows`` events of one person per 300 of them."""
    folder.mkdir(parents=True)
    people = max(rows // 300, 1)
    visits = max(rows * SHARES["visit_occurrence"] // 100, 1)
    with warehouse.scratch() as connection:

        def write(table: str, query: str) -> None:
            path = warehouse.literal(folder / f"{table}.parquet")
            connection.execute(f"copy ({query}) to {path} (format parquet, compression zstd)")

        write(
            "person",
            "select id as person_id, 8507 as gender_concept_id, 1950 + id % 30 as year_of_birth, "
            f"8527 as race_concept_id from range(1, {people + 1}) as ids (id)",
        )
        write(
            "death",
            "select id as person_id, date '2024-06-01' as death_date "
            f"from range(1, {people + 1}, 4) as ids (id)",
        )
        for table, columns in EVENTS.items():
            count = max(rows * SHARES[table] // 100, 1)
            write(
                table,
                f"select {columns} from (select id, id as {table}_id, "
                f"id % {people} + 1 as person_id, id % {visits} as visit, "
                "date '2015-01-01' + cast(id % 3000 as integer) as day "
                f"from range({count}) as ids (id))",
            )


def check(landing: Path) -> None:
    """What `myelomart check` does once the source has landed."""
    door.check(landing, read_manifest(landing))


def plain(landing: Path) -> None:
    """The same conditions, one query a table."""
    manifest = read_manifest(landing)
    with warehouse.scratch(spill_to=landing / ".spill") as connection:
        for entry in manifest["sources"]:
            scan.make_lookups(connection, landing, entry["name"], is_trinetx=False)
            for table, landed in entry["tables"].items():
                checks = scan.usable_checks(connection, table) if landed["rows"] else []
                if checks:
                    path = scan.path_of(landing, entry["name"], table)
                    query = scan.counting_query(checks, scan.shape_of(table), path)
                    warehouse.rows(connection, query)


def timed(what: str, landing: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak gigabytes of ``what`` in a process of its own."""
    command = [sys.executable, __file__, "--only", what, "--landing", str(landing)]
    start = time.perf_counter()
    printed = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    processor, gigabytes = (float(word) for word in printed.split()[-2:])
    return time.perf_counter() - start, processor, gigabytes


def main() -> None:
    """Make the CDM, land it, time both ways in turn, print the line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000_000)
    parser.add_argument("--only", choices=["check", "plain"])
    parser.add_argument("--landing", type=Path)
    options = parser.parse_args()
    if options.only:
        {"check": check, "plain": plain}[options.only](options.landing)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024**2)
        return
    with tempfile.TemporaryDirectory() as folder:
        cdm, landing = Path(folder) / "cdm", Path(folder) / "landing"
        make_cdm(cdm, options.rows)
        land([Source("cdm", str(cdm))], landing, lambda line: None)
        plain_seconds, plain_processor, _ = timed("plain", landing)
        check_seconds, check_processor, gigabytes = timed("check", landing)
    print(
        f"{options.rows:,} rows: check {check_seconds:.1f} s (processor {check_processor:.1f} s), "
        f"plain SQL {plain_seconds:.1f} s (processor {plain_processor:.1f} s), "
        f"ratio {check_seconds / plain_seconds:.1f}, peak {gigabytes:.1f} GB"
    )


if __name__ == "__main__":
    main()
