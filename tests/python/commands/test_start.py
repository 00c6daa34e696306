"""The command line starts without what only some commands need."""

import subprocess
import sys

HEAVY = ("dbt", "duckdb", "great_expectations", "numpy", "pandas", "pyarrow", "scipy", "sklearn")


def test_the_help_loads_no_package_that_computes():
    code = f"import sys, myelomart.cli; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
