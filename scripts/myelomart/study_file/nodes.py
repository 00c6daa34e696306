"""YAML as texts, lists and mappings that know their lines; every text stays as it was written.

`yaml.load` would turn 2021-03-26 into a date and `no` into false, keep the last of two equal keys,
and forget the lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from myelomart.rows.declared import LOADER
from myelomart.rows.faults import Fault, Place

DEEPEST = 40
MERGE = "tag:yaml.org,2002:merge"
NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Text:
    """A scalar as it was written; None for an empty one."""

    text: str | None
    line: int


@dataclass(frozen=True)
class Listed:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Mapped:
    """A mapping, in its order; `key_lines` are the lines of its keys."""

    values: dict[str, Node]
    line: int
    key_lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of ``key``; that of the mapping when it has none."""
        return self.key_lines.get(key, self.line)


Node = Text | Listed | Mapped


def read_nodes(file: Path) -> tuple[Mapped, list[Fault]]:
    """What ``file`` says, and what is wrong with it as YAML."""
    faults: list[Fault] = []
    empty = Mapped({}, 1)
    try:
        root = yaml.compose(file.read_text(encoding="utf-8-sig"), LOADER)
    except UnicodeDecodeError:
        return empty, [Fault(Place(file, 1), "is not UTF-8: save it as UTF-8")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"is no YAML: {error.problem or error.context}"
        return empty, [Fault(Place(file, mark.line + 1 if mark else 1), said)]
    except yaml.YAMLError:
        return empty, [Fault(Place(file, 1), "is no YAML: it has a sign that no text may hold")]
    if not isinstance(root, yaml.MappingNode):
        return empty, [Fault(Place(file, 1), "is no study: write keys such as study: and title:")]
    return _Converter(file, faults).mapped(root, 0), faults


class _Converter:
    """Turns composed nodes into ours, and notes keys that are written twice."""

    def __init__(self, file: Path, faults: list[Fault]):
        self.file, self.faults = file, faults
        self.made: dict[int, Node] = {}

    def node(self, node: yaml.Node, depth: int) -> Node:
        if id(node) not in self.made:
            self.made[id(node)] = self._new(node, depth)
        return self.made[id(node)]

    def _new(self, node: yaml.Node, depth: int) -> Node:
        line = node.start_mark.line + 1
        if depth > DEEPEST:
            self.faults.append(Fault(Place(self.file, line), "is nested too deeply, or in itself"))
            return Text(None, line)
        if isinstance(node, yaml.MappingNode):
            return self.mapped(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return Listed(tuple(self.node(one, depth + 1) for one in node.value), line)
        return Text(None if node.tag == NULL else " ".join(node.value.split()), line)

    def mapped(self, node: yaml.MappingNode, depth: int) -> Mapped:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        merged: list[Mapped] = []
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == MERGE:
                found = self.node(value, depth + 1)
                many = found.items if isinstance(found, Listed) else (found,)
                merged += [one for one in many if isinstance(one, Mapped)]
                continue
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name in lines:
                said = f"«{name}» is written twice here, first in line {lines[name]}"
                self.faults.append(Fault(Place(self.file, line), said))
                continue
            values[name], lines[name] = self.node(value, depth + 1), line
        for other in merged:
            values = values | {k: one for k, one in other.values.items() if k not in values}
        return Mapped(values, node.start_mark.line + 1, lines)
