"""What the page shows of each analysis: its table, how its figures lie, what it was read from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from myelomart.analyses import TYPES
from myelomart.display.annotation import annotated
from myelomart.display.printed import printed_table
from myelomart.display.table import Table
from myelomart.protocol import analysis_prose
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData, in_order

WIDE = 500.0  # pixels of the view box


@dataclass(frozen=True)
class Figure:
    """A figure on the page; a wide one takes a whole row."""

    svg: Markup
    is_wide: bool


@dataclass(frozen=True)
class Section:
    """One output of a study on the page: what it is, its table, its figures, what it lacks."""

    title: str
    anchor: str
    output_id: str
    said: str  # what was done, in words
    table: Table | None
    printed: Table | None
    figures: list[Figure]
    is_gallery: bool
    is_folded: bool
    missing: str | None
    models: tuple[str, ...]  # that the numbers of the table were read from
    printed_models: tuple[str, ...]  # and those of the printed values beside ours


def section(study: Study, analysis: Analysis, results: Results, data: StudyData) -> Section:
    """What the page shows of ``analysis``, with what the source document prints of it."""
    kind = TYPES[analysis.analysis_type]
    own = results.own_rows(analysis.analysis_id)
    missing = results.missing.get(analysis.analysis_id)
    read = set(results.read.get(analysis.analysis_id, ()))
    table, printed = None, None
    with data.noting() as for_the_table:
        if missing is None and own:
            given = (data.published,) if kind.holds_printed else ()
            table = annotated(kind.table(own, analysis.title, *given), study, analysis)
    with data.noting() as for_the_printed:
        if not kind.holds_printed:
            printed = printed_table(analysis.analysis_id, own, data.published, kind.ours)
    return Section(
        analysis.title,
        analysis.analysis_id,
        analysis.output_id,
        analysis_prose(study, analysis),
        table,
        printed,
        [_figure(svg) for svg in results.own_figures(analysis.analysis_id).values()],
        kind.is_gallery,
        kind.is_folded,
        missing,
        in_order(read | for_the_table),
        in_order(read | for_the_printed),
    )


def _figure(svg: str) -> Figure:
    width = re.search(r'viewBox="0 0 ([\d.]+)', svg)
    return Figure(Markup(svg.for_page), width is not None and float(width.group(1)) > WIDE)
