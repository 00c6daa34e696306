"""Lands mutated files and asks of each: is there a sentence, or is every row accounted for?

    python bench/fuzz_sources.py                     # 200 mutated files, seed 1
    python bench/fuzz_sources.py --files 2000 --seed 7

A small CDM is written as CSV or Parquet and one of its files is mutated: bytes flipped, the file
cut off, bytes or lines put in, odd cells, columns swapped, line ends, delimiter and encoding
changed, or types. Landing must then end in one sentence, or with the rows in its manifest (which it
counts by another way than it reads them) in the landed files or set aside.
Prints what happened by mutation; exit code 1 after a traceback or an unaccounted row.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.sources.landing import Source, land

PEOPLE, EVENTS = 40, 400
ODD_CELLS = [
    "", " ", "NA", "NULL", "NaN", "nan", "inf", "-infinity", "infinity", "1e+05", "1e400", "0x1F",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "2.5", "1,5", "<5",
    "0000-00-00", "1900-01-01", "9999-12-31", "2020-02-30", "05Jan2020", "01/05/2020", "20200105",
    "2020-01-05T23:00:00Z", "2020-01-05 00:00:00+01:00", "1578182400", "true", "\u00b5g/L",
    "x" * 5000, '"', '""', '"a', 'a"b', "a,b", "a\nb", "a\rb", "\t", "\x1a", "\x00", "\ufeff",
    "'; drop table x; --", "{}", "[]", "${HOME}", "%s", "\\", "\U0001f600", "12:30",
    "550e8400-e29b-41d4-a716-446655440000",
]  # fmt: skip


def tables(rng: random.Random) -> dict[str, pa.Table]:
    """A small CDM: persons, measurements and deaths."""
    ids = list(range(1, PEOPLE + 1))
    day = "2020-01-{:02d}".format
    return {
        "person": pa.table(
            {
                "person_id": ids,
                "gender_concept_id": [rng.choice([8507, 8532]) for _ in ids],
                "year_of_birth": [rng.randint(1930, 1980) for _ in ids],
            }
        ),
        "measurement": pa.table(
            {
                "measurement_id": list(range(1, EVENTS + 1)),
                "person_id": [rng.choice(ids) for _ in range(EVENTS)],
                "measurement_concept_id": [3000963] * EVENTS,
                "measurement_date": [day(rng.randint(1, 28)) for _ in range(EVENTS)],
                "value_as_number": [round(rng.uniform(0, 20), 2) for _ in range(EVENTS)],
                "unit_source_value": [
                    rng.choice(["g/dL", "5 g, dry", None]) for _ in range(EVENTS)
                ],
            }
        ),
        "death": pa.table({"person_id": ids[:7], "death_date": [day(n) for n in range(1, 8)]}),
    }


def write(folder: Path, rng: random.Random, form: str) -> dict[str, Path]:
    """Write the CDM in ``form`` (csv or parquet) and return the file of each table."""
    paths = {}
    for name, table in tables(rng).items():
        path = paths[name] = folder / f"{name}.{form}"
        if form == "parquet":
            pq.write_table(table, path)
        else:
            pacsv.write_csv(table, path)
    return paths


# --- mutations: bytes in, bytes out --------------------------------------------------------------


def flip(data: bytes, rng: random.Random) -> bytes:
    """Some bytes become others."""
    mutated = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        mutated[rng.randrange(len(mutated))] = rng.randrange(256)
    return bytes(mutated)


def cut(data: bytes, rng: random.Random) -> bytes:
    """The file ends early."""
    return data[: rng.randrange(len(data))]


def put_in(data: bytes, rng: random.Random) -> bytes:
    """Bytes that mean something elsewhere stand somewhere."""
    place = rng.randrange(len(data))
    what = rng.choice([b"\x00", b"\x1a", b"\r", b"\n", b'"', b",", b"\xff", b"\xef\xbb\xbf", b"\t"])
    return data[:place] + what * rng.choice([1, 1, 2, 50]) + data[place:]


def repeat_lines(data: bytes, rng: random.Random) -> bytes:
    """Lines stand twice, or in another order, or are gone."""
    lines = data.splitlines(keepends=True)
    first = rng.randrange(len(lines))
    some = lines[first : first + rng.randint(1, 30)]
    kind = rng.randrange(3)
    if kind == 0:
        return b"".join(lines + some)
    rest = lines[:first] + lines[first + len(some) :]
    if kind == 1:
        return b"".join(rest)
    rng.shuffle(rest)
    return b"".join(rest)


def change_ends(data: bytes, rng: random.Random) -> bytes:
    """Some or all line ends are others."""
    lines = data.split(b"\n")
    ends = [rng.choice([b"\n", b"\r\n", b"\r"]) for _ in lines]
    if rng.random() < 0.5:
        ends = [ends[0]] * len(lines)
    return b"".join(line + end for line, end in zip(lines, ends, strict=True))


def odd_cells(data: bytes, rng: random.Random) -> bytes:
    """Cells hold what no cell of the column should; written as they are, quoted or not."""
    lines = data.decode(errors="replace").split("\n")
    for _ in range(rng.choice([1, 3, 30, 300])):
        number = rng.randrange(1, len(lines))
        cells = lines[number].split(",")
        odd = rng.choice(ODD_CELLS)
        quoted = '"' + odd.replace('"', '""') + '"'
        cells[rng.randrange(len(cells))] = quoted if rng.random() < 0.6 else odd
        lines[number] = ",".join(cells)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def swap_columns(data: bytes, rng: random.Random) -> bytes:
    """Columns change places, in the header or below it or in both; or one is lost or doubled."""
    rows = [line.split(",") for line in data.decode(errors="replace").split("\n")]
    width = len(rows[0])
    one, other = rng.randrange(width), rng.randrange(width)
    kind = rng.randrange(4)
    for number, row in enumerate(rows):
        if len(row) != width or (kind == 0 and number) or (kind == 1 and not number):
            continue
        if kind < 3:
            row[one], row[other] = row[other], row[one]
        else:
            row.append(row[one])
    return "\n".join(",".join(row) for row in rows).encode()


def other_delimiter(data: bytes, rng: random.Random) -> bytes:
    """Another delimiter, perhaps not everywhere."""
    new = rng.choice([b";", b"\t", b"|", b" ", b":"])
    count = -1 if rng.random() < 0.6 else rng.randrange(len(data))
    return data.replace(b",", new, count)


def other_encoding(data: bytes, rng: random.Random) -> bytes:
    """The same text in another encoding."""
    text = data.decode(errors="replace").replace(
        "g/dL", rng.choice(["g/dL", "\u00b5g/L", "\u4e2d"])
    )
    return text.encode(rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "latin-1"]), "replace")


OF_TEXT: list[Callable[[bytes, random.Random], bytes]] = [
    flip, cut, put_in, repeat_lines, change_ends, odd_cells, odd_cells, odd_cells, swap_columns,
    other_delimiter, other_encoding,
]  # fmt: skip
OF_PARQUET: list[Callable[[bytes, random.Random], bytes]] = [flip, cut, put_in]


def mutate_types(path: Path, rng: random.Random) -> None:
    """A column of a Parquet file becomes of another type, or changes places with another."""
    table = pq.read_table(path)
    number = rng.randrange(table.num_columns)
    name = table.column_names[number]
    column = table.column(number)
    odd = [rng.choice([*ODD_CELLS, None]) for _ in range(table.num_rows)]
    kinds = {
        "text": lambda: pa.array([None if one is None else str(one) for one in column.to_pylist()]),
        "odd texts": lambda: pa.array(odd),
        "doubles": lambda: pa.array([rng.choice([1.0, 2.5, float("nan"), float("inf"), 1e300])
                                     for _ in range(table.num_rows)]),
        "instants": lambda: pa.array([rng.randrange(10**15) for _ in range(table.num_rows)],
                                     pa.timestamp("us", "UTC")),
        "unsigned": lambda: pa.array([rng.randrange(2**64) for _ in range(table.num_rows)],
                                     pa.uint64()),
        "lists": lambda: pa.array([[1]] * table.num_rows),
        "days": lambda: pa.array([rng.choice([0, 2**31 - 1, -(2**31), 18000, -719162])
                                  for _ in range(table.num_rows)], pa.int32()).view(pa.date32()),
        "nulls": lambda: pa.nulls(table.num_rows),
    }  # fmt: skip
    pq.write_table(table.set_column(number, name, kinds[rng.choice(list(kinds))]()), path)


# --- one file ------------------------------------------------------------------------------------


def try_one(seed: int) -> tuple[str, str, str]:
    """Mutation, what happened ('sentence', 'landed', 'traceback', 'unaccounted'), and details."""
    rng = random.Random(seed)
    form = rng.choice(["csv", "csv", "csv", "parquet"])
    with tempfile.TemporaryDirectory() as folder:
        cdm = Path(folder) / "cdm"
        cdm.mkdir()
        paths = write(cdm, rng, form)
        path = paths[rng.choice(["measurement", "measurement", "person", "death"])]
        if form == "parquet" and rng.random() < 0.6:
            name = "types"
            mutate_types(path, rng)
        else:
            mutation = rng.choice(OF_TEXT if form == "csv" else OF_PARQUET)
            name = mutation.__name__
            path.write_bytes(mutation(path.read_bytes(), rng))
        name = f"{form} {name}"
        try:
            manifest = land([Source("cdm", str(cdm))], Path(folder) / "landing", lambda line: None)
        except MyelomartError as error:
            text = str(error)
            is_sentence = "\n" not in text and text.endswith(".") and len(text) < 900
            return name, "sentence" if is_sentence else "no sentence", text
        except Exception:
            return name, "traceback", traceback.format_exc()
        return name, *unaccounted(manifest, Path(folder) / "landing")


def unaccounted(manifest: dict, landing: Path) -> tuple[str, str]:
    """'landed' when the files of the landing hold exactly the rows that the manifest tells of."""
    for table, account in manifest["sources"][0]["tables"].items():
        part = landing / table / "source_name=cdm" / "part.parquet"
        rows = pq.read_metadata(part).num_rows
        aside = landing / "rows_set_aside" / "source_name=cdm" / f"{table}.parquet"
        kept = 0
        if aside.exists():
            with warehouse.scratch() as connection:
                kept = warehouse.value(
                    connection,
                    f"select count(*) from read_parquet('{aside}') where action = 'row set aside'",
                )
        if account["rows_in"] != rows + kept or rows != account["rows"]:
            return "unaccounted", f"{table}: {account['rows_in']} in, {rows} landed, {kept} aside"
    return "landed", ""


def main() -> int:
    """Try the files, print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="print every sentence")
    options = parser.parse_args()
    found: Counter = Counter()
    bad = 0
    for number in range(options.files):
        name, outcome, details = try_one(options.seed * 1_000_000 + number)
        found[name, outcome] += 1
        if outcome not in ("landed", "sentence"):
            bad += 1
            print(f"seed {options.seed * 1_000_000 + number}: {name}: {outcome}\n{details}")
        elif options.verbose and details:
            print(f"{name}: {details}")
    for (name, outcome), count in sorted(found.items()):
        print(f"{name:26}{outcome:12}{count:6}")
    print(f"{options.files} files, {bad} tracebacks or unaccounted rows")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
