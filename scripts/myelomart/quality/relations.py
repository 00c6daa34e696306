"""What checks look at besides the rows of a table: months, keys, tests of a site, people, codes.

Each relation is a temporary table of the connection that counts, made only when a check in force
asks for it. A row counts once, or ``records`` times where the relation has that column; one with
``person_key`` and ``is_myeloma`` says whom it is about, ``detail`` what is wrong. A CDM and a
TriNetX export differ in the names of their columns alone (``lookups.Columns``).
"""

from __future__ import annotations

from collections.abc import Callable

from myelomart import warehouse
from myelomart.quality.code_relations import coded_records, diagnosis_codes
from myelomart.quality.lab_relations import light_chains, result_texts, tests_of_sites
from myelomart.quality.landed_relations import (
    keys,
    landed_cells,
    landed_columns,
    landed_rows,
    landed_tables,
    months,
    source_facts,
)
from myelomart.quality.people_relations import dead_people, infused_people, myeloma_people
from myelomart.quality.scanned import Scanned


def make_relation(scanned: Scanned, name: str) -> set[str]:
    """Make the relation ``name`` and return its columns."""
    for statement in MAKERS[name](scanned):
        scanned.connection.execute(statement)
    described = warehouse.rows(scanned.connection, f"describe {name}")
    return {column for column, *_ in described}


MAKERS: dict[str, Callable[[Scanned], list[str]]] = {
    "landed_tables": landed_tables,
    "landed_columns": landed_columns,
    "landed_rows": landed_rows,
    "landed_cells": landed_cells,
    "keys": keys,
    "months": months,
    "tests_of_sites": tests_of_sites,
    "light_chains": light_chains,
    "infused_people": infused_people,
    "coded_records": coded_records,
    "diagnosis_codes": diagnosis_codes,
    "myeloma_people": myeloma_people,
    "result_texts": result_texts,
    "dead_people": dead_people,
    "source_facts": source_facts,
}
