"""A sheet to draw on: shapes and words in, SVG text out; the same bytes for the same numbers.

Figures are few shapes: written directly, one takes a millisecond, and every word stays text that
can be read aloud, searched and set in a journal's own type. Lengths are pixels of the view box: a
sheet of `NARROW_SHEET` fits a phone and one column of a journal, a wider one fits two columns, and
three panels beside each other. None is wider than `WIDEST_SHEET`: on A4 its words have 7 points.
Arms differ in colour and in dashes, so that a grey print tells them apart.
"""

from __future__ import annotations

import hashlib
import math
from html import escape
from typing import NamedTuple

from myelomart.messages import shown

INK, QUIET, GRID, WASH = "#1c2733", "#5b6b7b", "#d9dfe5", "#eef3f8"
ARMS = ("#1f5fa8", "#c4501b", "#2e7d54", "#7a4fa3", "#8a6d1a", "#4a4a4a")  # Okabe-Ito, darkened
DASHES = (None, "7 3", "2 2.5", "9 3 2 3", "4 2", "1 3")  # of the same arms
SMALL = 11.0  # pixels: no word is smaller, on a phone too
NARROW_SHEET, WIDE_SHEET, WIDEST_SHEET, PANEL = 360.0, 760.0, 830.0, 266.0
ZOOM, NARROW_ZOOM = 1.2, 1.5  # a figure is shown no larger than this
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"  # as journals ask
SHEET = (  # what every word and line has that does not say otherwise
    f'font-family="{FONT}" font-size="{SMALL:g}" fill="{INK}" stroke-linejoin="round"'
)
NARROW, WIDE = set("iljtfI.,:;|'!()[] -"), set("mwMW%–@")


def text_width(words: str, size: float, bold: bool = False) -> float:
    """How wide ``words`` are at ``size`` pixels, a little too wide rather than too narrow."""
    ems = sum(0.35 if c in NARROW else 0.9 if c in WIDE else 0.58 for c in words)
    return size * ems * (1.1 if bold else 1.0)


def wrapped(words: str, size: float, width: float) -> list[str]:
    """``words`` in lines no wider than ``width``; a word that is too long stands alone."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def colour_of(position: int) -> str:
    """The colour of the ``position``-th arm, group or level; they repeat after six."""
    return ARMS[position % len(ARMS)]


def dash_of(position: int) -> str | None:
    """The dashes of the ``position``-th arm; the first is a whole line."""
    return DASHES[position % len(DASHES)]


class Panel(NamedTuple):
    """Where a panel stands on the sheet of its figure, in pixels, and what it shows."""

    title: str
    x: float
    y: float
    width: float
    height: float


class Drawing(str):
    """A figure as SVG; ``narrow`` is the same figure for a phone and for one journal column.

    ``narrow`` is None where the figure itself is that narrow. ``panels`` are the parts that a
    phone may show one below the other instead.
    """

    narrow: str | None
    panels: tuple[Panel, ...]

    def __new__(cls, svg: str, narrow: str | None = None, panels: tuple[Panel, ...] = ()):
        """``svg`` with what is shown of it where there is less room."""
        made = super().__new__(cls, svg)
        made.narrow, made.panels = narrow, panels
        return made

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(self)

    @property
    def for_page(self) -> str:
        """Both, of which a page shows the one that fits; print has the wide one."""
        if self.narrow is None:
            return str(self)
        return self.replace("<svg ", '<svg class="for-wide" ', 1) + self.narrow.replace(
            "<svg ", '<svg class="for-narrow" ', 1
        )


class Canvas:
    """A sheet of ``width`` by ``height`` pixels that says ``title`` to those who cannot see it.

    ``told`` says in a sentence or two what is to be seen.
    """

    def __init__(
        self, width: float, height: float, title: str, is_scaled: bool = True, told: str = ""
    ):
        self.width, self.height, self.title, self.told = width, height, title, told
        self.is_scaled = is_scaled
        self.shapes: list[str] = []
        self.words: list[str] = []  # stand above all shapes
        self.pen, self.strokes = "", ""  # the last lines, if they were drawn alike

    def place(self, other: Canvas, x: float, y: float) -> None:
        """Put all of another sheet on this one, with its upper left corner at ``x``, ``y``."""
        at = f'<g transform="translate({_n(x)} {_n(y)})">'
        self._add("\n".join([at, *other.drawn(), "</g>"]))

    def drawn(self) -> list[str]:
        """All that is on the sheet: shapes in the order in which they cover each other, words."""
        self._add()
        return [*self.shapes, *self.words]

    def line(self, x1, y1, x2, y2, colour=QUIET, width=1.0, dash: str | None = None) -> None:
        """A straight line; lines drawn alike one after another become one path."""
        pen = f'fill="none"{_stroke(colour, width, dash)}'
        if pen != self.pen:
            self._add()
            self.pen = pen
        self.strokes += _through([(x1, y1), (x2, y2)])

    def _add(self, shape: str = "") -> None:
        """Put down the lines that wait, and ``shape`` on top of them."""
        if self.strokes:
            self.shapes.append(f'<path d="{self.strokes}" {self.pen}/>')
            self.pen, self.strokes = "", ""
        if shape:
            self.shapes.append(shape)

    def path(self, points, colour=INK, width=1.5, fill="none", opacity=1.0, dash=None) -> None:
        """A line through ``points`` (x, y), or an area when ``fill`` is a colour."""
        self.shape(
            _through(points) + ("Z" if fill != "none" else ""), colour, width, fill, opacity, dash
        )

    def shape(self, d, colour="none", width=0.0, fill="none", opacity=1.0, dash=None) -> None:
        """A path in SVG's own words."""
        faint = f' opacity="{_n(opacity)}"' if opacity != 1 else ""
        self._add(f'<path d="{d}" fill="{fill}"{_stroke(colour, width, dash)}{faint}/>')

    def rect(self, x, y, width, height, fill, colour="none", radius=0.0, line=1.0) -> None:
        """A rectangle from its upper left corner."""
        corner = f' rx="{_n(radius)}"' if radius else ""
        self._add(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"{corner} '
            f'fill="{fill}"{_stroke(colour, line)}/>'
        )

    def circle(self, x, y, radius, fill, colour="none", width=1.0) -> None:
        """A disc around its centre."""
        self._add(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"'
            f"{_stroke(colour, width)}/>"
        )

    def text(
        self, x, y, words, size=11.0, anchor="start", colour=INK, bold=False, turned=False
    ) -> None:  # fmt: skip
        """Words whose middle height is at ``y``; ``anchor`` is start, middle or end."""
        weight = ' font-weight="700"' if bold else ""
        style = "" if size == SMALL else f' font-size="{_n(size)}"'
        style += "" if anchor == "start" else f' text-anchor="{anchor}"'
        style += "" if colour == INK else f' fill="{colour}"'
        turn = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if turned else ""
        base = _tenth(y + 0.35 * size)
        self.words.append(
            f'<text x="{_tenth(x)}" y="{base}"{style}{weight}{turn}>{escape(shown(words))}</text>'
        )

    def svg(self) -> str:
        """The sheet as SVG that scales with the page, or keeps its size and lets it scroll."""
        said = escape(shown(self.title), quote=True)
        zoom = NARROW_ZOOM if self.width <= NARROW_SHEET else ZOOM
        size = f'style="max-width:{_n(self.width * zoom)}px"'
        if not self.is_scaled:
            size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        drawn = "\n".join(self.drawn())
        described, desc = "", ""
        if self.told:
            made_of = f"{self.title}\n{self.told}\n{self.width}\n{drawn}"
            name = "d" + hashlib.sha256(made_of.encode()).hexdigest()[:10]
            described = f' aria-describedby="{name}"'
            desc = f'<desc id="{name}">{escape(shown(self.told))}</desc>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{said}"{described} '
            f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" {SHEET} '
            f"{size}><title>{said}</title>{desc}\n{drawn}\n</svg>\n"
        )


class Scale:
    """Where a number stands between two pixels; ``log`` for ratios."""

    def __init__(self, low, high, start, end, log: bool = False):
        self.turn = math.log if log else float
        self.low, self.high, self.start, self.end = self.turn(low), self.turn(high), start, end

    def __call__(self, value) -> float:
        """The pixel of ``value``."""
        share = (self.turn(value) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most ``most`` round numbers from ``low`` to ``high``."""
    reach = max(high - low, 1e-9)
    raw = reach / max(most - 1, 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def _through(points) -> str:
    """The path through ``points``, to a tenth of a pixel; level and upright parts in one number."""
    words, before = [], (None, None)
    for x, y in points:
        x, y = _tenth(x), _tenth(y)
        if (x, y) == before:
            continue
        first, level, upright = before[0] is None, y == before[1], x == before[0]
        words.append(f"M{x} {y}" if first else f"H{x}" if level else f"V{y}" if upright
                     else f"L{x} {y}")  # fmt: skip
        before = x, y
    return "".join(words)


def _stroke(colour: str, width: float, dash: str | None = None) -> str:
    """How a line is drawn; nothing for one that is not, and no width of 1, which goes unsaid."""
    if colour == "none":
        return ""
    wide = f' stroke-width="{_n(width)}"' if width != 1 else ""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f' stroke="{colour}"{wide}{dashes}'


def _tenth(value) -> str:
    """A place on the sheet to a tenth of a pixel."""
    shown = f"{float(value):.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _n(value) -> str:
    """A number with two decimals at most, and no minus before a zero."""
    shown = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown
