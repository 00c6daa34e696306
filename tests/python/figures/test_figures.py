"""What every figure keeps: words as text, large enough, inside; nothing told by colour alone."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from myelomart.estimates.absolute import absolute_effects
from myelomart.figures.bars import shade, stacked_bars
from myelomart.figures.boxes import boxes
from myelomart.figures.canvas import (
    ARMS,
    DASHES,
    NARROW_SHEET,
    PANEL,
    SMALL,
    WIDEST_SHEET,
    Canvas,
    Drawing,
)
from myelomart.figures.flow import flow_chart, split_chart
from myelomart.figures.forest_plot import forest_plot, ratio_forest
from myelomart.figures.line_flow import line_flow
from myelomart.figures.love_plot import love_plot
from myelomart.figures.multiverse_plot import Specification, multiverse_plot
from myelomart.figures.overlap_plot import overlap_plot
from myelomart.figures.panels import joined, letter_of
from myelomart.figures.sankey import sankey
from myelomart.figures.survival_plot import Frame, coarse_plot, incidence_panel, survival_panel
from myelomart.figures.swimmer import swimmer
from myelomart.figures.upset import upset
from myelomart.results import CURVE_COLUMNS
from myelomart.survival import cumulative_incidence, kaplan_meier

MONTHS = [0.0, 6.0, 12.0]
TIME = np.array([1.0, 2.5, 4.0, 5.5, 7.0, 8.0, 9.5, 11.0, 12.0, 12.0])
EVENT = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 0])
CODE = np.array([1, 0, 2, 1, 0, 2, 1, 0, 0, 0])
LONG = "An outcome with a name so long that no column of a printed page could ever hold it"
FRAME = Frame(
    "Overall survival", "Overall survival", "Months from the infusion", ("Log-rank p = 1",)
)


def parts(tree: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [one for one in tree.iter() if one.tag.endswith(f"}}{kind}")]


def curves() -> dict:
    return {
        "CAR-T": kaplan_meier(TIME, EVENT),
        "Pomalidomide, with a long name for an arm of a study": kaplan_meier(TIME / 2, EVENT),
    }


def incidence() -> Canvas:
    found = {"CAR-T": cumulative_incidence(TIME, CODE)[1]}
    risk = {"CAR-T": np.array([10, 5, 2])}
    return incidence_panel(found, risk, {"CAR-T": TIME[CODE == 0]}, FRAME, MONTHS)


def steps(excluded: list[int], kind: str = "include") -> pd.DataFrame:
    after = 100 - np.cumsum(excluded)
    return pd.DataFrame(
        {
            "label": [f"Step {k}" for k in range(len(excluded))], "kind": kind,
            "persons_excluded": excluded, "persons_after": after,
            "persons_before": [100, *after[:-1]],
        }
    )  # fmt: skip


def ratios() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["Death", LONG], "group": ["Mortality", "Toxicity"], "hr": [0.5, np.nan],
            "ci_low": [0.2, np.nan], "ci_high": [300.0, np.nan], "p": [0.04, np.nan],
            "status": [None, "not_estimable"], "events_treated": [3, 0], "n_treated": [9, 9],
            "events_control": [6, 0], "n_control": [9, 9], "is_penalised": [True, False],
            "absolute": [
                absolute_effects(TIME, EVENT, np.arange(10) % 2 == 0, 12.0), None,
            ],
        }
    )  # fmt: skip


def every_figure() -> dict[str, Drawing]:
    rng = np.random.default_rng(1)
    scores = rng.uniform(0.01, 0.99, 60)
    smd = pd.DataFrame(
        {"label": ["Age", LONG] * 2, "group": "Patients", "smd": [0.4, -0.2, 0.02, -0.3],
         "population": ["before matching"] * 2 + ["matched"] * 2}
    )  # fmt: skip
    ways = [
        Specification({"Time zero": zero, "Way": way}, 0.4 + k, 0.2, 1.5 + k, k == 1)
        for k, (zero, way) in enumerate([("a", "x"), ("a", "y"), ("b", "x")])
    ]
    states = pd.DataFrame([[5, 1], [2, 3]], index=["none", "EMD"], columns=["none", "EMD"])
    values = {"yes": pd.Series([1.0, 2, 3, 9]), "no": pd.Series([2.0, 4, 5])}
    lanes = [
        {"months": 9, "ended": True, "bars": [(0, 4, "A"), (5, 9, "B")]},
        {"months": 4, "ended": False, "bars": []},
    ]
    return {
        "survival": joined([survival_panel(curves(), FRAME, MONTHS)], "Survival"),
        "panels": joined([survival_panel(curves(), FRAME, MONTHS), incidence()], "Both"),
        "forest": forest_plot(ratios(), ("CAR-T", "Pomalidomide")),
        "flow": flow_chart(
            [("CAR-T", steps([10, 0, 5]), {"Cells": 3}), ("P", steps([0, 7]), {})], 40
        ),
        "exclusions": flow_chart([("CAR-T", steps([10, 4, 5], "exclude"), {})]),
        "split": split_chart(
            ("All", {"ide-cel": 5, "cilta-cel": 2}), [("Relapsed", {"ide-cel": 1})], "Products"
        ),
        "love": love_plot(smd),
        "overlap": overlap_plot((scores, scores / 2), (scores > 0.3, scores > 0.5), ("A", "B")),
        "sankey": sankey(states, "At baseline", "At progression", "Transitions"),
        "lines": line_flow([["A", "B"], ["A"], ["B", "A", "A", "B", "A"]], ["A", "B"], "Lines"),
        "swimmer": swimmer(lanes, ["A", "B"], "Death", "Lanes"),
        "upset": upset([(("Bone",), 4), (("Bone", "Skin"), 2)], {"Bone": 6, "Skin": 2}, "Sites"),
        "bars": stacked_bars([("All (n = 102)", [50, 49, 3])], ["CR", "PR", "PD"], "Response"),
        "boxes": boxes([("Naive cells, %", values, "Wilcoxon p = 0.2")] * 5, "Cells"),
        "multiverse": multiverse_plot(ways, "Every way", "Hazard ratio"),
    }  # fmt: skip


FIGURES = every_figure()
SHEETS = [
    (f"{name}{end}", svg)
    for name, drawn in FIGURES.items()
    for end, svg in (("", str(drawn)), ("_narrow", drawn.narrow))
    if svg is not None
]


@pytest.mark.parametrize(("name", "svg"), SHEETS)
def test_a_figure_says_what_it_shows_in_words_no_smaller_than_a_phone_can_show(name, svg):
    tree = ElementTree.fromstring(svg)
    width = float(tree.get("viewBox").split()[2])
    sizes = [float(one.get("font-size", SMALL)) for one in parts(tree, "text")]
    assert tree.get("role") == "img" and tree.get("aria-label")
    assert tree.find("{*}title").text
    described = tree.get("aria-describedby")
    assert described is None or tree.find("{*}desc").get("id") == described
    assert min(sizes) >= SMALL
    if name.endswith("_narrow") or FIGURES[name].narrow is None:
        assert width <= NARROW_SHEET, "a phone would shrink its words"


@pytest.mark.parametrize(("name", "svg"), SHEETS)
def test_no_word_and_no_shape_lies_outside_its_sheet(name, svg):
    tree = ElementTree.fromstring(svg)
    _, _, width, height = (float(part) for part in tree.get("viewBox").split())
    moved = {
        child: tuple(map(float, re.findall(r"-?[\d.]+", group.get("transform"))))
        for group in parts(tree, "g") for child in group.iter()
    }  # fmt: skip
    for one in parts(tree, "text"):
        dx, dy = moved.get(one, (0.0, 0.0))
        x, y = float(one.get("x")) + dx, float(one.get("y")) + dy
        if one.get("transform"):
            continue  # turned words run along an axis
        # DejaVu Sans is on average 0.58 em wide; 0.5 leaves out no word that is cut
        long = 0.5 * float(one.get("font-size", SMALL)) * len(one.text or "")
        start = {"middle": x - long / 2, "end": x - long}.get(one.get("text-anchor"), x)
        assert start >= -1 and start + long <= width + 1, (one.text, start, start + long, width)
        assert 0 <= y <= height, one.text
    for one in parts(tree, "rect"):
        dx, dy = moved.get(one, (0.0, 0.0))
        right = float(one.get("x")) + float(one.get("width")) + dx
        assert float(one.get("x")) + dx >= -0.1 and right <= width + 0.1
        assert float(one.get("y")) + float(one.get("height")) + dy <= height + 0.1


def test_arms_differ_in_a_grey_print_too():
    assert len(set(DASHES)) == len(ARMS) == len(set(ARMS))
    svg = survival_panel(curves(), FRAME, MONTHS).svg()
    assert svg.count(f'stroke-dasharray="{DASHES[1]}"') >= 3  # curve, legend, numbers at risk


def test_shades_of_a_bar_run_from_dark_to_light():
    light = [int(shade(k, 5)[1:3], 16) for k in range(5)]
    assert light == sorted(light) and len(set(light)) == 5


def test_a_share_that_finds_no_room_stands_below_its_part():
    assert ">3 %<" in FIGURES["bars"] and ">3 %<" in FIGURES["bars"].narrow


# ---- curves


def ticks(svg: str) -> int:
    return sum(len(re.findall("v6", d)) for d in re.findall(r' d="(M[^"]*v6[^"]*)"', svg))


def test_a_tick_stands_where_a_person_left_and_nowhere_else():
    svg = survival_panel({"All": kaplan_meier(TIME, EVENT)}, FRAME, MONTHS).svg()
    assert ticks(svg) == len(np.unique(TIME[EVENT == 0]))
    assert ticks(survival_panel({"All": kaplan_meier(TIME, EVENT | 1)}, FRAME, MONTHS).svg()) == 0


def test_a_curve_under_a_policy_has_no_ticks():
    rows = pd.DataFrame({name: [0.0, 0.0, 0.0] for name in CURVE_COLUMNS}).assign(
        time_months=[0, 6, 12], survival=[1, 0.8, 0.6], ci_low=[1, 0.7, 0.5],
        ci_high=[1, 0.9, 0.7], n_censored=[0, 4, 5],
    )  # fmt: skip
    svg = coarse_plot(
        {"All": rows}, {"All": np.array([50, 40, 30])}, "Survival", MONTHS, "Rounded."
    )
    assert ticks(svg) == 0 and ticks(svg.narrow or "") == 0


def test_survival_falls_from_all_and_incidence_rises_on_an_axis_of_its_own():
    svg = survival_panel(curves(), FRAME, MONTHS).svg()
    assert ">100 %<" in svg and ">Overall survival<" in svg
    rare = {
        "All": cumulative_incidence(np.r_[3.0, np.full(99, 12.0)], np.r_[1, np.zeros(99, int)])[1]
    }
    at_risk, left = {"All": np.array([100, 99, 99])}, {"All": np.full(99, 12.0)}
    svg = incidence_panel(rare, at_risk, left, FRAME, MONTHS).svg()
    assert ">10 %<" in svg and ">100 %<" not in svg


def test_the_median_is_drawn_where_it_is_reached_and_said_where_it_is_not():
    half = survival_panel({"All": kaplan_meier(TIME, EVENT)}, FRAME, MONTHS).svg()
    assert "median 9.5 (" in half and 'stroke-dasharray="2 3"' in half
    none = survival_panel({"All": kaplan_meier(TIME, EVENT * (TIME < 3))}, FRAME, MONTHS).svg()
    assert "median not reached" in none and 'stroke-dasharray="2 3"' not in none


def test_tests_are_told_above_the_axes():
    tree = ElementTree.fromstring(survival_panel(curves(), FRAME, MONTHS).svg())
    place = {one.text: float(one.get("y")) for one in parts(tree, "text")}
    assert place["Log-rank p = 1"] < place["100 %"]


def test_panels_are_lettered_beside_and_below_each_other():
    assert [letter_of(k) for k in (0, 25, 26, 27)] == ["A", "Z", "AA", "AB"]
    both = FIGURES["panels"]
    for svg in (both, both.narrow):
        assert re.findall(r'font-size="14"[^>]*>([A-Z])<', svg) == ["A", "B"]
    width, height = (float(part) for part in re.search(r"0 0 ([\d.]+) ([\d.]+)", both).groups())
    narrow = [float(part) for part in re.search(r"0 0 ([\d.]+) ([\d.]+)", both.narrow).groups()]
    assert 2 * PANEL < width <= WIDEST_SHEET and narrow[1] > height


# ---- forests


def test_a_forest_names_the_test_of_its_p_and_the_absolute_effects():
    for svg in (FIGURES["forest"], FIGURES["forest"].narrow):
        assert "Wald" in svg and "‡" in svg
        assert "Risk difference" in svg and "Restricted mean" in svg
        assert "Firth" in svg


def test_no_forest_is_wider_than_a4_and_what_few_rows_have_is_told_below():
    width = float(re.search(r"0 0 ([\d.]+) ", FIGURES["forest"])[1])
    assert width <= WIDEST_SHEET


def test_a_factor_alone_stands_hollow_beside_all_together():
    rows = ratios().assign(beside_1="1 / 9")
    rows = rows.assign(**{f"alone_{name}": rows[name] for name in ("hr", "ci_low", "ci_high", "p")})
    both = ratio_forest(rows, ["with the event / n"], "axis", "said", "odds ratio", "Wald")
    for svg in (both, both.narrow):
        assert "alone, odds ratio" in svg.replace("</text>", "") or "alone" in svg
        assert "Hollow: each factor alone" in svg
    one = ratio_forest(ratios().assign(beside_1="1 / 9"), ["with the event / n"], "axis", "said",
                       "odds ratio", "Wald")  # fmt: skip
    assert both.count('fill="#ffffff" stroke') > one.count('fill="#ffffff" stroke')


def test_labels_of_any_length_end_before_the_numbers():
    rows = ratios().assign(beside_1="1 / 9")
    svg = ratio_forest(rows, ["with the event / n"], "axis", "said", "odds ratio", "Wald")
    tree = ElementTree.fromstring(svg)
    texts = list(parts(tree, "text"))
    numbers = min(float(one.get("x")) for one in texts if one.text == "1 / 9")
    labels = [one for one in texts if one.get("x") == "20"]
    assert " ".join(one.text for one in labels if one.text != "Death ‡") == LONG
    widest = max(0.62 * SMALL * len(one.text) for one in labels)
    assert 20 + widest < numbers


# ---- flows


def test_steps_that_nobody_leaves_are_no_box_and_reasons_in_a_row_share_one():
    told = FIGURES["flow"]
    assert "Not: Step 0 (n=10)" in told.replace("</text>", "") or "(n=10)" in told
    assert "Step 1" in told and told.count("Excluded") == 0
    assert "Matched 1:1: 40 pairs" in told and "Cells known of 3" in told
    reasons = FIGURES["exclusions"]
    assert "Excluded (n=19)" in reasons and reasons.count("•") == 3
    assert "Analysed (n=81)" in reasons


# ---- absolute effects


def test_risks_and_their_difference_are_those_of_the_curves():
    treated = np.r_[np.ones(10, bool), np.zeros(10, bool)]
    time, code = np.r_[TIME, TIME / 2], np.r_[EVENT, EVENT]
    found = absolute_effects(time, code, treated, 6.0)
    ours = 1 - kaplan_meier(TIME, EVENT).at([6.0])["survival"][0]
    others = 1 - kaplan_meier(TIME / 2, EVENT).at([6.0])["survival"][0]
    assert found.risks[0].estimate == pytest.approx(ours)
    assert found.risk_difference.estimate == pytest.approx(ours - others)
    assert found.risk_difference.ci_low < ours - others < found.risk_difference.ci_high
    assert found.mean_difference.estimate > 0  # the treated live longer without it
    same = absolute_effects(time, code, treated, 6.0, weights=np.full(20, 2.5))
    assert same.risk_difference.estimate == pytest.approx(found.risk_difference.estimate)


def test_what_competes_is_no_censoring_and_leaves_no_restricted_mean():
    treated = np.arange(10) % 2 == 0
    found = absolute_effects(TIME, CODE, treated, 12.0)
    assert found.mean_difference is None
    own = cumulative_incidence(TIME[treated], CODE[treated], causes=[1])[1].at([12.0])["cif"][0]
    assert found.risks[0].estimate == pytest.approx(own)
