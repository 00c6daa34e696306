"""Every worked example of the treatment history, and every twin of it, is a dbt unit test.

A twin is what the specification says another value of a parameter, or one fact more, would yield.
`TWINS` pairs the words of the specification with the unit test that proves them, and the phrases
that set a parameter (``with name=value``) are read from the examples themselves. The specification
is not part of the repository: without it the tests are skipped.
"""

import csv
import re

import pytest

from myelomart.project import project_root

SECTIONS = ("1", "2", "3", "10", "12")
ALGORITHMS = {
    "myeloma_phenotype",
    "exposures",
    "lines_of_therapy",
    "transplants",
    "cell_therapies",
    "refractoriness",
    "comorbidities",
    "cytogenetics",
    "staging",
}
TWINS = {
    "0, 30 / 0, 29": ["P7a_", "P7b_"],
    "not MM with max_gap 365; 0 / A with NULL": ["P8a_", "P8b_"],
    "as L03 with regimen_window_l1=28": ["L04_"],
    "as L08 with rechallenge_gap_days=None": ["L09_"],
    "as L11 with salvage_asct_mode='imwg_literal'": ["L12_"],
    "with bridging_assignment='prior_line'": ["L14_"],
    "as L15 with the substitution pair enabled": ["L16_"],
    "Same as L17 without PD": ["L19_without_"],
    "As L01 but PD at d200": ["L23_"],
    "28/28, 30/30": ["L04_", "L03_with_regimen_window_l1_30_"],
    "NULL = IMWG, 90": ["L09_", "L07_with_rechallenge_", "L08_with_rechallenge_"],
    "| `discon_gap_days` | 90 | 60, 120, 180 |": ["L19_with_discon_gap_days_60_"],
    "tandem 90, 120": ["L10_with_tandem_days_90_", "L10_with_tandem_days_120_"],
    "| `post_asct_planned_days` | 180 | 120 |": ["L19_with_post_asct_planned_days_120_"],
    "`prior_line` [V5], `own_line`": ["L14_", "bridging_may_be_a_line_of_its_own_"],
    "| `cart_consolidation_days` | 45 |": ["L22_with_cart_consolidation_days_"],
    "| `nontransplant_switch_maintenance` | false | true |": ["with_nontransplant_switch_"],
    "| `asct_after_last_dose_days` | 120 | 90, 180 |": [
        "with_asct_after_last_dose_days_90_and_180"
    ],
    "| `ld_window_days` | 14 (d−14…d−1) | 7, 30 |": [
        "with_ld_window_days_7_and_30",
        "with_vein_to_vein_default_days_30_and_ld_window_days_7",
        "with_vein_to_vein_default_days_60_and_ld_window_days_30",
    ],
    "| 30, 60 | [D] |": [
        "with_vein_to_vein_default_days_30_",
        "with_vein_to_vein_default_days_60_",
    ],
    "| `sct_cluster_days / sct_min_gap_days / tandem_days` | 13 / 60 / 180 |": [
        "transplant_codes_up_to_13_days_apart_are_one_and_60_days_part_two"
    ],
    "counted by default, dropped in `sensitivity_min_cycle`": [
        "a_line_of_less_than_a_cycle_counts_by_default_and_not_in_sensitivity_min_cycle",
        "a_line_is_under_one_cycle_before_21_days_of_cover_and_another_line_within_28",
        "lines_that_count_are_numbered_from_the_first_of_them",
    ],
    "`min_exposure_admin=1`": ["min_exposure_admin_1_", "min_exposure_admin_2_"],
    "`len_min_dose_mg=NULL` (some trials ignore ≤10 mg": [
        "len_min_dose_mg_open_",
        "len_min_dose_mg_15_",
    ],
    "`penta_mode='2+2+1'` (alt `'named_five'`": [
        "penta_mode_2_2_1_",
        "penta_mode_named_five_",
        "R5_with_ixazomib_is_penta_exposed_by_2_2_1",
        "R5_with_ixazomib_and_named_five_is_not_penta_exposed",
        "R6_with_penta_mode_named_five_",
        "R6_with_ixazomib_is_penta_refractory_by_2_2_1",
        "R6_with_ixazomib_and_named_five_is_not_penta_refractory",
    ],
    "if PROBABLE >60 % of refractory calls": ["a_site_with_more_than_60_percent_proxies_"],
    "look-back [−365,−1] (sensitivity all-time)": [
        "lookback_days_365_",
        "without_lookback_days_",
    ],
    "(`hr_mode='ever'`; alt `latest`, `baseline`= ≤90 d of dx)": [
        "hr_mode_ever_",
        "hr_mode_latest_",
        "hr_mode_baseline_",
    ],
    "Gain 1q: ≥3 copies; amp ≥4 (same TRUE)": ["copies_are_a_gain_from_3_"],
    "as R5 but V 0–290": ["R6_penta_", "R6_states_"],
    "TCR TRUE at default, FALSE at `{CONFIRMED}`": ["R7_states_"],
    "EXPOSED (PD is after T; no look-ahead)": ["R8_"],
    "cilta-cel only if R-refractory": ["E2_the_same_", "E2_refractory_"],
    "cilta-cel if R-refractory": ["E5_four_", "E5_not_refractory_"],
    "4 lines under default, 3 under `imwg_strict`": ["E7_"],
    "with C90: 7 / 6": ["H1_with_the_myeloma_code_", "H1_myeloma_codes_"],
    "CGS **NULL** (TP53 unknown); FALSE if TP53 wild-type": ["Y6_"],
    "β2M 6.0, Cr 1.0 / Cr 2.0": ["Y9_"],
    "hr_S4 FALSE if tested": ["Y10_del_", "Y10_nothing_else_tested"],
    "all NULL (`hr_lenient` FALSE)": ["Y11_"],
}


@pytest.fixture(scope="module")
def treatment_sections(specification) -> str:
    """Sections 1, 2, 3, 10 and 12 of the specification."""
    parts = re.split(r"^## (?=\d)", specification, flags=re.M)
    return "".join(part for part in parts if part.split(".")[0] in SECTIONS)


@pytest.fixture(scope="module")
def unit_tests() -> list[str]:
    """The names of all dbt unit tests."""
    files = (project_root() / "models").rglob("*unit_tests.yml")
    return [
        name
        for file in files
        for name in re.findall(r"^  - name: (\w+)\n", file.read_text(encoding="utf-8"), re.M)
    ]


def examples(text: str) -> list[str]:
    """The ids in the first column of the worked examples: P7a / P7b is two."""
    firsts = re.findall(r"^\| ((?:P|L|R|E|F|H|Y)\d+\w?(?: / \w+)*) \|", text, flags=re.M)
    return [identifier for first in firsts for identifier in first.split(" / ")]


def test_every_example_is_a_unit_test_under_its_id(treatment_sections, unit_tests):
    found = examples(treatment_sections)
    assert len(found) == 67
    tested = {name.split("_")[0] for name in unit_tests}
    # P8 is two tests, one for each value of its parameter
    tested |= {name[:-1] for name in tested if name[-1] in "ab"}
    assert sorted(set(found) - tested) == []


@pytest.mark.parametrize("words", TWINS)
def test_every_twin_is_a_unit_test(words, treatment_sections, unit_tests):
    assert words in treatment_sections
    assert [
        start for start in TWINS[words] if not any(t.startswith(start) for t in unit_tests)
    ] == []


def test_every_parameter_of_these_sections_is_read_by_a_model():
    """A row that no model reads would have no effect."""
    seed = project_root() / "seeds" / "clinical_rules" / "algorithm_parameters.csv"
    with seed.open(encoding="utf-8") as file:
        rows = {(row["algorithm"], row["parameter"]) for row in csv.DictReader(file)}
    models = {
        model.stem: model.read_text(encoding="utf-8")
        for model in (project_root() / "models").rglob("*.sql")
    }
    elsewhere = "".join(text for name, text in models.items() if name != "int_line_rules")
    read = set(re.findall(r"parameter\('(\w+)', '(\w+)'\)", elsewhere))
    read |= {
        ("lines_of_therapy", column)
        for column in re.findall(r"line_rules\.(\w+)", elsewhere)
        if f"as {column}" in models["int_line_rules"]
    }
    ours = {row for row in rows if row[0] in ALGORITHMS}
    assert len(ours) > 80
    assert sorted(ours - read) == []


def test_no_example_sets_a_parameter_that_has_no_twin(treatment_sections):
    set_in_examples = re.findall(r"with (\w+=[\w']+)", treatment_sections)
    assert len(set_in_examples) == 4
    assert [words for words in set_in_examples if not any(words in twin for twin in TWINS)] == []
