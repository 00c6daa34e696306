"""The steps of a build: the SQL of each seed, table, view and data test, as dbt compiled it.

dbt needs a minute to read and compile the project, and a tenth of a second for each of its 700
nodes, whatever the data. So it compiles once, and what it compiled is kept for the next build in
the user's cache, under the hash of every file that SQL comes from. Rows of seeds are no such file:
they are read when the build runs. No data are kept, only the project.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path

from myelomart import whole
from myelomart.errors import MyelomartError

SOURCES = ("models", "macros", "seeds", "tests", "dbt_project.yml")
READ = (".sql", ".yml", ".md", ".csv")  # what dbt reads of them
COMPILERS = ("myelomart", "dbt-core", "dbt-duckdb")
# what stands in the compiled SQL where a build has its own folder, and the rule set in force
LANDING, RULE_SET = "<landing>", "<rule set>"
MOST_KEPT = 16  # projects; each takes some 2 MB
MADE = ("seed", "table", "view")


@dataclass(frozen=True)
class Step:
    """One node of the project: what is run, what it reads, and what is said of it.

    ``kind`` is seed, table, view, test, or ephemeral, which is part of the SQL of others.
    ``columns`` are the names and types of a contract or a seed, ``comments`` what names of columns
    mean: of its own, and of any other in its idea.
    """

    node_id: str
    kind: str
    schema: str
    name: str
    file: str
    sql: str = ""
    reads: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    checksum: str = ""
    description: str = ""
    comments: dict[str, str] = field(default_factory=dict)

    def over(self, landing: Path, rule_set: str) -> Step:
        """The step that reads ``landing``, with ``rule_set`` in force."""
        folder = glob.escape(str(landing)).replace("'", "''")
        sql = self.sql.replace(LANDING, folder).replace(RULE_SET, rule_set.replace("'", "''"))
        return replace(self, sql=sql)

    def own_hash(self, root: Path, rule_set: str) -> str:
        """The hash of what it runs, or of the rows of a seed, wherever the landing lies."""
        of = self.checksum
        if self.kind == "seed":
            text = (root / self.file).read_text(encoding="utf-8").strip()
            of = hashlib.sha256(text.encode()).hexdigest()
        elif self.kind != "ephemeral":
            of = self.sql.replace(f"{LANDING}/", "").replace(RULE_SET, rule_set)
        return hashlib.md5(of.encode(), usedforsecurity=False).hexdigest()  # as dbt's local_md5

    @property
    def table(self) -> str:
        """Its name in the database."""
        return f'"{self.schema}"."{self.name}"'


def steps_of(manifest: dict) -> list[Step]:
    """The steps in an order in which each finds what it reads; a test comes as early as it can."""
    words = _words_of_ideas(manifest)
    nodes = {
        node_id: _step(node, words)
        for node_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("seed", "model", "test")
    }
    sorter = TopologicalSorter({key: [*_made(nodes, step.reads)] for key, step in nodes.items()})
    sorter.prepare()
    ordered: list[Step] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda key: (nodes[key].kind != "test", key))
        ordered += [nodes[key] for key in ready]
        sorter.done(*ready)
    return ordered


def take(root: Path) -> list[Step] | None:
    """What was kept of the project ``root`` as its files are now; None if nothing was."""
    with suppress(OSError, ValueError, TypeError):
        kept = _kept_at(root)
        steps = json.loads(kept.read_text(encoding="utf-8"))
        os.utime(kept)
        return [Step(**one) for one in steps]
    return None


def keep(steps: list[Step], root: Path) -> None:
    """Keep ``steps`` for the next build; a cache that cannot be written is none."""
    with suppress(OSError, MyelomartError):  # another build may be keeping the same
        kept = _kept_at(root)
        with whole.file(kept) as new:
            new.write_text(json.dumps([asdict(one) for one in steps]), encoding="utf-8")
        by_use = sorted(kept.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)
        for old in by_use[:-MOST_KEPT]:
            old.unlink()


def _words_of_ideas(manifest: dict) -> dict[str, dict[str, str]]:
    """What a column's name means in each idea (dbt's group): in a mart of it, else in a model."""
    words: dict[str, dict[str, str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["config"].get("group"):
            own = words.setdefault(node["config"]["group"], {})
            told = _told(node)
            own |= told if node["access"] == "public" else {**told, **own}
    return words


def _told(node: dict) -> dict[str, str]:
    return {
        one["name"]: one["description"] for one in node["columns"].values() if one["description"]
    }


def _step(node: dict, words: dict[str, dict[str, str]]) -> Step:
    kind = node["resource_type"]
    columns = node["columns"].values()
    types = node["config"].get("column_types") or {}
    if kind == "model":
        kind = node["config"]["materialized"]
        is_contract = node["contract"]["enforced"]
        types = {one["name"]: one["data_type"] for one in columns} if is_contract else {}
    return Step(
        node["unique_id"],
        kind,
        node["schema"],
        node["alias"],
        node["original_file_path"],
        (node.get("compiled_code") or "").replace(f'"{node["database"]}".', ""),
        node["depends_on"].get("nodes", []),
        types,
        node["checksum"]["checksum"],
        node["description"],
        words.get(node["config"].get("group"), {}) | _told(node),
    )


def _made(nodes: dict[str, Step], reads: list[str]) -> Iterator[str]:
    return (one for one in reads if one in nodes)


def _kept_at(root: Path) -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    digest = hashlib.sha256("\0".join(map(version, COMPILERS)).encode())
    for file in _files(root):
        digest.update(f"\0{file.relative_to(root)}\0".encode())
        if file.suffix != ".csv":
            digest.update(file.read_bytes())
    return Path(cache) / "myelomart" / "steps" / f"{digest.hexdigest()[:24]}.json"


def _files(root: Path) -> list[Path]:
    found = [root / name for name in SOURCES]
    within = [one for folder in found if folder.is_dir() for one in folder.rglob("*")]
    return sorted(one for one in [*found, *within] if one.suffix in READ and one.is_file())
