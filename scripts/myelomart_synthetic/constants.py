"""The package's CSV rows, read once: parameters, codes, regimens, outcomes, laboratories."""

import csv
import datetime
from functools import cache
from pathlib import Path

import numpy as np

ROWS = Path(__file__).parent / "rows"
EPOCH = datetime.date(1970, 1, 1)


def day_number(text: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    return (datetime.date.fromisoformat(text) - EPOCH).days


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Every row of `rows/<name>.csv` as a dict of strings."""
    with (ROWS / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
        return tuple(csv.DictReader(handle))


@cache
def column(name: str, field: str, missing: float = np.nan) -> np.ndarray:
    """One numeric column of a row file; an empty cell becomes `missing`."""
    return np.array([float(row[field]) if row[field] else missing for row in rows(name)])


@cache
def position(name: str, key: str) -> dict[str, int]:
    """Row number by the value of a key column."""
    return {row[key]: number for number, row in enumerate(rows(name))}


@cache
def parameter(name: str) -> float:
    """A calibration constant from `parameters.csv`; a date becomes its day number."""
    row = rows("parameters")[position("parameters", "parameter")[name]]
    return float(day_number(row["value"])) if row["unit"] == "date" else float(row["value"])


@cache
def quantile_points(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and values of one quantity in quantiles.csv."""
    found = [row for row in rows("quantiles") if row["quantity"] == name]
    return (
        np.array([float(row["probability"]) for row in found]),
        np.array([float(row["value"]) for row in found]),
    )


def quantile(name: str, uniform: np.ndarray) -> np.ndarray:
    """Values drawn by inverting the piecewise linear distribution of `name`."""
    return np.interp(uniform, *quantile_points(name))
