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

from myelomart import __version__
from myelomart.quality.suites import NOTED, PASSED, Verdict

ORDER = ("blocking", "warning", NOTED, PASSED)
STYLES = {"blocking": "bold red", "warning": "yellow", NOTED: "cyan", PASSED: "green"}


def as_json(verdicts: list[Verdict], manifest: dict, set_aside: dict) -> dict:
    """Everything that was checked, as one object: counts, verdicts and meanings, never a row."""
    return {
        "version": __version__,
        "sources": [
            {"name": entry["name"], "format": entry["format"], "location": entry["location"]}
            for entry in manifest["sources"]
        ],
        "summary": {status: sum(one.status == status for one in verdicts) for status in ORDER},
        "rows_set_aside": [
            {"source": source, "table": table, "rows": rows}
            for (source, table), rows in sorted(set_aside.items())
        ],
        "checks": [_check_as_json(verdict) for verdict in _sorted(verdicts)],
    }


def write_page(result: dict, path: Path) -> None:
    """One HTML file without network, script or outside style."""
    template = resources.files("myelomart.quality").joinpath("page.html.j2").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    path.write_text(page.render(order=ORDER, **result), encoding="utf-8")


def write_json(result: dict, path: Path) -> None:
    """The result as one JSON file."""
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def write_tables(result: dict, landing: Path) -> None:
    """The checks as a landed table of each source, for the warehouse to keep."""
    frame = pd.DataFrame(result["checks"]).rename(
        columns={"table": "table_name", "column": "column_name", "check": "check_name"}
    )
    for source, checks in frame.groupby("source"):
        folder = landing / "quality_checks" / f"source_name={source}"
        checks.drop(columns="source").to_parquet(folder / "part.parquet.new", index=False)
        os.replace(folder / "part.parquet.new", folder / "part.parquet")


def show(result: dict, say: Callable) -> None:
    """The checks that did not pass, on the terminal."""
    summary = result["summary"]
    found = [one for one in result["checks"] if one["status"] != PASSED]
    if found:
        table = Table("", "source", "table", "check", "rows", "of", box=None, padding=(0, 1))
        for one in found:
            name = f"{one['check'].replace('_', ' ')}" + (
                f" ({one['column']})" if one["column"] else ""
            )
            table.add_row(
                f"[{STYLES[one['status']]}]{one['status']}[/]", one["source"], one["table"], name,
                f"{one['failing']:,}", f"{one['counted']:,}",
            )  # fmt: skip
        say(table)
    for taken in result["rows_set_aside"]:
        say(
            f"source {taken['source']}: {taken['rows']:,} rows of {taken['table']} set aside "
            "(listed in qc.rows_set_aside)"
        )
    say("quality: " + ", ".join(f"{summary[status]} {status}" for status in ORDER))


def _sorted(verdicts: list[Verdict]) -> list[Verdict]:
    return sorted(
        verdicts,
        key=lambda one: (ORDER.index(one.status), one.count.source, one.count.check.id),
    )


def _check_as_json(verdict: Verdict) -> dict:
    count, check = verdict.count, verdict.count.check
    return {
        "source": count.source,
        "table": check.table,
        "column": check.column,
        "check": check.name,
        "category": check.category,
        "level": check.level,
        "severity": check.severity,
        "threshold": check.threshold,
        "status": verdict.status,
        "counted": count.counted,
        "failing": count.failing,
        "share": round(count.share, 6),
        "meaning": check.meaning,
    }
