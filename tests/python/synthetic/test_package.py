"""The network is a laboratory beside the product: `import myelomart` never needs it."""

import re
import subprocess
import sys

from myelomart.project import project_root

SCRIPTS = project_root() / "scripts"
VERBS = {"commands/calibrate.py", "commands/synth.py", "demonstration.py"}


def test_the_command_line_starts_without_the_network():
    said = "import sys, myelomart.cli; print('myelomart_synthetic' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_only_three_verbs_call_the_network():
    package = SCRIPTS / "myelomart"
    callers = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if re.search(r"^\s*(from|import) myelomart_synthetic", file.read_text(), re.MULTILINE)
    }
    assert callers == VERBS


def test_the_network_uses_the_statistics_and_nothing_that_reads_a_warehouse():
    texts = [file.read_text() for file in (SCRIPTS / "myelomart_synthetic").rglob("*.py")]
    used = {
        found.replace(" import ", ".")
        for text in texts
        for found in re.findall(r"^\s*from (myelomart(?:\.| import )\w+)", text, re.MULTILINE)
    }
    files = {f"myelomart.{name}" for name in ("errors", "project", "warehouse", "whole")}
    assert used == files | {"myelomart.matching", "myelomart.survival"}
    asked = {found for text in texts for found in re.findall(r"\bwarehouse\.(\w+)\(", text)}
    assert asked == {"scratch", "literal"}  # a connection to its own files, and no database
