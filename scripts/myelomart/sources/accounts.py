"""What a landing did to each row: kept as tables of the warehouse, and said in words."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from myelomart.sources import files, layout
from myelomart.sources.source import (
    OpenSource,
    RowAccount,
    Say,
)
from myelomart.sources.text_ids import ACTION
from myelomart.warehouse import rows

NOT_TAKEN = "resource set aside"


def write_accounts(entry: dict, opened: OpenSource, landing: Path) -> None:
    """The accounts as landed tables, for the warehouse to keep."""
    counts = (
        "rows_in", "rows_set_aside", "rows_left_out", "rows_renumbered", "cells_emptied",
        "ends_capped",
    )  # fmt: skip
    made_of = {table: found.made_of for table, found in opened.tables.items()}
    names = {
        table: made_of.get(table) or [Path(one["path"]).name for one in account["files"]]
        for table, account in entry["tables"].items()
    }
    accounts = [
        {"table_name": table, "form": account["form"], "files": len(names[table])}
        | {"rows_landed": account["rows"]}
        | {key: account[key] for key in counts}
        for table, account in entry["tables"].items()
        if account["form"] != "absent"
    ]
    reasons = [
        {
            "table_name": table, "action": one["action"], "column_name": one["column"],
            "reason": one["reason"], "form": one["form"], "row_count": one["rows"],
        }
        for table, account in entry["tables"].items()
        for one in account["reasons"]
    ]  # fmt: skip
    read = [
        {"table_name": table, "file_name": name, "is_read": True, "reason": None}
        for table in entry["tables"]
        for name in names[table]
    ]
    unused = [
        {"table_name": None, "file_name": one.path, "is_read": False, "reason": one.reason}
        for one in opened.unused
    ]
    source = {
        "format": entry["format"],
        "timezone": opened.source.timezone,
        "dates_shifted": opened.source.dates_shifted,
        "cohort": opened.source.cohort,
        "vocabulary": opened.vocabulary_place,
        "data_cut": entry["data_cut"],
    }
    for table, listed in {
        "row_accounts": accounts,
        "row_reasons": reasons,
        "source_files": read + unused,
        "landed_sources": [source],
    }.items():
        target = landing / table / f"source_name={entry['name']}" / "part.parquet"
        _write_rows(table, listed, target)


def _write_rows(table: str, listed: list[dict], target: Path) -> None:
    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_()}
    schema = pa.schema([(c.name, kinds[c.type]) for c in layout.landing_tables()[table]])
    temporary = target.with_name(target.name + ".new")
    pq.write_table(pa.Table.from_pylist(listed, schema), temporary)
    os.replace(temporary, target)  # an older landing may hold the same file under its name


def say_what_happened(entry: dict, opened: OpenSource, changed: list[str], say: Say) -> None:
    """Say of a source what was read, what is absent, and what was mended in each table."""
    name, tables = entry["name"], entry["tables"]
    expected = layout.trinetx_tables() if opened.is_trinetx else layout.cdm_tables()
    absent = [table for table in expected if tables[table]["form"] == "absent"]
    read = len([table for table in changed if table in opened.tables])
    state = f"{read} tables read" if read else "nothing changed, nothing read again"
    say(f"source {name}: {opened.kind}, {state}")
    if absent:
        say(f"source {name}: absent, so taken as empty: {', '.join(absent)}")
    for note in opened.notes:
        say(f"source {name}: {note}")
    totals = {
        key: sum(account[key] for account in tables.values())
        for key in ("rows_in", "rows", "rows_set_aside", "rows_left_out")
    }
    say(
        f"source {name}: {totals['rows_in']:,} rows in = {totals['rows']:,} landed + "
        f"{totals['rows_set_aside']:,} set aside"
        + (f" + {totals['rows_left_out']:,} left out" if totals["rows_left_out"] else "")
    )
    for table in changed:
        if tables[table]["columns_dropped"]:
            dropped = ", ".join(tables[table]["columns_dropped"])
            say(f"source {name}: {table}: columns that the layout lacks, left out: {dropped}")
    for table, account in tables.items():
        said = _said(account)
        if said:
            say(f"source {name}: {table}: {said}")
    shown = opened.unused[: files.SHOWN_UNUSED]
    if shown:
        more = len(opened.unused) - len(shown)
        listed = "; ".join(f"{one.path} ({one.reason})" for one in shown)
        say(f"source {name}: not read: {listed}" + (f"; and {more} more" if more else ""))


def count_set_aside(connection, path: Path, account: RowAccount) -> None:
    """Add the rows that were set aside while the source was opened, by reason."""
    query = "select reason, column_names, count(*) from read_parquet(?) group by all order by all"
    for reason, column, count in rows(connection, query, [glob.escape(str(path))]):
        account.note(NOT_TAKEN, column, reason, count)
        account.rows_set_aside += count
        account.rows_in += count


def _said(account: dict) -> str:
    """What was mended in a table, in words; '' when nothing was."""
    parts = []
    not_taken = [one for one in account["reasons"] if one["action"] == NOT_TAKEN]
    unreadable = account["rows_set_aside"] - sum(one["rows"] for one in not_taken)
    if not_taken:
        listed = "; ".join(f"{one['rows']:,} {one['reason']}" for one in not_taken)
        parts.append(f"rows set aside (listed in qc.rows_set_aside): {listed}")
    if unreadable or account["cells_emptied"]:
        forms = {
            f"{one['column']} like «{one['form']}»" for one in account["reasons"] if one["form"]
        }
        parts.append(
            f"{unreadable:,} rows set aside and {account['cells_emptied']:,} cells "
            f"emptied because they could not be read ({', '.join([*sorted(forms), 'listed'])} in "
            "qc.rows_set_aside)"
        )
    commas = [one["column"] for one in account["reasons"] if one["action"] == "decimal comma read"]
    if commas:
        parts.append(f"a decimal comma is read in {', '.join(commas)}")
    of_texts = [one for one in account["reasons"] if one["action"] == ACTION]
    if of_texts:
        listed = ", ".join(f"{one['column']} in {one['rows']:,} rows" for one in of_texts)
        parts.append(f"ids that are texts got numbers made of them: {listed}")
    for key, words in (
        ("rows_renumbered", "rows numbered anew, because they have no id that is a number"),
        ("ends_capped", "ends of time set to the day the data were cut"),
        ("rows_left_out", "rows left out, of persons outside the cohort"),
    ):
        if account[key]:
            parts.append(f"{account[key]:,} {words}")
    return "; ".join(parts)
