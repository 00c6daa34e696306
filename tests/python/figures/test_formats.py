"""PDF and PNG: as wide as a journal's column, the same bytes again, a sentence without it."""

import builtins
import re

import pytest

from myelomart.errors import MyelomartError
from myelomart.figures import formats
from myelomart.figures.canvas import Canvas, Drawing
from myelomart.results import Results, figure_files

NO_CAIRO = "the extra `figures`, or the library cairo, is not installed here"
NOT_THERE = (ImportError, OSError)  # the second: the package without its library


def sheet(width: float) -> str:
    one = Canvas(width, 100, "A sheet")
    one.text(10, 10, "Interleukin-6 ≥ 40 pg/mL")
    return one.svg()


def test_a_sheet_is_printed_as_wide_as_one_column_or_two():
    assert formats.column_width(sheet(360)) == 89.0
    assert formats.column_width(sheet(760)) == 183.0


@pytest.mark.parametrize("text", ["gif", "svg,jpeg", "", " , "])
def test_a_format_that_is_none_is_refused_in_words(text):
    with pytest.raises(MyelomartError, match="use svg, pdf, png"):
        formats.formats_named(text)


def test_without_cairo_a_sentence_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "cairosvg":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert formats.formats_named("svg") == ("svg",)
    with pytest.raises(MyelomartError, match=r"myelomart\[figures\]"):
        formats.formats_named("SVG, pdf")


def test_every_figure_is_written_in_both_layouts():
    results = Results("one")
    results.add_figure("curve", Drawing(sheet(760), sheet(360)))
    assert list(figure_files(results)) == ["figures/curve.svg", "figures/curve_narrow.svg"]


def test_the_pages_of_a_report_lead_to_their_figures_in_every_kind(monkeypatch):
    monkeypatch.setattr(formats, "converted", lambda svg, kind: f"{kind} of {svg}".encode())
    made = formats.written("figures/curve", "drawn", ("svg", "pdf"))
    assert made == {"figures/curve.svg": "drawn", "figures/curve.pdf": b"pdf of drawn"}


def test_pdf_keeps_its_words_its_width_and_its_bytes():
    pytest.importorskip("cairosvg", reason=NO_CAIRO, exc_type=NOT_THERE)
    made = formats.converted(sheet(360), "pdf")
    assert made.startswith(b"%PDF") and made == formats.converted(sheet(360), "pdf")
    width = float(re.search(rb"/MediaBox \[ ?0 0 ([\d.]+)", made)[1])
    assert width == pytest.approx(89 / 25.4 * 72, abs=0.1)
    assert b"/Font" in made


def test_png_has_600_dots_an_inch():
    pytest.importorskip("cairosvg", reason=NO_CAIRO, exc_type=NOT_THERE)
    made = formats.converted(sheet(760), "png")
    assert made[:4] == b"\x89PNG" and int.from_bytes(made[16:20]) == round(183 / 25.4 * 600)
