"""A landing that is made beside the one in use and takes its place only when it is whole.

A database's views read its landing, so a build that fails must leave that as it was too.
"""

import os
import shutil
from pathlib import Path

LEFT_OUT = (".lock", ".spill", ".exported")


class LandingSwap:
    """The landing in use, the one that is being made, and the way back."""

    def __init__(self, landing: Path):
        self.landing = landing
        self.new = landing.with_name(landing.name + ".new")
        self._before = landing.with_name(landing.name + ".before")

    def __enter__(self) -> "LandingSwap":
        """Begin with what is landed already, linked and not copied."""
        self._go_back()  # what a build left that was killed
        shutil.rmtree(self.new, ignore_errors=True)
        if self.landing.exists():
            ignored = shutil.ignore_patterns(*LEFT_OUT)
            shutil.copytree(
                self.landing, self.new, symlinks=True, ignore=ignored, copy_function=_link
            )
        return self

    def use(self) -> None:
        """Put the new landing in its place; it stays there unless the build fails."""
        if self.landing.exists():
            os.rename(self.landing, self._before)
        os.rename(self.new, self.landing)

    def __exit__(self, kind, error, traceback) -> None:
        """Keep the new landing after a success; go back after a failure."""
        if kind is None:
            shutil.rmtree(self._before, ignore_errors=True)
        else:
            self._go_back()
        shutil.rmtree(self.new, ignore_errors=True)

    def _go_back(self) -> None:
        if self._before.exists():
            shutil.rmtree(self.landing, ignore_errors=True)
            os.rename(self._before, self.landing)


def _link(source: str, target: str) -> None:
    """Parquet is only ever replaced, so a second name for it is safe; the rest is small."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)
