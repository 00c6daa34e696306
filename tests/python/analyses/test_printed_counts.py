"""Every printed count that has a place is met by a count of the same thing, had here by SQL.

The queries ask the studies' own rows and know nothing of estimates or labels of tables.
"""

import csv
import re

import pandas as pd
import pytest

from myelomart import warehouse
from myelomart.project import project_root

EVIDENCE = project_root() / "seeds" / "evidence"
WITHOUT_OURS = "evidence_benchmarks"  # its table shows the cited numbers themselves


def members(cohort: str, **covariates) -> str:
    """Members of a cohort with these values; None where the value is not known."""
    query = f"select count(*) from studies.study_population as members where cohort_id = '{cohort}'"
    for name, value in covariates.items():
        has = (
            "value_text is null and value_number is null" if value is None
            else f"value_text = '{value}'" if isinstance(value, str)
            else f"value_number = {value}"
        )  # fmt: skip
        query += (
            " and exists (select * from studies.study_covariates as own where own.person_id = "
            f"members.person_id and own.cohort_id = '{cohort}' and covariate_id = '{name}' "
            f"and {has})"
        )
    return query


def phenotyped(**group) -> str:
    """Members of a group of whom any number of the infused cells is known."""
    return (
        members("followup_infused", **group)
        + " and exists (select * from studies.study_covariates as own inner join studies.covariates"
        " using (study_id, covariate_id) where own.person_id = members.person_id and own.cohort_id"
        " = 'followup_infused' and row_group = 'Infused cells' and own.value_number is not null)"
    )


def lines(where: str, what: str = "count(*)") -> str:
    """Lines after the relapse."""
    return (
        f"select {what} from studies.study_lines where cohort_id = 'salvage_relapsed' and {where}"
    )


def left(step: int) -> str:
    """Who leaves the way into the salvage study at a step; who came is step 0."""
    what = "persons_after" if step == 0 else "persons_excluded"
    cohort = "cohort_id = 'salvage_infused'"
    return f"select {what} from studies.study_attrition where {cohort} and step = {step}"


def first_therapy(**group) -> str:
    return members("patterns_progressed", first_therapy=None, **group)


REFRACTORY, RELAPSED = "refractory: within 60 days", "relapsed: after 60 days"
SITES = "select count(distinct site_id) from studies.study_population where cohort_id in ({})"
COUNTS = {
    "SAL-001": left(0), "SAL-003": left(1), "SAL-004": left(2), "SAL-005": left(3),
    "SAL-006": left(4),
    "SAL-024": members("salvage_relapsed", cytogenetics_tested=1),
    "SAL-075": members("salvage_relapsed", high_risk_cytogenetics=0),
    "SAL-080": lines("ordinal_after_index = 1 and is_evaluable"),
    "SAL-088": lines("true"),
    "SAL-171": lines("is_evaluable"),
    "SAL-173": lines("therapy_group_salvage like 'Bispecific%'"),
    "SAL-175": lines("therapy_group_salvage = 'Bispecific BCMA-directed'"),
    "SAL-176": lines("therapy_group_salvage = 'Bispecific non-BCMA-directed'"),
    "SAL-189": lines("therapy_group_salvage = 'Allo-SCT'", "count(distinct person_id)"),
    "SAL-192": "select count(*) from studies.study_endpoints as given inner join "
    "studies.study_endpoints as lived using (cohort_id, person_id) where cohort_id = "
    "'salvage_relapsed' and given.endpoint = 'transplant_after_relapse' and given.event = 1 and "
    "lived.endpoint = 'os' and given.time_days < lived.time_days",
    "LTF-001": members("followup_infused"),
    "LTF-005": members("followup_infused", neurotoxicity_severe=1),
    "LTF-019": "select count(*) from studies.study_covariates where cohort_id = 'followup_infused' "
    "and covariate_id = 'best_response' and value_text is not null",
    "LTF-020": "select count(*) from studies.study_covariates where cohort_id = 'followup_infused' "
    "and covariate_id = 'best_response' and value_text in ('sCR', 'CR')",
    "LTF-023": phenotyped(prior_autologous_transplant=1),
    "LTF-024": phenotyped(prior_autologous_transplant=0),
    "LTF-025": phenotyped(time_from_transplant="more than 1 year"),
    "LTF-026": phenotyped(time_from_transplant="within 1 year"),
    "PRG-001": members("patterns_received"),
    "PRG-002": members("patterns_received", product="ide_cel"),
    "PRG-003": members("patterns_received", product="cilta_cel"),
    "PRG-004": members("patterns_progressed"),
    "PRG-005": members("patterns_progressed", product="ide_cel"),
    "PRG-006": members("patterns_progressed", product="cilta_cel"),
    "PRG-007": members("patterns_received", progression_timing=REFRACTORY),
    "PRG-008": members("patterns_received", progression_timing=REFRACTORY, product="ide_cel"),
    "PRG-009": members("patterns_received", progression_timing=REFRACTORY, product="cilta_cel"),
    "PRG-010": members("patterns_received", progression_timing=RELAPSED),
    "PRG-011": members("patterns_received", progression_timing=RELAPSED, product="ide_cel"),
    "PRG-012": members("patterns_received", progression_timing=RELAPSED, product="cilta_cel"),
    "PRG-013": members("patterns_progressed", baseline_emd=1),
    "PRG-014": members("patterns_progressed", baseline_emd=0),
    "PRG-169": first_therapy(), "PRG-170": first_therapy(baseline_emd=1),
    "PRG-171": first_therapy(baseline_emd=0),
}  # fmt: skip


@pytest.fixture(scope="module")
def cells(demo) -> dict[str, str]:
    """Our cell beside each printed number, by its row id."""
    found = {}
    for file in sorted((demo / "results").glob("*/tables/*_beside_printed.csv")):
        with file.open(encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                found[re.search(r"([A-Z]+-\d{3})\)$", row["row"])[1]] = row["this warehouse"]
    return found


@pytest.fixture(scope="module")
def places() -> pd.DataFrame:
    """Every printed number with a place among ours."""
    printed = pd.read_csv(EVIDENCE / "published_results.csv", dtype=str)
    placed = pd.read_csv(EVIDENCE / "published_places.csv", dtype=str)
    joined = placed.merge(printed, on="row_id", suffixes=("", "_printed"))
    return joined[joined["repeat_of"].isna()]


def test_every_printed_count_meets_ours(demo, cells, places):
    counts = places[(places["statistic"] == "count") & (places["analysis_id"] != WITHOUT_OURS)]
    matched = pd.read_parquet(demo / "results" / "cart_vs_pom" / "estimates.parquet")
    ended = matched[matched["statistic"].isin(["n", "removed_for_prior_outcome"])]
    ended = ended.query("analysis_id == 'cart_vs_pom_hazard_ratios'")
    sizes = ended.groupby(["arm", "endpoint"])["estimate"].sum().groupby("arm").first()
    wanted = {"CVP-002": sizes["CAR-T"], "CVP-003": sizes["Pomalidomide"]}
    with warehouse.database(demo / "myelomart.duckdb") as connection:
        cohorts = "'cart_vs_pom_cart', 'cart_vs_pom_pom'"
        for row_id, query in (COUNTS | {"CVP-001": SITES.format(cohorts)}).items():
            wanted[row_id] = warehouse.value(connection, query)
    assert set(wanted) == set(counts["row_id"])
    ours = {row_id: f"{value:.0f}" for row_id, value in wanted.items()}
    assert {row_id: cells[row_id] for row_id in wanted} == ours


def test_every_printed_number_but_those_of_levels_we_never_list_has_ours_beside_it(cells, places):
    beside = places[places["analysis_id"] != WITHOUT_OURS]
    beside = beside[beside["statistic"] != "hazard_ratio"]  # these stand in the table itself
    assert set(beside["row_id"]) <= set(cells)
    shares = beside[beside["statistic"] == "percent"]["row_id"]
    wrong = {one: cells[one] for one in shares if not re.search(r" / \d+ \(|–$", cells[one])}
    assert wrong == {}
