"""What a warehouse was made of: the files that were read, and a hash of the SQL behind each model.

A build keeps both in the warehouse (`making.py`; for dbt, `macros/keep_origin.sql`). A model's hash
covers its compiled SQL, that of every model it reads, and the rows of every seed: it changes when
any of them does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import duckdb

from myelomart import warehouse

LAYER = "studies"
OWN_TABLES = ("built_nodes", "built_from")  # what a warehouse says of itself: no model makes them
KEPT = """
    select count(*) from information_schema.tables
    where table_schema = ? and list_contains(?, table_name)
"""


@dataclass(frozen=True)
class Origin:
    """Model of the `studies` schema to the hash of its SQL; the manifest; hashes of seeds."""

    models: dict[str, str] = field(default_factory=dict)
    landed: dict = field(default_factory=dict)
    seeds: dict[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, list[str]]:
        """The content hashes of every file that was read, by source and table; no paths."""
        return {
            f"{source['name']}.{table}": sorted(file["sha256"] for file in what["files"])
            for source in self.landed.get("sources", [])
            for table, what in source["tables"].items()
            if what["files"]
        }


def read_origin(connection: duckdb.DuckDBPyConnection) -> Origin:
    """What the warehouse says of itself; empty where an older version built it."""
    if warehouse.value(connection, KEPT, [LAYER, list(OWN_TABLES)]) < len(OWN_TABLES):
        return Origin()
    nodes = warehouse.rows(
        connection,
        "select node_id, schema_name, node_name, sql_hash, reads from studies.built_nodes",
    )
    (landed,) = warehouse.rows(connection, "select manifest from studies.built_from")[0]
    own = {node_id: (sql_hash, reads) for node_id, _, _, sql_hash, reads in nodes}
    hashes: dict[str, str] = {}
    models = {
        name: _whole_hash(node_id, own, hashes)
        for node_id, schema, name, _, _ in sorted(nodes)
        if schema == LAYER and node_id.startswith("model.")
    }
    seeds = {node_id: own[node_id][0] for node_id in sorted(own) if node_id.startswith("seed.")}
    return Origin(models, json.loads(landed), seeds)


def _whole_hash(node_id: str, own: dict[str, tuple[str, list[str]]], hashes: dict[str, str]) -> str:
    """The hash of a node and of all it reads; each is computed once."""
    if node_id not in hashes:
        sql_hash, reads = own[node_id]
        behind = [_whole_hash(one, own, hashes) for one in sorted(set(reads)) if one in own]
        hashes[node_id] = hashlib.sha256("\n".join([sql_hash, *behind]).encode()).hexdigest()
    return hashes[node_id]
