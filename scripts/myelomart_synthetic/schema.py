"""The columns and types of OMOP CDM v5.4, and tables made to them."""

from functools import cache

import numpy as np
import pyarrow as pa

from myelomart_synthetic.constants import rows

TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


@cache
def table_schema(table: str) -> pa.Schema:
    """The Arrow schema of a CDM table, all columns of v5.4 in the standard's order."""
    fields = [row for row in rows("cdm_columns") if row["cdm_table"] == table]
    return pa.schema([(row["cdm_column"], TYPES[row["type"]]) for row in fields])


def as_table(table: str, columns: dict, size: int) -> pa.Table:
    """A table of `size` rows: arrays as given, scalars repeated, everything else null."""
    schema = table_schema(table)
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise KeyError(f"{table} has no column {sorted(unknown)}")
    return pa.table(
        [as_column(columns.get(field.name), field.type, size) for field in schema], schema=schema
    )


def as_column(values, kind: pa.DataType, size: int) -> pa.Array:
    """One column in its type; integers become dates by days since 1970-01-01."""
    if values is None:
        return pa.nulls(size, kind)
    if isinstance(values, str | int | float):
        if kind == pa.date32():
            return pa.repeat(pa.scalar(values, pa.int32()), size).cast(kind)
        return pa.repeat(pa.scalar(values, kind), size)
    if isinstance(values, pa.DictionaryArray):
        return values.cast(kind)
    if isinstance(values, np.ndarray):
        if kind == pa.date32():
            return pa.array(values.astype(np.int32)).cast(kind)
        if kind in (pa.int32(), pa.int64()) and values.dtype.kind == "f":
            return pa.array(np.nan_to_num(values).astype(np.int64), mask=np.isnan(values)).cast(
                kind
            )
        if kind in (pa.int32(), pa.int64(), pa.float64()):
            return pa.array(values.astype(kind.to_pandas_dtype()), from_pandas=True)
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def words(choices: list[str | None], index: np.ndarray) -> pa.DictionaryArray:
    """A text column as an index into few words; a negative index is null."""
    return pa.DictionaryArray.from_arrays(
        pa.array(np.maximum(index, 0).astype(np.int32), mask=index < 0),
        pa.array(choices, pa.string()),
    )
