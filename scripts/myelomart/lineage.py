"""Which SQL a number comes from: a hash of every model of the `studies` schema and all behind it.

`myelomart build` keeps the hashes beside the landed sources. A hash covers the compiled SQL of the
model, of every model it reads, and the rows of every seed: it changes when any of them does.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FILE = "models.json"
LAYER = "studies"


def keep_lineage(manifest: Path, landing: Path) -> None:
    """Write the hashes of dbt's ``manifest`` into ``landing``; what is not there is not known."""
    if not manifest.exists():
        return
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    hashes: dict[str, str] = {}
    models = {
        node["name"]: _hash(key, nodes, hashes)
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] == LAYER
    }
    text = json.dumps(models, indent=1, sort_keys=True) + "\n"
    (landing / FILE).write_text(text, encoding="utf-8")


def read_lineage(landing: Path) -> dict[str, str]:
    """Model name to hash; empty for a warehouse that dbt built by hand."""
    file = landing / FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _hash(key: str, nodes: dict, hashes: dict[str, str]) -> str:
    """The hash of a node and of all it reads; each is computed once."""
    if key not in hashes:
        node = nodes[key]
        own = node.get("compiled_code") or node.get("checksum", {}).get("checksum", "")
        own = own.replace(f'"{node["database"]}".', "")  # the same SQL in another file is the same
        parents = [one for one in node.get("depends_on", {}).get("nodes", []) if one in nodes]
        whole = [own, *(_hash(one, nodes, hashes) for one in sorted(parents))]
        hashes[key] = hashlib.sha256("\n".join(whole).encode()).hexdigest()
    return hashes[key]
