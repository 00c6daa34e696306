"""Checks what has landed, sets aside what cannot be used, and says whether a build may go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from myelomart import warehouse
from myelomart.errors import QualityError
from myelomart.quality import quarantine, report
from myelomart.quality.scan import scan_source
from myelomart.sources import folder as kept

RESULT, PAGE = "quality.json", "quality.html"


def check(landing: Path, manifest: dict) -> dict:
    """Check every source in ``landing``; return the result, which also stands there as two files.

    Nothing is checked again when nothing landed since.
    """
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    before = _read(landing)
    if before.get("manifest") == digest:
        return before
    from myelomart.quality.suites import judge  # Great Expectations takes seconds to import

    counts, set_aside = [], {}
    with warehouse.scratch(spill_to=landing / ".spill") as connection:
        for entry in manifest["sources"]:
            for table in entry["tables"]:
                kept.put_back(landing, entry["name"], table)
            found = scan_source(connection, landing, entry)
            set_aside |= quarantine.set_aside(connection, landing, found)
            counts += found
    verdicts, expectations = judge(counts)
    result = report.as_json(verdicts, manifest, set_aside) | {"manifest": digest}
    report.write_tables(result, landing)
    report.write_json(expectations, landing / "expectations.json")
    report.write_page(result, landing / PAGE)
    report.write_json(result, landing / RESULT)
    return result


def refuse_blocking(result: dict, accept: bool, say: Callable[[str], None]) -> None:
    """Show the result; ``QualityError`` when a blocking check failed and nobody accepted it."""
    report.show(result, say)
    blocking = [one for one in result["checks"] if one["status"] == "blocking"]
    if blocking and not accept:
        first = blocking[0]
        raise QualityError(
            f"{len(blocking)} blocking checks failed, first {first['check'].replace('_', ' ')} of "
            f"{first['table']}.{first['column']} in {first['failing']} of {first['counted']} rows: "
            "look with `myelomart check`, mend the source, or build with --accept-quality to go "
            "on without these rows."
        )


def _read(landing: Path) -> dict:
    try:
        return json.loads((landing / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
