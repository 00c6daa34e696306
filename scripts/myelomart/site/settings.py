"""`myelomart.toml`: what a site's commands take when an option does not say otherwise."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myelomart.errors import MyelomartError
from myelomart.rows.faults import nearest

SETTINGS = "myelomart.toml"
STUDIES, CODES, RULES, CHECKS = "studies", "codes", "rules", "checks"
KEYS = {"source": list, "database": str, "rule_set": str, "policy": str}
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True)
class Site:
    """A site's folder and what its settings say."""

    folder: Path
    said: dict[str, Any]

    def defaults(self) -> dict[str, Any]:
        """The value of each option that the settings give; paths are those of the folder."""
        found = {key: self.said[key] for key in ("rule_set", "policy") if key in self.said}
        if "source" in self.said:
            found["source"] = [self._source(text) for text in self.said["source"]]
        if "database" in self.said:
            found["db"] = str(self.folder / self.said["database"])
        if any((self.folder / CHECKS).glob("*.csv")):
            found["checks"] = str(self.folder / CHECKS)
        return found

    def _source(self, text: str) -> str:
        """A source with its path beside the settings: `DIR`, `NAME=DIR`, or an address as it is."""
        name, sign, path = text.rpartition("=") if re.match(r"\w+=", text) else ("", "", text)
        return text if ADDRESS.match(path) else f"{name}{sign}{(self.folder / path).resolve()}"


def read_site(folder: Path) -> Site:
    """The site in ``folder``; an error where it is none, or its settings cannot be used."""
    file = folder / SETTINGS
    if not file.is_file():
        raise MyelomartError(f"{folder} holds no {SETTINGS}: make a folder with `myelomart init`.")
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MyelomartError(f"{file} is no TOML: {error}.") from error
    if isinstance(said.get("source"), str):
        said["source"] = [said["source"]]
    for key, value in said.items():
        if key not in KEYS:
            raise MyelomartError(f"{file}: there is no setting {key}; {nearest(key, KEYS)}.")
        texts = value if isinstance(value, list) else [value]
        if not isinstance(value, KEYS[key]) or not all(isinstance(one, str) for one in texts):
            raise MyelomartError(f'{file}: {key} is a text in quotes, as {key} = "…".')
    return Site(folder.resolve(), said)
