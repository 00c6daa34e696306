"""The seeds hold every code of the report, with its bounds, and expand none they must not."""

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from myelomart.project import project_root

SEEDS = project_root() / "seeds" / "concept_sets"
SHARED = Path(os.environ.get("MYELOMART_SHARED", project_root().parent / "shared"))
REPORT = SHARED / "reference" / "code_sets.csv"
# one band of several is not the whole M-protein: it is added up from its bands
MOVED = {("m_protein_serum", "51435-6"): "m_protein_serum_band_1"}
# any therapeutic infusion is no immunoglobulin; linvoseltamab has codes of its own since 2026
GONE = {
    ("ivig_administration", "96365"),
    ("ivig_administration", "96366"),
    ("linvoseltamab", "L01FX"),
}


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def sets():
    return {row["concept_set_id"]: row for row in rows(SEEDS / "concept_sets.csv")}


@pytest.fixture(scope="module")
def members():
    return rows(SEEDS / "concept_set_members.csv")


@pytest.mark.skipif(not REPORT.exists(), reason=f"the report is not at {REPORT}")
def test_every_code_of_the_report_is_a_member_or_the_unit_of_its_set(sets, members):
    listed = {(row["concept_set_id"], row["vocabulary_id"], row["code"]): row for row in members}
    report = rows(REPORT)
    assert len({row["code_set"] for row in report} & sets.keys()) == 252
    for row in report:
        if row["vocabulary_id"] == "UCUM":
            assert sets[row["code_set"]]["canonical_unit"] == row["code"]
            assert sets[row["code_set"]]["canonical_unit_concept_id"] == row["concept_id"]
            continue
        if (row["code_set"], row["code"]) in GONE:
            assert (row["code_set"], row["vocabulary_id"], row["code"]) not in listed
            continue
        code_set = MOVED.get((row["code_set"], row["code"]), row["code_set"])
        member = listed[code_set, row["vocabulary_id"], row["code"]]
        assert member["concept_id"] == row["concept_id"]
        assert (member["include_descendants"] == "true") == (row["include_descendants"] == "yes")
        # what was read then stays read; what was recalled then may have been read since
        assert member["is_verified"] == "true" or row["verified"] == "no"


@pytest.mark.parametrize(
    ("code", "valid_from", "valid_to"),
    [
        ("J9380", "2023-07-01", ""),
        ("XW033C3", "", "2021-09-30"),
        ("XW043C3", "", "2021-09-30"),
        ("XW033K7", "2021-10-01", ""),
        ("XW043A7", "2021-10-01", ""),
        ("0540T", "2019-01-01", "2024-12-31"),
        ("38228", "2025-01-01", ""),
        ("018", "2020-10-01", ""),
        ("D89.831", "2020-10-01", ""),
        ("G92.00", "2021-10-01", ""),
        ("G92", "", "2021-09-30"),
        ("Z92.850", "2021-10-01", ""),
    ],
)
def test_dated_codes_carry_their_dates(members, code, valid_from, valid_to):
    found = [row for row in members if row["code"] == code]
    assert found
    for row in found:
        assert (row["valid_from"], row["valid_to"]) == (valid_from, valid_to)


def test_placeholders_are_neither_matched_nor_expanded(sets, members):
    placeholders = [row for row in members if row["is_placeholder"] == "true"]
    assert {row["concept_set_id"] for row in placeholders} == {
        "cevostamab",
        "cyto_del_1p32",
        "cyto_del_1p32_biallelic",
        "bcma_car_t_other",
        "car_t_other_myeloma_target",
        "cold_remedy",
        "self_injector",
    }
    assert all(row["include_descendants"] == "false" for row in placeholders)
    assert all(sets[row["concept_set_id"]]["status"] == "no_code" for row in placeholders)


def test_only_a_code_with_another_meaning_is_marked_as_reused(members):
    assert {row["code"] for row in members if row["is_reused"] == "true"} == {"J1440", "J9380"}


def test_the_status_and_categories_of_a_set_are_those_of_its_members(sets, members):
    categories = {name: set() for name in sets}
    verified = {name: Counter() for name in sets}
    for row in members:
        categories[row["concept_set_id"]].add(row["category"])
        if row["is_placeholder"] == "false":
            verified[row["concept_set_id"]][row["is_verified"]] += 1
    for name, row in sets.items():
        assert row["categories"] == "+".join(sorted(categories[name])), name
        counts = verified[name]
        expected = (
            "no_code" if not counts
            else "verified" if not counts["false"]
            else "unverified" if not counts["true"]
            else "partly_verified"
        )  # fmt: skip
        assert row["status"] == expected, name


def test_a_day_that_a_name_or_caveat_gives_stands_in_the_columns(members):
    said = 0
    for row in members:
        words = f"{row['name']} {row['caveat']}"
        for pattern, column in ((r"from (\d{4}-\d\d-\d\d)", "valid_from"),
                                (r"until (\d{4}-\d\d-\d\d)", "valid_to")):  # fmt: skip
            for day in re.findall(pattern, words):
                said += 1
                assert row[column] == day, (row["concept_set_id"], row["code"])
    assert said > 10


@pytest.mark.skipif(not REPORT.exists(), reason=f"the report is not at {REPORT}")
def test_cpt_rows_keep_short_words_of_our_own(members):
    ours = {(row["code_set"], row["code"]): row["concept_name"] for row in rows(REPORT)
            if row["vocabulary_id"] == "CPT4"}  # fmt: skip
    cpt = [row for row in members if row["vocabulary_id"] == "CPT4"]
    assert len(cpt) >= len(ours)
    for row in cpt:
        assert row["name"] == ours.get((row["concept_set_id"], row["code"]), row["name"])
        assert 0 < len(row["name"]) < 90, row["code"]


def test_a_code_that_was_not_read_says_so(members):
    for row in members:
        if row["is_placeholder"] == "false" and row["is_verified"] == "false":
            words = f"{row['source']} {row['caveat']}"
            assert "recalled" in words or "mod-10" in words, (row["concept_set_id"], row["code"])


def test_an_ndc_is_the_nine_digits_of_labeler_and_product_and_matches_by_prefix(members):
    products = [row for row in members if row["vocabulary_id"] == "NDC"]
    assert len(products) > 250
    for row in products:
        assert re.fullmatch(r"\d{9}", row["code"]) and row["include_descendants"] == "true"
    assert len({row["code"] for row in products}) == len(products)
