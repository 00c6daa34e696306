"""Figures as PDF and PNG, as wide as a journal's column; drawn by CairoSVG from our SVG.

A narrow sheet is as wide as one column, a wider one as two (Nature, Lancet and Blood ask for 85 to
90 and 170 to 183 mm). No date is written, so that the same figure gives the same bytes.
"""

from __future__ import annotations

import re
from typing import Any

from myelomart.errors import MyelomartError
from myelomart.figures.canvas import NARROW_SHEET

SVG, PDF, PNG = FORMATS = ("svg", "pdf", "png")
ONE_COLUMN, TWO_COLUMNS = 89.0, 183.0  # mm
MM_PER_INCH, CSS_DPI, PRINT_DPI = 25.4, 96, 600  # journals ask for 600 of line drawings
DATE = re.compile(rb"/CreationDate \(D:[^)]*\)")


def formats_named(text: str) -> tuple[str, ...]:
    """The formats that ``text`` names, with commas between; raises ``MyelomartError``."""
    named = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [one for one in named if one not in FORMATS]
    if unknown or not named:
        raise MyelomartError(
            f"--figure-format {text!r}: use {', '.join(FORMATS)}, or several, comma-separated."
        )
    if set(named) - {SVG}:
        _cairo()  # say at once that it is missing, before a study is run
    return named


def column_width(svg: str) -> float:
    """How wide a figure is printed, in mm: one column of a journal or two."""
    width = re.search(r'viewBox="0 0 ([\d.]+) ', svg)
    return ONE_COLUMN if width and float(width[1]) <= NARROW_SHEET else TWO_COLUMNS


def converted(svg: str, kind: str) -> bytes:
    """``svg`` as PDF (text stays text) or PNG (white, 600 dots an inch)."""
    inches = column_width(svg) / MM_PER_INCH
    sized = re.sub(r' style="max-width:[^"]*"', "", svg, count=1).encode()
    if kind == PNG:
        return _cairo().svg2png(
            bytestring=sized, output_width=round(inches * PRINT_DPI), background_color="white"
        )
    made = _cairo().svg2pdf(bytestring=sized, output_width=inches * CSS_DPI)
    return DATE.sub(_without_digits, made)


def written(path: str, svg: str, kinds: tuple[str, ...] = (SVG,)) -> dict[str, str | bytes]:
    """A figure in each of ``kinds``, by its path, to which the kind is added."""
    return {f"{path}.{kind}": svg if kind == SVG else converted(svg, kind) for kind in kinds}


def _without_digits(found: re.Match) -> bytes:
    """The same bytes long, so that the places which the file lists stay right."""
    return re.sub(rb"[0-9]", b"0", found[0])


def _cairo() -> Any:
    try:
        import cairosvg
    except (ImportError, OSError) as error:  # OSError: the package without the library cairo
        raise MyelomartError(
            "PDF and PNG are drawn by CairoSVG, which is not installed here: install "
            "`myelomart[figures]` and the library cairo (Debian: libcairo2), or take svg."
        ) from error
    return cairosvg
