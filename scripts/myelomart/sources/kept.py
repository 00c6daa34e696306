"""Where a landed table stands as it came, after rows were set aside for their quality."""

import os
from pathlib import Path


def landed_path(landing: Path, source: str, table: str) -> Path:
    """The landed table that dbt reads."""
    return landing / table / f"source_name={source}" / "part.parquet"


def kept_path(landing: Path, source: str, table: str) -> Path:
    """The table as it came, where rows of it were set aside."""
    return landing / ".before_quality" / table / f"source_name={source}" / "part.parquet"


def faults_path(landing: Path, source: str, table: str) -> Path:
    """The rows of the table that were set aside for their quality."""
    return landing / "rows_set_aside" / f"source_name={source}" / f"{table}_quality.parquet"


def is_kept(landing: Path, source: str, table: str) -> bool:
    """True when rows of the table were set aside."""
    path = kept_path(landing, source, table)
    return path.exists() or path.is_symlink()


def put_back(landing: Path, source: str, table: str) -> None:
    """Undo what was set aside: the table as it came takes its place again."""
    if is_kept(landing, source, table):
        kept = kept_path(landing, source, table)
        os.replace(kept, landed_path(landing, source, table))
    faults_path(landing, source, table).unlink(missing_ok=True)
