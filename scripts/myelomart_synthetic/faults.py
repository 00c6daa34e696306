"""Planted faults: rows of faults.csv applied to rows that a hash picks, each one written down."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from myelomart_synthetic.constants import day_number, rows
from myelomart_synthetic.streams import Streams

KEYS = {"death": "person_id", "observation_period": "observation_period_id"}


def key_of(table: str) -> str:
    """The identifying column of a CDM table."""
    return KEYS.get(table, f"{table}_id")


def plant_faults(
    tables: dict[str, pa.Table], myeloma: np.ndarray, seed: int
) -> tuple[dict[str, pa.Table], pa.Table]:
    """The tables with faults, and one row for each: fault, table, column, row id, old, new.

    A row carries one fault at most, and the rows behind it that `kept_beside` counts carry none: a
    fault that shows by its neighbours needs them as they were. `myeloma` holds the person ids with
    myeloma.
    """
    tables, found = dict(tables), []
    touched: dict[str, np.ndarray] = {}
    original = {name: tables[name] for name in {row["cdm_table"] for row in rows("faults")}}
    died = deaths(tables)
    for row in rows("faults"):
        name, field = row["cdm_table"], row["cdm_column"]
        table = original[name]
        ids = table[key_of(name)].to_numpy()
        taken = touched.setdefault(name, np.zeros(len(ids), dtype=bool))
        drawn = Streams(seed, ids).uniform(f"fault/{row['fault']}")
        chosen = (drawn < float(row["share"])) & ~taken & eligible(table, row, myeloma, died)
        if row["action"] == "copy_previous":
            chosen[:1] = False
            person = table["person_id"].to_numpy()
            chosen[1:] &= (person[1:] == person[:-1]) & ~taken[:-1]
            chosen[1:] &= ~chosen[:-1]
        beside = range(1, int(row["kept_beside"] or 0) + 1)
        for step in beside:
            chosen[:-step] &= ~taken[step:]
        where = np.flatnonzero(chosen)
        if not len(where):
            continue
        for step in (0, *beside):
            taken[np.minimum(where + step, len(taken) - 1)] = True
        for target, values in changes(table, row, where, died).items():
            before = tables[name][target]
            position = tables[name].schema.get_field_index(target)
            new = replaced(before, where, values)
            tables[name] = tables[name].set_column(position, tables[name].schema.field(target), new)
            if target == field:
                found.append(
                    pa.table(
                        {
                            "fault": [row["fault"]] * len(where),
                            "cdm_table": [name] * len(where),
                            "cdm_column": [field] * len(where),
                            "row_id": ids[where],
                            "person_id": table["person_id"].to_numpy()[where],
                            "value_before": before.take(pa.array(where)).cast(pa.string()),
                            "value_after": new.take(pa.array(where)).cast(pa.string()),
                        }
                    )
                )
    return tables, pa.concat_tables([part.combine_chunks() for part in found]) if found else None


def deaths(tables: dict[str, pa.Table]) -> dict[str, np.ndarray]:
    """Person ids with a recorded death, sorted, and the days."""
    person = tables["death"]["person_id"].to_numpy()
    day = tables["death"]["death_date"].cast(pa.int32()).to_numpy()
    order = np.argsort(person)
    return {"person": person[order], "day": day[order]}


def eligible(table: pa.Table, row: dict[str, str], myeloma: np.ndarray, died) -> np.ndarray:
    """Rows on which the fault makes sense."""
    person = table["person_id"].to_numpy()
    if row["where_column"]:
        return pc.equal(table[row["where_column"]], row["where_value"]).to_numpy(
            zero_copy_only=False
        )
    if row["where_value"] == "background":
        return ~np.isin(person, myeloma)
    if row["where_value"] == "dead":
        return np.isin(person, died["person"])
    return np.ones(table.num_rows, dtype=bool)


def changes(table: pa.Table, row: dict[str, str], where: np.ndarray, died) -> dict[str, pa.Array]:
    """New values by column for the chosen rows."""
    field, action, value = row["cdm_column"], row["action"], row["value"]
    kind = table.schema.field(field).type
    if action == "copy_previous":
        return {field: table[field].take(pa.array(where - 1)).combine_chunks()}
    if action == "set_date":
        return {field: as_dates(np.full(len(where), day_number(value)))}
    if action == "before_start":
        start = table[value].cast(pa.int32()).to_numpy()[where]
        return {field: as_dates(start - 10)}
    if action == "after_death":
        person = table["person_id"].to_numpy()[where]
        day = died["day"][np.searchsorted(died["person"], person)]
        return {field: as_dates(day + int(value))}
    if action == "times":
        return {field: pa.array(table[field].to_numpy()[where] * float(value), kind)}
    if action == "unit_gone":
        empty = pa.nulls(len(where), pa.string())
        return {field: pa.nulls(len(where), kind), "unit_source_value": empty}
    if action == "set_text":
        return {field: pa.array([value] * len(where), kind)}
    return {field: pa.array(np.full(len(where), float(value)).astype(np.int64)).cast(kind)}


def as_dates(days: np.ndarray) -> pa.Array:
    """Dates from day numbers."""
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def replaced(before: pa.ChunkedArray, where: np.ndarray, values: pa.Array) -> pa.ChunkedArray:
    """The column with the values at `where` replaced."""
    mask = np.zeros(len(before), dtype=bool)
    mask[where] = True
    whole = before.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return pa.chunked_array([pc.replace_with_mask(whole, pa.array(mask), values)], before.type)
