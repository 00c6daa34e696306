"""What the page shows of each analysis: its table, how its figures lie, what it was read from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from markupsafe import Markup, escape

from myelomart.analyses import TYPES
from myelomart.display.annotation import annotated
from myelomart.display.printed import printed_table
from myelomart.display.table import Table
from myelomart.figures.canvas import SHEET, Panel
from myelomart.protocol import analysis_prose
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData, in_order

WIDE, TALL = 500.0, 600.0  # pixels of the view box
LEGIBLE = 11.0  # pixels of the smallest letters, on the narrowest screen
VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)')
DESCRIBED = re.compile(r"\bd[0-9a-f]{10}\b")  # ids of descriptions; two figures may say the same
LONG = 40  # rows of a table of which one group at a time is shown where they repeat
DRAWN, SHORT = 3, 10  # rows of a table on paper at most: below a figure that tells them, and alone
FITS = 70  # rows of a table that one page of paper holds
STAMP, MARGIN = 11, 18  # size of the notice below a figure, and the room it takes


@dataclass(frozen=True)
class Figure:
    """A figure on the page; a wide one takes a whole row."""

    name: str  # of its file
    title: str
    svg: Markup
    width: float
    height: float
    narrow: Figure | None = None  # the same for a narrow screen, where it is drawn anew
    panels: tuple[Panel, ...] = ()  # which a narrow screen shows one below the other

    @property
    def is_wide(self) -> bool:
        """Whether it takes a row of its own."""
        return self.width > WIDE

    @property
    def is_tall(self) -> bool:
        """Whether it takes most of a printed page, so that beside others it stays on the screen."""
        return self.is_wide and self.height > TALL and not self.panels

    @property
    def least_width(self) -> int:
        """The width in pixels below which its smallest letters cannot be read."""
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', self.svg)]
        width = max((panel.width for panel in self.panels), default=self.width)
        return round(width * LEGIBLE / min(sizes)) if sizes else 0

    @property
    def named(self) -> Markup:
        """The figure with a name for all that is drawn, by which its panels are shown again."""
        head, end, drawn = self.svg.partition("</desc>")
        drawn = drawn.replace("</svg>", "</g></svg>")
        return Markup(f'{head}{end}<g id="{self.name}-drawn">{drawn}')

    def panel(self, one: Panel) -> Markup:
        """One panel of what `named` draws."""
        box = f"{one.x:g} {one.y:g} {one.width:g} {one.height:g}"
        return Markup(
            f'<svg role="img" aria-label="{escape(one.title)}" viewBox="{box}" {SHEET}>'
            f'<use href="#{self.name}-drawn"/></svg>'
        )


@dataclass(frozen=True)
class Section:
    """One output of a study on the page: what it is, its table, its figures, what it lacks."""

    title: str
    anchor: str
    output_id: str
    analysis_type: str
    said: str  # what was done, in words
    table: Table | None
    printed: Table | None
    figures: list[Figure]
    is_gallery: bool
    is_folded: bool
    missing: str | None
    models: tuple[str, ...]  # that the numbers of the table were read from
    printed_models: tuple[str, ...]  # and those of the printed values beside ours

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.output_id}_{self.anchor}"

    @property
    def repeats(self) -> bool:
        """Whether the groups of its table repeat the same rows, so that one at a time is enough."""
        labels = [row[0] for row in self.table.rows if len(row) > 1] if self.table else []
        return len(labels) > LONG and len(set(labels)) < len(labels) / 2

    @property
    def is_long(self) -> bool:
        """Whether its table is left out on paper, where a figure tells the same."""
        return self.table is not None and len(self.table.rows) > DRAWN

    @property
    def takes_pages(self) -> bool:
        """Whether its table takes several pages of paper, and so breaks between its groups."""
        return self.table is not None and len(self.table.rows) > FITS and not self.repeats

    @property
    def is_long_beside(self) -> bool:
        """Whether the published values beside ours are left out on paper."""
        return self.printed is not None and len(self.printed.rows) > SHORT

    def unprinted(self, is_joined: bool = False) -> list[str]:
        """What paper does not have: tables of many rows, panels after those of the first figure."""
        has_figure = bool(self.figures) or is_joined
        named = ((self.table, self.is_long and has_figure), (self.printed, self.is_long_beside))
        long = [f"{one.caption} ({len(one.rows)} rows)" for one, is_long in named if is_long]
        tall = [one.title for one in self.figures if one.is_tall and len(self.figures) > 1]
        return long + tall + [one.title for one in self.figures if one.panels][1:]

    @property
    def words(self) -> str:
        """What a search finds it by, beside its title: the rows of its table."""
        rows = self.table.rows if self.table else []
        return " ".join(dict.fromkeys(row[0] for row in rows))


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
        analysis.analysis_type,
        analysis_prose(study, analysis),
        table,
        printed,
        [figure(*one) for one in results.own_figures(analysis.analysis_id).items()],
        kind.is_gallery,
        kind.is_folded,
        missing,
        in_order(read | for_the_table),
        in_order(read | for_the_printed),
    )


def figure(name: str, svg: str) -> Figure:
    """A drawn figure with its title and size, and what is drawn of it for a narrow screen."""
    box, title = VIEW_BOX.search(svg), re.search(r"<title>(.*?)</title>", svg, flags=re.DOTALL)
    width, height = (float(box.group(1)), float(box.group(2))) if box else (WIDE, WIDE)
    narrow, panels = getattr(svg, "narrow", None), getattr(svg, "panels", ())
    return Figure(
        name,
        unescape(title.group(1)) if title else name,
        Markup(DESCRIBED.sub(rf"\g<0>-{name}", svg)),
        width,
        height,
        figure(f"{name}_narrow", narrow) if narrow and not panels else None,
        panels,
    )


def stamped(svg: str, notice: str | None) -> str:
    """A figure with ``notice`` in a line below it, so that it stays with it wherever it goes."""
    if hasattr(svg, "narrow"):  # a drawing, which may have a version for narrow screens
        narrow = svg.narrow and stamped(svg.narrow, notice)
        return type(svg)(stamped(str(svg), notice), narrow, svg.panels)
    svg = str(svg)  # what is marked as safe would escape the line that is added
    box = VIEW_BOX.search(svg)
    if not notice or not box:
        return svg
    height = float(box.group(2))
    text = (
        f'<text x="8" y="{height + MARGIN / 2:g}" dy=".35em" font-size="{STAMP}" '
        f'fill="#6b4a00">{escape(notice)}</text>\n</svg>'
    )
    larger = f'viewBox="0 0 {box.group(1)} {height + MARGIN:g}'
    whole, _, _ = svg.replace(box.group(0), larger, 1).rpartition("</svg>")
    return whole + text
