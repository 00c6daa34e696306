"""Sections of a study put together: what repeats one analysis is one block with a switch."""

from __future__ import annotations

from dataclasses import dataclass

from myelomart.display.titles import told_apart
from myelomart.report.sections import Figure, Section


@dataclass(frozen=True)
class Block:
    """One place on the page: one analysis, or the same analysis of several groups or times."""

    title: str
    output_id: str
    variants: tuple[Section, ...]
    labels: tuple[str, ...]  # of the switch, one per variant

    @property
    def anchor(self) -> str:
        """Where the block is: at its first variant."""
        return self.variants[0].anchor

    @property
    def shared(self) -> list[Figure]:
        """The figures of all its versions, where their panels are joined in those of the first."""
        first, *others = self.variants
        return first.figures if others and not any(one.figures for one in others) else []

    @property
    def is_small(self) -> bool:
        """Whether it has versions, and their figures fit beside each other on paper."""
        return len(self.variants) > 1 and all(
            one.figures and not any(figure.is_wide for figure in one.figures)
            for one in self.variants
        )

    @property
    def is_missing(self) -> bool:
        """Whether nothing of it could be made."""
        return all(one.missing for one in self.variants)


def blocks(sections: list[Section]) -> list[Block]:
    """Sections by output, then by kind of analysis, each in the order of its first."""
    by_kind: dict[tuple[str, str], list[Section]] = {}
    for one in sections:
        by_kind.setdefault((one.output_id, one.analysis_type), []).append(one)
    outputs = list(dict.fromkeys(one.output_id for one in sections))
    ordered = sorted(by_kind.items(), key=lambda item: outputs.index(item[0][0]))
    return [_block(output_id, tuple(own)) for (output_id, _), own in ordered]


def _block(output_id: str, own: tuple[Section, ...]) -> Block:
    title, labels = told_apart([one.title for one in own])
    return Block(title, output_id, own, tuple(labels))
