"""What dbt read of the project, kept for the next build, whatever its database.

dbt compares every file with what it kept before it uses any of it: a stale copy costs time and
changes nothing. No data are in it, only the project.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from myelomart import whole
from myelomart.errors import MyelomartError

PARSED = "partial_parse.msgpack"
READ = ("models", "macros", "seeds", "tests", "analyses", "dbt_project.yml", "profiles.yml")
MOST_KEPT = 16  # installations and rule sets; each takes some 12 MB


def take(target: Path, root: Path, arguments: Sequence[str]) -> bool:
    """Put what was kept of the project ``root`` into dbt's ``target``, if nothing newer is there.

    ``arguments`` are those that change what is parsed. True when no file of the project is newer
    than what now lies in ``target``, so that nothing needs to be parsed.
    """
    parsed, kept = target / PARSED, _kept_at(root, arguments)
    with suppress(OSError):
        if _written(parsed) < _written(kept):
            shutil.copy2(kept, parsed)
    return _written(kept) > 0 and _written(parsed) == _written(kept) > _last_change(root)


def keep(target: Path, root: Path, arguments: Sequence[str]) -> None:
    """Keep what dbt read of the project ``root`` into ``target``; a cache that fails is none."""
    kept = _kept_at(root, arguments)
    with suppress(OSError, MyelomartError):  # another build may be keeping the same
        with whole.file(kept) as new:
            shutil.copy2(target / PARSED, new)
        for old in sorted(kept.parent.glob("*.msgpack"), key=_written)[:-MOST_KEPT]:
            old.unlink()


def _kept_at(root: Path, arguments: Sequence[str]) -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    name = hashlib.sha256("\0".join([str(root), *arguments]).encode()).hexdigest()[:16]
    return Path(cache) / "myelomart" / "parsed" / f"{name}.msgpack"


def _written(file: Path) -> float:
    """When the file was written; 0 where there is none."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _last_change(root: Path) -> float:
    """When a file of the project was last written, made or removed."""
    found = [root / name for name in READ]
    found += [one for folder in found if folder.is_dir() for one in folder.rglob("*")]
    return max(map(_written, found))
