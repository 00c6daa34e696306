"""Prints how large the house is: models, longest chain, lines, the way of a drug row, grains.

    python bench/structure.py [target/manifest.json]

Reads a dbt manifest (`dbt parse` writes one) and the files of the repository; changes nothing.
"""

import json
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def tracked_lines(*patterns: str) -> int:
    """Lines of the tracked files that match."""
    names = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    return sum(len((ROOT / name).read_text().splitlines()) for name in names)


def main(manifest_file: Path) -> None:
    """Print the figures, one per line."""
    manifest = json.loads(manifest_file.read_text())
    nodes = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    parents = {
        key: [parent for parent in node["depends_on"]["nodes"] if parent in nodes]
        for key, node in nodes.items()
    }

    @cache
    def longest(key: str) -> tuple[str, ...]:
        ways = [longest(parent) for parent in parents[key]]
        return (*max(ways, key=len, default=()), key)

    chain = max((longest(key) for key in nodes), key=len)
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node.get("test_metadata", {}).get("name") == "grain"
    }
    untested = [
        node["name"]
        for key, node in nodes.items()
        if key not in tested and node["config"]["materialized"] != "ephemeral"
    ]
    readers = defaultdict(set)
    for node in nodes.values():
        if node["path"].startswith("clinical/"):
            idea = node["path"].split("/")[1]
            for parent in node["depends_on"]["nodes"]:
                if parent in nodes and nodes[parent]["path"].startswith("clinical/"):
                    readers[nodes[parent]["path"].split("/")[1]].add(idea)
    pairs = [(a, b) for a in readers for b in readers[a] if a < b and a in readers.get(b, ())]
    print(f"models: {len(nodes)}")
    print(f"longest chain: {len(chain)}: {' → '.join(nodes[key]['name'] for key in chain)}")
    print(f"lines of SQL in models: {tracked_lines('models/*.sql')}")
    print(f"lines of SQL, Python, YAML: {tracked_lines('*.sql', '*.py', '*.yml')}")
    print(f"tables without a tested grain: {len(untested)} {' '.join(untested)}")
    print(f"pairs of ideas that read each other: {len(pairs)}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "manifest.json"))
