"""A small CDM made here, as Parquet and as CSV."""

from pathlib import Path

import pytest
from small_cdm import MEASUREMENT, PERSON, write_table


@pytest.fixture
def write():
    return write_table


@pytest.fixture
def small_cdm(tmp_path: Path) -> Path:
    folder = tmp_path / "cdm"
    write_table(PERSON, folder / "person.parquet")
    write_table(MEASUREMENT, folder / "measurement.parquet")
    return folder


@pytest.fixture
def small_csv(tmp_path: Path) -> Path:
    folder = tmp_path / "csv"
    write_table(PERSON, folder / "person.csv", "format csv, header")
    write_table(MEASUREMENT, folder / "measurement.csv", "format csv, header")
    return folder
