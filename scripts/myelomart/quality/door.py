"""Checks what has landed, sets aside what cannot be used, and says whether a build may go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from myelomart import warehouse
from myelomart.errors import QualityError
from myelomart.private_files import private
from myelomart.quality import quarantine, report
from myelomart.quality.checks import BLOCKING, Check, checks_in_force
from myelomart.quality.scan import scan_source
from myelomart.quality.scanned import Scanned
from myelomart.sources import folder as kept

RESULT, PAGE = "quality.json", "quality.html"


@private()
def check(
    landing: Path, manifest: dict, own_checks: Path | None = None, suites: Path | None = None
) -> dict:
    """Check every source in ``landing``; return the result, which also stands there as two files.

    ``own_checks`` is a folder of rows put over the shipped ones, ``suites`` one of expectations.
    Nothing is checked again when nothing landed since and the checks are the same.
    """
    in_force = checks_in_force(own_checks)
    digest = _digest(manifest, in_force, suites)
    before = _read(landing)
    if before.get("digest") == digest:
        return before
    counts, set_aside, facts, told = [], {}, {}, {}
    with warehouse.scratch([landing], spill_to=landing / ".spill") as connection:
        for entry in manifest["sources"]:
            for table in entry["tables"]:
                kept.put_back(landing, entry["name"], table)
            found, facts[entry["name"]] = scan_source(connection, landing, entry, in_force)
            judged, results = _judged(Scanned(connection, landing, entry), in_force, suites)
            set_aside |= quarantine.set_aside(connection, landing, found)
            counts += found + judged
            told |= results
    result = report.as_json(counts, manifest, set_aside, facts) | {"digest": digest}
    report.write_tables(result, landing)
    if told:
        report.write_json(told, landing / "expectations.json")
    report.write_page(result, landing / PAGE)
    report.write_json(result, landing / RESULT)
    return result


def refuse_blocking(result: dict, accept: bool, say: Callable[[str], None]) -> None:
    """Show the result; ``QualityError`` when a blocking check failed and nobody accepted it."""
    report.show(result, say)
    blocking = [one for one in result["checks"] if one["status"] == BLOCKING]
    if blocking and not accept:
        first = blocking[0]
        raise QualityError(
            f"{len(blocking)} blocking checks failed, first {report.sentence(first)} "
            f"{first['what_to_do']} Look with `myelomart check`, or build with --accept-quality to "
            "go on all the same."
        )


def _judged(scanned: Scanned, checks: tuple[Check, ...], suites: Path | None):
    """What Great Expectations says, where anything asks it."""
    if suites is None and not any(check.expectation for check in checks):
        return [], {}
    from myelomart.quality import expectations

    wanted = expectations.suites_of_checks(checks)
    wanted += expectations.suites_in(suites) if suites else []
    return expectations.judge(scanned, wanted)


def _digest(manifest: dict, checks: tuple[Check, ...], suites: Path | None) -> str:
    """A hash of all that a result depends on."""
    asked = [asdict(check) for check in checks]
    files = sorted(suites.glob("**/*.json")) if suites else []
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    told = json.dumps([manifest, asked, texts], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _read(landing: Path) -> dict:
    try:
        return json.loads((landing / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
