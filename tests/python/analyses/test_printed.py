"""Our value beside the printed one: found by its place, and every printed number accounted for."""

import re

import pandas as pd
import pytest

from myelomart.analyses import TYPES
from myelomart.display.printed import printed_table
from myelomart.project import project_root
from myelomart.results import Results

EVIDENCE = project_root() / "seeds" / "evidence"
PLACED = ("analysis_id", "covariate_id", "endpoint_id", "level", "group_value")
PRINTED = ("row_id", "endpoint", "category", "statistic", "arm_or_group", "issue_id", "p_operator",
           "estimate_status", "time_anchor")  # fmt: skip
NUMBERS = ("estimate", "p_value", "numerator", "denominator", "ci_low", "ci_high", "iqr_low",
           "iqr_high", "range_low", "range_high", "timepoint_months")  # fmt: skip


def beside(kind: str, add, **place) -> str:
    """Our cell beside one printed number."""
    row = dict.fromkeys((*PLACED, *PRINTED)) | dict.fromkeys(NUMBERS, float("nan"))
    row |= {"row_id": "X-1", "analysis_id": "one", "statistic": "percent", "endpoint": "orr"}
    results = Results("made_up", analysis_id="one")
    add(results)
    printed = pd.DataFrame([row | place])
    table = printed_table("one", results.own_rows("one"), printed, TYPES[kind].ours)
    return table.rows[0][2]


def arms(results):
    for population, sizes in (("before matching", (90, 300)), ("matched", (80, 80))):
        for arm, size in zip(("CAR-T", "Pomalidomide"), sizes, strict=True):
            results.add("O", "count", population=population, row_group="Size",
                        row_label="Persons", arm=arm, estimate=size)  # fmt: skip
        results.add("O", "count", population=population, row_group="Size", row_label="Sites",
                    estimate=sizes[0] / 10, numerator=sizes[0] / 10)  # fmt: skip


def test_the_size_printed_is_that_of_the_arms_as_compared():
    place = {"statistic": "count", "estimate": 437.0}
    assert beside("baseline", arms, group_value="Pomalidomide", **place) == "80"
    assert beside("baseline", arms, level="Sites", **place) == "8"


def levels(results):
    for level, count in (("0-1", 9), ("2", 3)):
        results.add("O", "percent", row_label=f"ECOG: {level}", arm="All", endpoint="ecog",
                    numerator=count, denominator=12)  # fmt: skip
    results.add("O", "count", row_label="ECOG: unknown", arm="All", endpoint="ecog", numerator=4)


def test_a_level_that_nobody_has_is_none_of_those_known():
    assert beside("cohort_table", levels, covariate_id="ecog", level="2") == "3 / 12 (25.0 %)"
    assert beside("cohort_table", levels, covariate_id="ecog", level="3") == "0 / 12 (0.0 %)"
    assert beside("cohort_table", levels, covariate_id="age", level="3") == "–"


def test_a_count_is_never_answered_by_a_denominator():
    unknown = {"statistic": "count", "covariate_id": "ecog", "category": "unknown"}
    assert beside("cohort_table", levels, **unknown) == "4"
    sizeless = {"statistic": "count", "endpoint": "n_patients"}
    assert beside("cohort_table", levels, **sizeless) == "–"
    assert beside("cohort_table", levels, **sizeless, covariate_id="ecog") == "–"


def test_the_same_site_at_two_times_bears_its_time():
    row = dict.fromkeys((*PLACED, *PRINTED)) | dict.fromkeys(NUMBERS, float("nan"))
    row |= {"analysis_id": "one", "statistic": "percent", "endpoint": "emd", "category": "skin"}
    printed = pd.DataFrame(
        [row | {"row_id": f"X-{k}", "time_anchor": when} for k, when in enumerate(("at", "after"))]
    )
    table = printed_table("one", [], printed, TYPES["cohort_table"].ours)
    assert [one[0] for one in table.rows] == ["EMD, skin, at (%, X-0)", "EMD, skin, after (%, X-1)"]


def lines(results):
    for statistic, count in (("percent_used", 40), ("percent_patients", 29)):
        results.add("O", statistic, row_label="Bispecific", arm="All lines", numerator=count,
                    denominator=79)  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "statistic", "ours"),
    [
        ("regimen_used", "percent", "40 / 79 (50.6 %)"),
        ("bispecific_instances", "count", "40"),
        ("received_bispecific", "percent", "29 / 79 (36.7 %)"),
    ],
)
def test_lines_and_patients_are_two_counts(endpoint, statistic, ours):
    place = {"endpoint": endpoint, "statistic": statistic, "level": "Bispecific"}
    assert beside("line_table", lines, group_value="all", **place) == ours


def factors(results):
    for label, value in (("Earlier transplant", 1.5), ("Age", 1.1)):
        results.add("O", "hazard_ratio_univariable", row_label=label, arm="Survival",
                    estimate=value, ci_low=1.0, ci_high=2.0, p_value=0.04)  # fmt: skip


def compared(results):
    for label, p in (("Bone", 0.4), ("Marrow", 0.2)):
        results.add("O", "percent", row_label=label, arm="All", p_value=p, p_test="Fisher")


def test_what_is_said_in_words_meets_our_ratio_or_our_smallest_p():
    ours = beside("prognostic_factors", factors, statistic="comparison", level="Earlier transplant")
    assert ours == "Survival: 1.50 (1.00–2.00), p 0.040"
    ours = beside("cohort_table", compared, statistic="comparison")
    assert ours == "2 tests, the smallest p 0.200 (Fisher): Marrow"


def test_each_printed_number_is_placed_repeats_another_or_is_listed_with_its_reason():
    printed = pd.read_csv(EVIDENCE / "published_results.csv", dtype=str).fillna("")
    placed = set(pd.read_csv(EVIDENCE / "published_places.csv", dtype=str)["row_id"])
    first = printed[printed["repeat_of"] == ""]
    listed = (project_root() / "docs" / "studies.md").read_text()
    listed = listed.split("## Printed numbers without a value of ours")[1]
    reasons = re.findall(r"[A-Z]+-\d{3}", listed)
    assert len(reasons) == len(set(reasons))
    assert set(reasons) == set(first["row_id"]) - placed
    for count in (len(printed), len(printed) - len(first), len(placed)):
        assert re.search(rf"\b{count}\b", listed)


def test_each_statement_of_a_page_is_answered_by_a_value_of_ours_or_says_why_not():
    printed = pd.read_csv(EVIDENCE / "published_results.csv", dtype=str).fillna("")
    places = pd.read_csv(EVIDENCE / "published_places.csv", dtype=str).fillna("")
    places = places[places["study_id"] == "evidence"]
    met = set(places.loc[(places["covariate_id"] != "") | (places["endpoint_id"] != ""), "row_id"])
    listed = pd.read_csv(EVIDENCE / "unanswered_statements.csv", dtype=str)
    unmet = set(listed["row_id"])
    assert met | unmet == set(places["row_id"]) and not met & unmet
    page = set(printed.loc[printed["study_id"] == "clinical_qa", "row_id"])
    assert len(page) == 51 and page <= met | unmet
    assert (listed["reason"].str.len() > 20).all()
