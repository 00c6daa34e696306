"""What the last build of a database made, so that the next one makes only what would differ.

Each step has a hash of its SQL, of the rows of its seed, and of all that it reads. The hashes stand
beside the database, with what tells whether it is still the one that the build left: where anybody
wrote to it since, or it reads another landing, everything is made again.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

import duckdb

from myelomart import whole
from myelomart.steps import Step

FILE = "made.json"


def hashes_of(steps: list[Step], root: Path, rule_set: str) -> dict[str, str]:
    """The hash of each step of the project ``root``; ``steps`` are in the order of a build."""
    hashes: dict[str, str] = {}
    for step in steps:
        behind = [hashes[one] for one in sorted(step.reads) if one in hashes]
        own = [step.kind, step.table, step.own_hash(root, rule_set), step.columns, behind]
        hashes[step.node_id] = hashlib.sha256(json.dumps(own).encode()).hexdigest()
    return hashes


def keep(beside: Path, database: Path, landing: Path, hashes: dict[str, str]) -> None:
    """Note that ``database`` is as steps with these hashes made it of ``landing``.

    A note that cannot be written is none: the next build makes everything again.
    """
    told = _state(database, landing) | {"hashes": hashes}
    with suppress(OSError):
        whole.write_text(beside / FILE, json.dumps(told))


def take(beside: Path, database: Path, landing: Path) -> dict[str, str]:
    """The hashes of what stands in ``database``; none where it is not as the last build left it."""
    with suppress(OSError, ValueError):
        told = json.loads((beside / FILE).read_text(encoding="utf-8"))
        if told | _state(database, landing) == told:
            return told["hashes"]
    return {}


def _state(database: Path, landing: Path) -> dict:
    status = database.stat()
    return {
        "database": [status.st_ino, status.st_size, status.st_mtime_ns],
        "landing": landing.name,
        "duckdb": duckdb.__version__,
    }
