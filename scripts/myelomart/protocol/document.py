"""The protocol as a whole: its parts in order, and the same as Markdown, JSON and plain text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from myelomart.display.table import Table
from myelomart.protocol import administration, analyses, design, measures, population
from myelomart.protocol.checklist import checklists
from myelomart.protocol.part import Links, Part, anchor
from myelomart.study import Study

Sources = Iterable[Mapping[str, object]]
Content = tuple[tuple[str, ...], tuple[Table, ...]]


def sections(study: Study, sources: Sources = ()) -> list[Part]:
    """The parts of the protocol in order; ``sources`` are what the sources say of themselves."""
    contents = _contents(study, tuple(sources))
    parts = {
        key: Part(key, anchor(study.study_id, key), title, paragraphs, tables)
        for key, (title, (paragraphs, tables)) in contents.items()
    }
    tables = tuple(checklists(study, parts, administration.FIELDS))
    made = Part("checklists", anchor(study.study_id, "checklists"), "Checklists", (), tables)
    return [*parts.values(), made]


def _contents(study: Study, sources: tuple) -> dict[str, tuple[str, Content]]:
    """Key of each part to its title, its paragraphs and its tables."""
    trial = design.target_trial(study)
    alone = () if trial else ("The study has no comparison group, so it emulates no trial.",)
    source = administration.data_source(study, sources)
    unnamed = () if source else ("The sources' descriptions of themselves are not shown here.",)
    return {
        "title": ("Title", _told(study.title)),
        "objectives": ("Question", _told(study.question)),
        "design": ("Design", _told(f"{study.design}.")),
        "target_trial": ("Target trial", (alone, trial)),
        "estimand": ("Estimand", (design.estimand(study), ())),
        "data_source": ("Data source", (unnamed, source)),
        "time_zero": ("Time zero and exposure", ((), (population.time_zero(study),))),
        "eligibility": ("Eligibility", ((), (population.eligibility(study),))),
        "windows": ("Windows", ((), (population.windows(study),))),
        "follow_up": ("Follow-up", ((), (measures.follow_up(study),))),
        "outcomes": ("Outcomes", ((), (measures.outcomes(study),))),
        "covariates": ("Covariates", ((), (measures.covariates(study),))),
        "quantitative_variables": ("Quantitative variables", (measures.quantitative(study), ())),
        "missing_data": ("Missing data", (analyses.missing_data(study), ())),
        "analyses": ("Analyses", ((), (analyses.analyses(study),))),
        "adjustment": ("Adjustment and matching", (analyses.adjustment(study), ())),
        "variance": ("Variance", (analyses.variance(study), ())),
        "multiplicity": ("Multiplicity", (analyses.multiplicity(study), ())),
        "subgroups": ("Subgroups", (measures.subgroups(study), ())),
        "sensitivity": ("Sensitivity analyses", (analyses.sensitivity(study), ())),
        "limitations": ("Limitations", _told(study.caution)),
        "software": ("Software", _told(administration.software(), f"Rule set: {study.rule_set}.")),
        "data_management": ("Data management", _told(
            "Records stay on the machine that holds the warehouse. Only estimates, curves, figures "
            "and reports leave it; where a disclosure policy is named, small counts are hidden.")),
        "quality_control": ("Quality control", _told(
            "Incoming data are checked before anything is built (docs/checks.md), and definitions "
            "are tested at every build. Suspicious findings are in the schema qc and the report.")),
        "source_document": ("References", _told(_document(study))),
        "code_lists": ("Code lists", ((), (measures.code_lists(study),))),
        "administration": (administration.TITLE, ((), (administration.fields_table(study),))),
    }  # fmt: skip


def _told(*paragraphs: str) -> Content:
    return paragraphs, ()


def _document(study: Study) -> str:
    if study.source_document:
        return (
            f"Source document {study.source_document} of seeds/evidence/published_results.csv. "
            "The rules and their literature: docs/specification."
        )
    return "The study follows no document. The rules and their literature: docs/specification."


def as_markdown(study: Study, sources: Sources = ()) -> str:
    """The protocol as Markdown, with tables as pipes and anchors as links."""
    lines = [f"# {study.title}"]
    for part in sections(study, sources):
        lines += ["", f'<a id="{part.anchor}"></a>', "", f"## {part.title}"]
        for paragraph in part.paragraphs:
            lines += ["", paragraph]
        for table in part.tables:
            lines += ["", f"**{table.caption}**", "", *_pipes(table)]
            lines += ["", table.note] if table.note else []
    return "\n".join(lines) + "\n"


def _pipes(table: Table) -> list[str]:
    lines = [_pipe(table.columns), _pipe(["---"] * len(table.columns))]
    for row in table.rows:
        cells = row if len(row) > 1 else [f"**{row[0]}**", *[""] * (len(table.columns) - 1)]
        lines.append(_pipe(cells))
    return lines


def _pipe(cells: list[str]) -> str:
    return f"| {' | '.join(_marked(cell) for cell in cells)} |"


def _marked(cell: str) -> str:
    if isinstance(cell, Links):
        places = cell.places
        return "; ".join(
            f"[{_plain(words)}]({to})" if to else _plain(words) for words, to in places
        )
    return _plain(cell)


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def as_json(study: Study, sources: Sources = ()) -> str:
    """The protocol as one JSON object: study, and its parts with paragraphs and tables."""
    told = {
        "study_id": study.study_id,
        "parts": [
            {
                "key": part.key, "anchor": part.anchor, "title": part.title,
                "paragraphs": list(part.paragraphs),
                "tables": [
                    {"caption": one.caption, "columns": one.columns, "rows": one.rows,
                     "note": one.note}
                    for one in part.tables
                ],
            }
            for part in sections(study, sources)
        ],
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=False)


def as_prose(study: Study, sources: Sources = ()) -> str:
    """The protocol as plain text: a line per row of a table, each cell with its column's name."""
    lines = [study.title, "=" * len(study.title)]
    for part in sections(study, sources):
        lines += ["", part.title, "-" * len(part.title)]
        lines += list(part.paragraphs)
        for table in part.tables:
            lines += [_line(table.columns, row) for row in table.rows]
            lines += [table.note] if table.note else []
    return "\n".join(lines)


def _line(columns: list[str], row: list[str]) -> str:
    if len(row) == 1:
        return f"{row[0]}:"
    named = zip(columns[1:], row[1:], strict=True)
    rest = [f"{name}: {cell}" if name else cell for name, cell in named if cell]
    return "  " + "; ".join([row[0], *rest])
