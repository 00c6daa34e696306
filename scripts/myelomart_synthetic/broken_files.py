"""Files broken as files: one small folder a fault, beside the CDM, for the doors to refuse or read.

Each folder holds person and measurement of a handful of people in CSV or Parquet.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

ROWS = 200
OLD_NAMES = {"visit_occurrence": {"admitted_from_concept_id": "admitting_source_concept_id"}}


def as_text(table: pa.Table, delimiter: str = ",") -> str:
    """A table as CSV with a header."""
    sink = pa.BufferOutputStream()
    pacsv.write_csv(table, sink, pacsv.WriteOptions(delimiter=delimiter, quoting_style="needed"))
    return sink.getvalue().to_pybytes().decode()


def write_broken_files(cdm: Path, out: Path) -> list[dict[str, str]]:
    """Write the folders below `out`; returns fault, folder, table and what is wrong."""
    names = ("person", "measurement", "visit_occurrence")
    query = "select * from read_parquet(?) order by all limit ?"
    with duckdb.connect() as connection:
        tables = {
            name: connection.sql(
                query, params=[str(cdm / f"{name}.parquet"), ROWS]
            ).to_arrow_table()
            for name in names
        }
    text = as_text(tables["measurement"])
    first, second, *rest = text.splitlines()
    place = (
        first.split(",").index('"value_as_number"')
        if '"' in first
        else first.split(",").index("value_as_number")
    )
    cells = second.split(",")
    cells[place] = "see comment"
    quoted = tables["measurement"]
    quoted = quoted.set_column(
        quoted.schema.get_field_index("value_source_value"),
        "value_source_value",
        pa.array(["two\nlines"] * quoted.num_rows),
    )
    buffer = pa.BufferOutputStream()
    pq.write_table(tables["measurement"], buffer)
    whole = buffer.getvalue().to_pybytes()
    old = tables["visit_occurrence"].rename_columns(
        [
            OLD_NAMES["visit_occurrence"].get(name, name)
            for name in tables["visit_occurrence"].column_names
        ]
    )
    files = {
        "text_in_number": (
            "measurement.csv",
            "\n".join([first, ",".join(cells), *rest]).encode(),
            "a word in value_as_number of the first row",
        ),
        "byte_order_mark": (
            "measurement.csv",
            b"\xef\xbb\xbf" + text.encode(),
            "UTF-8 byte order mark",
        ),
        "semicolons": (
            "measurement.csv",
            as_text(tables["measurement"], ";").encode(),
            "columns separated by semicolons",
        ),
        "carriage_returns": (
            "measurement.csv",
            text.replace("\n", "\r\n").encode(),
            "lines end with CR LF",
        ),
        "quoted_newlines": ("measurement.csv", as_text(quoted).encode(), "a newline inside quotes"),
        "empty_file": ("measurement.csv", b"", "a file of no bytes"),
        "header_only": ("measurement.csv", (first + "\n").encode(), "a header and no rows"),
        "truncated_parquet": (
            "measurement.parquet",
            whole[: len(whole) // 2],
            "the second half of the file is missing",
        ),
        "version_5_3_columns": (
            "visit_occurrence.csv",
            as_text(old).encode(),
            "column names of CDM v5.3",
        ),
    }
    listed = []
    for fault, (name, content, meaning) in files.items():
        folder = out / fault
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        (folder / "person.csv").write_text(as_text(tables["person"]))
        listed.append({"fault": fault, "folder": fault, "file": name, "meaning": meaning})
    return listed
