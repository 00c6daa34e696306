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
    used = {
        found
        for file in (SCRIPTS / "myelomart_synthetic").rglob("*.py")
        for found in re.findall(r"^\s*from (myelomart\.\w+)", file.read_text(), re.MULTILINE)
    }
    files = {"myelomart.errors", "myelomart.project"}  # where the seeds are; no warehouse
    assert used <= files | {"myelomart.matching", "myelomart.survival"}
