"""A sheet to draw on: shapes and words in, SVG text out; the same bytes for the same numbers.

Figures are few shapes: written directly, one takes a millisecond, and every word stays text that
can be read aloud, searched and set in a journal's own type. Lengths are pixels of the view box: a
sheet of `NARROW_SHEET` fits a phone and one column of a journal, a wider one fits two columns.
Arms differ in colour and in dashes, so that a grey print tells them apart.
"""

from __future__ import annotations

import hashlib
import math
from html import escape

from myelomart.messages import shown

INK, QUIET, GRID, WASH = "#1c2733", "#5b6b7b", "#d9dfe5", "#eef3f8"
ARMS = ("#1f5fa8", "#c4501b", "#2e7d54", "#7a4fa3", "#8a6d1a", "#4a4a4a")  # Okabe-Ito, darkened
DASHES = (None, "7 3", "2 2.5", "9 3 2 3", "4 2", "1 3")  # of the same arms
SMALL = 11.0  # pixels: no word is smaller, on a phone too
NARROW_SHEET, WIDE_SHEET = 360.0, 760.0
ZOOM, NARROW_ZOOM = 1.2, 1.5  # a figure is shown no larger than this
FONT = "'DejaVu Sans', Verdana, sans-serif"
NARROW, WIDE = set("iljtfI.,:;|'!()[] -"), set("mwMW%–@")


def text_width(words: str, size: float, bold: bool = False) -> float:
    """How wide ``words`` are at ``size`` pixels, a little too wide rather than too narrow."""
    ems = sum(0.38 if c in NARROW else 0.92 if c in WIDE else 0.66 for c in words)
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


class Drawing(str):
    """A figure as SVG; ``narrow`` is the same figure for a phone and for one journal column.

    ``narrow`` is None where the figure itself is that narrow.
    """

    narrow: str | None

    def __new__(cls, svg: str, narrow: str | None = None):
        """``svg`` with what is shown of it where there is less room."""
        made = super().__new__(cls, svg)
        made.narrow = narrow
        return made

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
        self.parts: list[str] = []

    def place(self, other: Canvas, x: float, y: float) -> None:
        """Put all of another sheet on this one, with its upper left corner at ``x``, ``y``."""
        self.parts.append(f'<g transform="translate({_n(x)} {_n(y)})">')
        self.parts += other.parts
        self.parts.append("</g>")

    def line(self, x1, y1, x2, y2, colour=QUIET, width=1.0, dash: str | None = None) -> None:
        """A straight line."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" '
            f'stroke="{colour}" stroke-width="{_n(width)}"{dashes}/>'
        )

    def path(self, points, colour=INK, width=1.5, fill="none", opacity=1.0, dash=None) -> None:
        """A line through ``points`` (x, y), or an area when ``fill`` is a colour."""
        self.shape(
            _through(points) + ("Z" if fill != "none" else ""), colour, width, fill, opacity, dash
        )

    def shape(self, d, colour="none", width=0.0, fill="none", opacity=1.0, dash=None) -> None:
        """A path in SVG's own words."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        faint = f' opacity="{_n(opacity)}"' if opacity != 1 else ""
        self.parts.append(
            f'<path d="{d}" fill="{fill}" stroke="{colour}" stroke-width="{_n(width)}"'
            f"{faint}{dashes}/>"
        )

    def rect(self, x, y, width, height, fill, colour="none", radius=0.0, line=1.0) -> None:
        """A rectangle from its upper left corner."""
        self.parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
            f'rx="{_n(radius)}" fill="{fill}" stroke="{colour}" stroke-width="{_n(line)}"/>'
        )

    def circle(self, x, y, radius, fill, colour="none", width=1.0) -> None:
        """A disc around its centre."""
        self.parts.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="{_n(width)}"/>'
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
        self.parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" dy=".35em"{style}{weight}{turn}>'
            f"{escape(shown(words))}</text>"
        )

    def svg(self) -> str:
        """The sheet as SVG that scales with the page, or keeps its size and lets it scroll."""
        said = escape(shown(self.title), quote=True)
        zoom = NARROW_ZOOM if self.width <= NARROW_SHEET else ZOOM
        size = f'style="max-width:{_n(self.width * zoom)}px"'
        if not self.is_scaled:
            size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        drawn = "\n".join(self.parts)
        described, desc = "", ""
        if self.told:
            made_of = f"{self.title}\n{self.told}\n{self.width}\n{drawn}"
            name = "d" + hashlib.sha256(made_of.encode()).hexdigest()[:10]
            described = f' aria-describedby="{name}"'
            desc = f'<desc id="{name}">{escape(shown(self.told))}</desc>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{said}"{described} '
            f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" font-family="{FONT}" '
            f'font-size="{_n(SMALL)}" fill="{INK}" stroke-linejoin="round" '
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
        x, y = (f"{float(value):.1f}".removesuffix(".0") for value in (x, y))
        if (x, y) == before:
            continue
        first, level, upright = before[0] is None, y == before[1], x == before[0]
        words.append(f"M{x} {y}" if first else f"H{x}" if level else f"V{y}" if upright
                     else f"L{x} {y}")  # fmt: skip
        before = x, y
    return "".join(words)


def _n(value) -> str:
    """A number with two decimals at most, and no minus before a zero."""
    shown = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown
