"""Puts results, figures and words into HTML pages that need nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from myelomart import protocol
from myelomart.display.numbers import rounded
from myelomart.display.table import Table
from myelomart.figures.formats import written
from myelomart.report.blocks import Block, blocks
from myelomart.report.cards import Card, MainResult, card
from myelomart.report.codes import issues_in, linked
from myelomart.report.downloads import Download, files_of, links_of, packed
from myelomart.report.sections import Section, section, stamped
from myelomart.report.sources import Source, notice_of
from myelomart.results import Results
from myelomart.study import Study
from myelomart.study_data import StudyData

Sources = Iterable[Mapping[str, object]]
NOT_PRINTED = ("code_lists", "checklists")  # parts of a protocol that are too long for paper
REPEATED = (  # stand elsewhere on the same paper: on the card, under each figure, in other parts
    "title", "objectives", "design", "data_source", "limitations", "windows", "analyses",
)  # fmt: skip
SHORT = 12  # characters of a hash that the page shows
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True)
class Chapter:
    """One study on the page."""

    study: Study
    parts: list[protocol.Part]
    results: Results
    sections: list[Section]
    card: Card

    @property
    def blocks(self) -> list[Block]:
        """The sections as they stand on the page."""
        return blocks(self.sections)

    @property
    def outputs(self) -> dict[str, list[Block]]:
        """The contents: each output with its blocks."""
        found: dict[str, list[Block]] = {}
        for one in self.blocks:
            found.setdefault(one.output_id, []).append(one)
        return found

    @property
    def issues(self) -> dict[str, tuple[str, str]]:
        """The contradictions in the document that its tables name."""
        tables = [one for s in self.sections for one in (s.table, s.printed) if one]
        return issues_in([cell for table in tables for row in table.rows for cell in row])


@dataclass(frozen=True)
class Page:
    """What stands on the page beside the studies."""

    facts: dict[str, str]
    models: dict[str, str] = field(default_factory=dict)  # model to hash of its compiled SQL
    inputs: dict[str, list[str]] = field(default_factory=dict)  # table to hashes of its files
    quality: Table | None = None
    sources: tuple[Source, ...] = ()
    made_on: date | None = None
    is_alone: bool = False  # one file, with nothing beside it
    formats: tuple[str, ...] = ("svg",)  # of the figures that lie beside the page
    is_folder: bool = False  # a page per study, figures as files beside them

    @property
    def notice(self) -> str | None:
        """What stands over every page, in every caption and in the margin of every sheet."""
        return notice_of(self.sources)

    @property
    def is_synthetic(self) -> bool:
        """Whether a source owes a notice."""
        return self.notice is not None

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
        return "; ".join(filter(None, (", ".join(named), f"input {self.input_hash}")))

    def links(self, section: Section) -> list[Download]:
        """What can be taken away of a section."""
        return links_of(section, self.is_synthetic)

    def stamped(self, svg: str) -> str:
        """A figure with the notice below it."""
        return stamped(svg, self.notice)


def chapter(
    study: Study, results: Results, data: StudyData, sources: Sources = (), is_open: bool = True
) -> Chapter:
    """What the page shows of one study; the years of its persons only where ``is_open``.

    ``sources`` are the rows in which the sources of the warehouse describe themselves.
    """
    sections = [section(study, analysis, results, data) for analysis in study.analyses]
    main = [_main_result(row) for row in data.main_results.to_dict("records")]
    years = _years(study, data) if is_open else None
    told = card(study, results, main, years)
    return Chapter(study, protocol.sections(study, sources), results, sections, told)


def _main_result(row: dict) -> MainResult:
    names = MainResult.__dataclass_fields__
    return MainResult(**{name: None if pd.isna(row[name]) else row[name] for name in names})


def _years(study: Study, data: StudyData) -> str | None:
    """The years in which the cohorts of the first analysis begin and end."""
    if not len(data.population) or not study.analyses:
        return None
    named = (study.analyses[0].treated_cohort_id, study.analyses[0].comparator_cohort_id)
    own = data.population[data.population["cohort_id"].isin(named)]
    years = pd.to_datetime(own["index_date"]).dt.year
    if not len(years):
        return None
    first, last = years.min(), years.max()
    return str(first) if first == last else f"{first} to {last}"


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
    """All studies on one page."""
    return _rendered("whole.html.j2", chapters, page, _here)


def render_folder(chapters: list[Chapter], page: Page) -> dict[str, str | bytes]:
    """An index page, a page per study, and all they show and lead to, by path."""
    files: dict[str, str | bytes] = {
        "index.html": _rendered("front.html.j2", chapters, page, _elsewhere)
    }
    for one in chapters:
        files[f"{one.study.study_id}.html"] = _rendered(
            "study.html.j2", chapters, page, _elsewhere, one
        )
        files |= files_of(one.sections, page.is_synthetic)
        for drawn in (figure for own in one.sections for figure in own.figures):
            files |= written(f"figures/{drawn.name}", page.stamped(drawn.svg), page.formats)
            if drawn.narrow:
                files |= written(f"figures/{drawn.narrow.name}", page.stamped(drawn.narrow.svg))
    files["style.css"], files["page.js"] = _file("style.css"), _file("page.js")
    files["search.js"] = f"window.searched = {_searched(chapters, _elsewhere)};\n"
    return files


def _here(study_id: str, anchor: str = "") -> str:
    return f"#{anchor or study_id}"


def _elsewhere(study_id: str, anchor: str = "") -> str:
    return f"{study_id}.html" + (f"#{anchor}" if anchor else "")


def _rendered(template: str, chapters: list[Chapter], page: Page, place, one=None) -> str:
    places = {
        output_id: place(chapter.study.study_id, own[0].anchor)
        for chapter in chapters
        for output_id, own in chapter.outputs.items()
    }
    shown, title = chapters if one is None else [one], _title(chapters, one)
    running = " · ".join(filter(None, ("myelomart", title, page.notice)))
    issue_at = {code: one.study.study_id for one in reversed(shown) for code in one.issues}
    places |= {code: f"#{code}" for code in issue_at}
    return _environment().get_template(template).render(
        chapters=chapters, one=one, page=page, place=place, title=title,
        running=Markup(json.dumps(running.replace("<", ""), ensure_ascii=False)),
        issue_at=issue_at, linked=lambda text: linked(text, places),
        style=Markup(_file("style.css")), script=Markup(_file("page.js")),
        searched=Markup(_searched(chapters, place)), not_printed=NOT_PRINTED,
        repeated=REPEATED, files=_packed(shown, page) if page.is_alone else "",
    )  # fmt: skip


def _title(chapters: list[Chapter], one: Chapter | None) -> str:
    shown = [one] if one else chapters
    if len(shown) == 1:
        return shown[0].study.title
    number = NUMBERS[len(shown)] if len(shown) < len(NUMBERS) else str(len(shown))
    return f"{number} studies of multiple myeloma"


def _searched(chapters: list[Chapter], place) -> str:
    """What the search box looks through: where each section is, its title and its rows."""
    found = [
        [place(one.study.study_id, section.anchor), section.output_id, section.title,
         one.study.title, section.words]
        for one in chapters
        for section in one.sections
    ]  # fmt: skip
    return json.dumps(found, ensure_ascii=False).replace("<", "\\u003c")


def _packed(chapters: list[Chapter], page: Page) -> str:
    sections = [section for one in chapters for section in one.sections]
    return packed(files_of(sections, page.is_synthetic))


def _file(name: str) -> str:
    return resources.files("myelomart.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("myelomart.report", "."),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
