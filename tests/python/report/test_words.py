"""What the report says in words: notices, blocks, codes and the card of a study."""

from math import log, sqrt
from types import SimpleNamespace

import pytest
from scipy.stats import norm

from myelomart.estimates.power import least_ratio
from myelomart.figures.canvas import Canvas
from myelomart.report.blocks import told_apart
from myelomart.report.cards import risk_difference
from myelomart.report.codes import issues, linked
from myelomart.report.downloads import marked, queries_of
from myelomart.report.sections import figure, stamped
from myelomart.report.sources import Source, notice_of

NOTICE = "Synthetic data: no real <patient>"


def source(name: str, notice: str | None) -> Source:
    return Source(name, None, None, None, None, notice, 5, 1, None)


def test_a_notice_is_owed_for_all_sources_or_names_those_it_is_true_of():
    assert notice_of(()) is None
    assert notice_of((source("a", None),)) is None
    assert notice_of((source("a", NOTICE), source("b", NOTICE))) == NOTICE
    assert notice_of((source("a", NOTICE), source("b", None))) == f"{NOTICE} (source a)"


def test_the_notice_stands_in_a_line_of_its_own_below_a_figure():
    drawn = str(Canvas(200, 100, "A & B").svg())
    marked_figure = stamped(figure("f", drawn).svg, NOTICE)
    assert 'viewBox="0 0 200 118"' in marked_figure
    assert "Synthetic data: no real &lt;patient&gt;</text>" in marked_figure
    assert marked_figure.count("</svg>") == 1
    assert stamped(drawn, None) == drawn


def test_a_figure_has_its_title_its_size_and_the_width_at_which_it_can_be_read():
    svg = '<svg viewBox="0 0 400 50"><title>A &amp; B</title><text font-size="8">x</text></svg>'
    found = figure("f", svg)
    assert (found.title, found.width, found.least_width) == ("A & B", 400, 550)


@pytest.mark.parametrize(
    "titles, title, labels",
    [
        (["One alone"], "One alone", ["One alone"]),
        (
            ["Survival, from day 1", "Survival, from day 30"],
            "Survival, from day",
            ["1", "30"],
        ),
        (
            ["Hazard ratios", "Hazard ratios, time zero at apheresis"],
            "Hazard ratios",
            ["main analysis", "time zero at apheresis"],
        ),
        (["Flow of all", "Baseline"], "Flow of all", ["Flow of all", "Baseline"]),
    ],
)
def test_titles_are_told_apart_by_what_they_do_not_share(titles, title, labels):
    assert told_apart(titles) == (title, labels)


def test_every_contradiction_of_the_list_has_words_and_what_was_done():
    assert len(issues()) >= 70
    assert issues()["QA-I1"] == ("no reference list", "every row stays *cited*")


def test_a_code_links_to_its_place_and_nothing_else_is_markup():
    shown = linked("<b> PRG-I17, PRG-I1 and PRG-T1", {"PRG-I1": "#PRG-I1", "PRG-T1": "x.html#t"})
    assert str(shown) == (
        '&lt;b&gt; PRG-I17, <a href="#PRG-I1">PRG-I1</a> and <a href="x.html#t">PRG-T1</a>'
    )


def test_every_row_of_a_table_says_whether_it_is_of_made_up_people():
    text = 'group,row\n"a ""b"", c","two\nlines"\n'
    assert marked(text, False) == ('group,row,is_synthetic\n"a ""b"", c","two\nlines",false\n')


def test_an_output_has_the_queries_that_are_named_by_it():
    assert set(queries_of("CVP-O1")) == {
        "sql/cvp_o1_baseline.sql", "sql/cvp_o1_flow.sql", "sql/cvp_o1_matched.sql",
    }  # fmt: skip
    assert queries_of("CVP-O") == {}


def test_the_difference_of_two_risks_and_its_limits():
    """56 of 70 against 48 of 80, Wilson's limits: Newcombe, Stat Med 1998;17:873, method 10."""
    one = SimpleNamespace(estimate=1 - 56 / 70, ci_low=1 - 0.8769, ci_high=1 - 0.6918)
    other = SimpleNamespace(estimate=1 - 48 / 80, ci_low=1 - 0.7004, ci_high=1 - 0.4904)
    difference, low, high = risk_difference(one, other)
    assert difference == pytest.approx(20)
    assert (low, high) == (pytest.approx(5.24, abs=0.05), pytest.approx(33.39, abs=0.05))


def test_the_least_ratio_gives_back_its_events():
    """Schoenfeld: events = (z + z)^2 / (p q log(ratio)^2)."""
    ratio = least_ratio(164, 0.3)
    needed = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2 / (0.3 * 0.7 * log(ratio) ** 2)
    assert needed == pytest.approx(164)
    assert ratio < 1 < sqrt(1 / ratio)
