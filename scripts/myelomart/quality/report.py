"""What the checks found: quality.json, one static page, and a table on the terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pandas as pd
from jinja2 import Environment
from rich.table import Table
from rich.text import Text

from myelomart import __version__
from myelomart.quality.checks import BLOCKING, NOTED, PASSED, WARNING, Count

ORDER = (BLOCKING, WARNING, NOTED, PASSED)
STYLES = {BLOCKING: "bold red", WARNING: "yellow", NOTED: "cyan", PASSED: "green"}
# what the warehouse keeps of a check, and under which name
KEPT_COLUMNS = {
    "table": "table_name", "column": "column_name", "check": "check_name", "category": "category",
    "level": "level", "severity": "severity", "threshold": "threshold", "status": "status",
    "counted": "counted", "failing": "failing", "share": "share", "persons": "person_count",
    "myeloma_persons": "myeloma_person_count", "meaning": "meaning", "what_to_do": "what_to_do",
}  # fmt: skip


def as_json(counts: list[Count], manifest: dict, set_aside: dict, facts: dict[str, dict]) -> dict:
    """Everything that was checked, as one object: counts, verdicts and meanings, never a row."""
    return {
        "version": __version__,
        "sources": [
            {"name": entry["name"], "format": entry["format"], "location": entry["location"]}
            | facts[entry["name"]]
            for entry in manifest["sources"]
        ],
        "summary": {status: sum(one.status == status for one in counts) for status in ORDER},
        "rows_set_aside": [
            {"source": source, "table": table, "rows": rows}
            for (source, table), rows in sorted(set_aside.items())
        ],
        "checks": [
            _check_as_json(count)
            for count in sorted(
                counts, key=lambda one: (ORDER.index(one.status), one.source, one.check.check_id)
            )
        ],
    }


def write_page(result: dict, path: Path) -> None:
    """One HTML file without network, script or outside style."""
    template = resources.files("myelomart.quality").joinpath("page.html.j2").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    path.write_text(page.render(order=ORDER, words=words, **result), encoding="utf-8")


def write_json(result: dict, path: Path) -> None:
    """The result as one JSON file."""
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def write_tables(result: dict, landing: Path) -> None:
    """The checks as a landed table of each source, for the warehouse to keep."""
    frame = pd.DataFrame(result["checks"])
    counted = ["persons", "myeloma_persons"]
    frame[counted] = frame[counted].astype("Int64")
    for source, checks in frame.groupby("source"):
        folder = landing / "quality_checks" / f"source_name={source}"
        kept = checks[list(KEPT_COLUMNS)].rename(columns=KEPT_COLUMNS)
        kept["column_name"] = kept["column_name"].replace("", None)
        kept.to_parquet(folder / "part.parquet.new", index=False)
        os.replace(folder / "part.parquet.new", folder / "part.parquet")


def show(result: dict, say: Callable) -> None:
    """The sources and the checks that did not pass, on the terminal."""
    for source in result["sources"]:
        say(f"source {source['name']}: {about(source)}")
    summary = result["summary"]
    found = [one for one in result["checks"] if one["status"] != PASSED]
    if found:
        table = Table("", "source", box=None, padding=(0, 1))
        for name in ("table", "what is wrong"):
            table.add_column(name, overflow="fold", no_wrap=name == "table")
        for name in ("rows", "of", "people", "with myeloma"):
            table.add_column(name, justify="right")
        for one in found:
            table.add_row(
                Text(one["status"], STYLES[one["status"]]), one["source"], one["table"],
                words(one), f"{one['failing']:,}", f"{one['counted']:,}",
                _number(one["persons"]), _number(one["myeloma_persons"]),
            )  # fmt: skip
        say(table)
    for one in result["checks"]:
        if one["status"] == BLOCKING:
            say(f"blocking: {sentence(one)} {one['what_to_do']}")
    for taken in result["rows_set_aside"]:
        say(
            f"source {taken['source']}: {taken['rows']:,} rows of {taken['table']} set aside "
            "(listed in qc.rows_set_aside)"
        )
    say("quality: " + ", ".join(f"{summary[status]} {status}" for status in ORDER))


def about(source: dict) -> str:
    """What a source is, in a line."""
    released = source["release_date"]
    when = f"released {released}" if released else "no release date"
    return (
        f"{source['format']}, {when}, records until {source['last_record_date'] or 'no day'}; "
        f"{source['rows']:,} rows, {source['persons']:,} people, "
        f"{source['persons_with_myeloma']:,} patients with myeloma"
    )


def words(one: dict) -> str:
    """What is wrong when the check fails, in words: «date is impossible (measurement_date)»."""
    column = f" ({one['column']})" if one["column"] else ""
    return one["check"].replace("_", " ") + column


def sentence(one: dict) -> str:
    """A failed check as a sentence: where, what, how many rows, people and people with myeloma."""
    touched = ""
    if one["persons"] is not None:
        touched = (
            f", {one['persons']:,} people touched, {one['myeloma_persons']:,} of them with myeloma"
        )
    detail = f": {one['detail']}" if one["detail"] else ""
    return (
        f"{one['table']}: {words(one)} in {one['failing']:,} of {one['counted']:,} "
        f"({100 * one['share']:.1f} %){touched}{detail}. {one['meaning']}"
    )


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _check_as_json(count: Count) -> dict:
    check = count.check
    return {
        "source": count.source,
        "id": check.check_id,
        "table": check.table_name,
        "column": check.column_name,
        "check": check.check_name,
        "category": check.category,
        "level": check.level,
        "severity": check.severity,
        "threshold": check.threshold,
        "threshold_myeloma": check.threshold_myeloma,
        "status": count.status,
        "counted": count.counted,
        "failing": count.failing,
        "share": round(count.share, 6),
        "persons": count.persons,
        "myeloma_persons": count.myeloma_persons,
        "myeloma_share": None if count.persons is None else round(count.myeloma_share, 6),
        "detail": count.detail,
        "meaning": check.meaning,
        "what_to_do": check.what_to_do,
        "changed_by": check.changed_by,
    }
