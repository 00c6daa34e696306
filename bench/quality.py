"""Times the checks at the door on a large CDM, beside the same conditions as plain SQL.

    python bench/quality.py                        # a synthetic network of about 30 million rows
    python bench/quality.py --source FOLDER        # any source that `myelomart check` takes

Prints a row for `check` and one for plain SQL (one query a table with every condition on its rows
as an aggregate): seconds, processor seconds, peak memory; then their ratio. Making
and landing the CDM is not timed. Run it on a machine that does nothing else.
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
from myelomart.quality import door, lookups, scan
from myelomart.quality.checks import shipped_checks
from myelomart.quality.scanned import Scanned
from myelomart.quality.shapes import from_clause, shape_of
from myelomart.sources.landing import Source, land, read_manifest
from myelomart_synthetic.network import make_network

ROWS_OF_A_PERSON = 381  # measured: rows of all event tables of a network with 20 % myeloma
SITES, SEED = 5, 1


def check(landing: Path) -> None:
    """What `myelomart check` does once the source has landed."""
    (landing / door.RESULT).unlink(missing_ok=True)  # else it knows that nothing changed
    door.check(landing, read_manifest(landing))


def plain(landing: Path) -> None:
    """The same conditions, one query a table."""
    manifest = read_manifest(landing)
    with warehouse.scratch(spill_to=landing / ".spill") as connection:
        for entry in manifest["sources"]:
            scanned = Scanned(connection, landing, entry)
            lookups.make_lookups(connection, landing, entry["name"], scanned.is_trinetx)
            checks = scan.usable_checks(scanned, shipped_checks())
            for table in scanned.filled:
                of_rows = [one for one in checks if one.table_name == table and not one.rows_from]
                if of_rows:
                    warehouse.rows(connection, plain_query(of_rows, table, scanned.path(table)))


def plain_query(checks: list, table: str, path: str) -> str:
    """One query with every condition on the rows of a table, distinct keys among them."""
    source = from_clause(table, path, scan.conditions_of(checks))
    query = scan.counting_query(checks, source)
    key = shape_of(table).key
    return query.replace("select ", f"select count(distinct event.{key}), ", 1) if key else query


def timed(what: str, landing: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak gigabytes of ``what`` in a process of its own."""
    command = [sys.executable, __file__, "--only", what, "--landing", str(landing)]
    start = time.perf_counter()
    printed = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    processor, gigabytes = (float(word) for word in printed.split()[-2:])
    return time.perf_counter() - start, processor, gigabytes


def main() -> None:
    """Make the CDM, land it, time both ways in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000_000)
    parser.add_argument("--source")
    parser.add_argument("--only", choices=["check", "plain"])
    parser.add_argument("--landing", type=Path)
    options = parser.parse_args()
    if options.only:
        {"check": check, "plain": plain}[options.only](options.landing)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024**2)
        return
    with tempfile.TemporaryDirectory() as folder:
        landing = Path(folder) / "landing"
        if options.source is None:
            people = max(options.rows // ROWS_OF_A_PERSON, 1)
            make_network(people, SITES, SEED, Path(folder) / "cdm")
        source = options.source or str(Path(folder) / "cdm")
        manifest = land([Source("cdm", source)], landing, lambda line: None)
        tables = manifest["sources"][0]["tables"].values()
        print(f"{sum(table['rows'] for table in tables):,} rows")
        times = {what: timed(what, landing) for what in ("plain", "check")}
    print(f"{'':10}{'seconds':>10}{'processor':>11}{'peak GB':>9}")
    for what, (seconds, processor, gigabytes) in times.items():
        print(f"{what:10}{seconds:10.1f}{processor:11.1f}{gigabytes:9.1f}")
    print(f"ratio     {times['check'][0] / times['plain'][0]:10.1f}")


if __name__ == "__main__":
    main()
