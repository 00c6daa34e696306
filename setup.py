"""Packs the dbt project into the wheel as `myelomart/dbt`; everything else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml", ".dbtignore")
FOLDERS = ("models", "seeds", "macros", "analyses", "tests")
LEFT_OUT = shutil.ignore_patterns(
    "python", "fixtures", "__pycache__"
)  # they prove; nothing runs them


class WithProject(build_py):
    """Copies the dbt project beside the modules; an editable install reads the clone."""

    def run(self):
        """Build the modules, then add the project."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "myelomart", "dbt")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in FILES:
            shutil.copy(ROOT / name, target / name)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, target / name, ignore=LEFT_OUT)


setup(cmdclass={"build_py": WithProject})
