"""A new study file made like one that is there: the same protocol under names of its own."""

from __future__ import annotations

import re
from pathlib import Path

from myelomart.errors import MyelomartError
from myelomart.rows.faults import nearest
from myelomart.study_file.entry import NAME
from myelomart.study_file.nodes import Mapped, read_nodes
from myelomart.study_file.rows import definitions, files_in

SCHEMA_LINE = "# yaml-language-server: $schema="


def found_study(name: str, folders: list[Path]) -> Path:
    """The file of the study ``name``, in a site's folder or among ours."""
    files = [file for folder in [*folders, definitions()] for file in files_in(folder)]
    named = {file.stem: file for file in reversed(files) if _named(file, "study")}
    if name not in named:
        raise MyelomartError(f"There is no study «{name}» to begin with; {nearest(name, named)}.")
    return named[name]


def copied(file: Path, name: str, schema: str) -> str:
    """The text of ``file`` as the study ``name``: its cohorts and analyses get names of its own."""
    if not NAME.fullmatch(name):
        raise MyelomartError(f"«{name}» cannot be the name of a study: take a-z, 0-9 and _.")
    text = file.read_text(encoding="utf-8")
    old = _named(file, "study")
    ids = [*_keys(file, "cohorts"), *_keys(file, "analyses")]
    new = {one: _renamed(one, old, name) for one in ids}
    for one in sorted(new, key=len, reverse=True):
        text = re.sub(rf"(?<![\w]){re.escape(one)}(?![\w])", new[one], text)
    text = re.sub(r"^study:.*$", f"study: {name}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^(sort_order|source_document|overrides):.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(rf"^{re.escape(SCHEMA_LINE)}.*\n", "", text)
    return f"{SCHEMA_LINE}{schema}\n{text}"


def _renamed(one: str, old: str, name: str) -> str:
    return name + one.removeprefix(old) if one.startswith(old) else f"{name}_{one}"


def _named(file: Path, key: str) -> str:
    node = read_nodes(file)[0].values.get(key)
    return getattr(node, "text", None) or ""


def _keys(file: Path, key: str) -> list[str]:
    node = read_nodes(file)[0].values.get(key)
    return list(node.values) if isinstance(node, Mapped) else []
