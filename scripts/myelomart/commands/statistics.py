"""`myelomart survival`, `match` and `meta`: the statistics on any CSV or Parquet file."""

import typer


def register(app: typer.Typer) -> None:
    """Add the statistical commands to ``app``."""
