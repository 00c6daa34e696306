"""Puts results, figures and words into one HTML page that needs nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib import resources

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from myelomart.display.numbers import rounded
from myelomart.display.table import Table
from myelomart.protocol import as_prose
from myelomart.report.sections import Section, section
from myelomart.results import Results
from myelomart.study import Study
from myelomart.study_data import StudyData

SHORT = 12  # characters of a hash that the page shows


@dataclass(frozen=True)
class Entry:
    """One line of the contents."""

    output_id: str
    title: str
    anchor: str
    more: int
    is_missing: bool


@dataclass(frozen=True)
class Chapter:
    """One study on the page."""

    study: Study
    prose: str
    results: Results
    sections: list[Section]

    @property
    def outputs(self) -> list[Entry]:
        """The contents: each output once, with how many analyses more it has."""
        by_output: dict[str, list[Section]] = {}
        for one in self.sections:
            by_output.setdefault(one.output_id, []).append(one)
        return [
            Entry(output_id, own[0].title, own[0].anchor, len(own) - 1, all(s.missing for s in own))
            for output_id, own in by_output.items()
        ]


@dataclass(frozen=True)
class Page:
    """What stands on the page beside the studies."""

    facts: dict[str, str]
    models: dict[str, str] = field(default_factory=dict)  # model to hash of its compiled SQL
    inputs: dict[str, list[str]] = field(default_factory=dict)  # table to hashes of its files
    quality: Table | None = None

    @property
    def input_hash(self) -> str:
        """One hash of everything that was read."""
        if not self.inputs:
            return "not known"
        text = json.dumps(self.inputs, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:SHORT]

    def origin(self, models: tuple[str, ...]) -> str:
        """Where the numbers of a section come from: models, their SQL's hash, the input's."""
        named = [
            f"studies.{one} (SQL {self.models.get(one, 'not known')[:SHORT]})" for one in models
        ]
        return f"{', '.join(named)}; input {self.input_hash}"


def chapter(study: Study, results: Results, data: StudyData) -> Chapter:
    """What the page shows of one study."""
    sections = [section(study, analysis, results, data) for analysis in study.analyses]
    return Chapter(study, as_prose(study), results, sections)


def quality_table(findings: pd.DataFrame) -> Table | None:
    """What came in: findings about the data by source; None where nothing was found."""
    if not len(findings):
        return None
    rows: list[list[str]] = []
    for (source, group), own in findings.groupby(["source_name", "finding_group"], sort=False):
        rows.append([f"{source}: {group}"])
        for one in own.itertuples():
            of = "" if pd.isna(one.of_count) else rounded(one.of_count, 0)
            rows.append([one.finding, rounded(one.found_count, 0), of, one.meaning])
    note = "Counts of records or codes. Details are in the schema qc of the warehouse."
    return Table("Findings by source", ["", "found", "of", "what it means"], rows, note)


def render(chapters: list[Chapter], page: Page) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("myelomart.report", "."),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    files = resources.files("myelomart.report")
    style, script = (
        Markup(files.joinpath(name).read_text(encoding="utf-8"))
        for name in ("style.css", "origin.js")
    )
    template = environment.get_template("page.html.j2")
    return template.render(chapters=chapters, page=page, style=style, script=script)
