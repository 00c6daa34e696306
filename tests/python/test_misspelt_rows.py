"""A study is rows: what is misspelt in them stops the build, with the row named."""

import csv
import shutil

import pandas as pd
import pytest

from myelomart.project import project_root

WRONG_ROWS = [
    (
        "cohort_criteria", {"cohort_id": "cart_vs_pom_cart", "step": "5"},
        "event_group", "bispecifc",
        "cohort_criteria: in the row with cohort_id cart_vs_pom_cart, step 5",
    ),
    (
        "endpoint_rules", {"endpoint_id": "crs_any", "role": "event"}, "role", "evnt",
        "endpoint_rules: in the row with study_id cart_vs_pom, endpoint_id crs_any",
    ),
    (
        "covariates", {"covariate_id": "sex"}, "characteristic", "gender",
        "covariates: in the row with study_id cart_vs_pom, covariate_id sex",
    ),
    (
        "analyses", {"analysis_id": "cart_vs_pom_curves"}, "endpoint_ids",
        "all_cause_mortality;mds;anaemia",
        "analyses: in the row with analysis_id cart_vs_pom_curves, the endpoint_ids",
    ),
    (
        "analyses", {"analysis_id": "cart_vs_pom_hazard_ratios"}, "months_shown", "0;twelve",
        "analyses: in the row with analysis_id cart_vs_pom_hazard_ratios, the months_shown",
    ),
    (
        "cohort_criteria", {"cohort_id": "first_line_transplant_yes", "step": "2"},
        "window_end_days", "-400",
        "cohort_criteria: in the row with cohort_id first_line_transplant_yes, step 2",
    ),
]  # fmt: skip


def change(project, seed, where, column, value):
    file = project / "seeds" / "studies" / f"{seed}.csv"
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    hit = [row for row in rows if all(row[name] == text for name, text in where.items())]
    hit[0][column] = value
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def refused(models, tmp_path_factory):
    """What a build says when every row of WRONG_ROWS is as it is there.

    That the rows as they are build is proved by test_dbt_build.py.
    """
    project = tmp_path_factory.mktemp("misspelt")
    shutil.copytree(project_root() / "seeds", project / "seeds")
    for seed, where, column, value, _ in WRONG_ROWS:
        change(project, seed, where, column, value)
    return models.of_rows(project).build(project / "rows.duckdb", ["known_event_codes"])


@pytest.mark.parametrize("wrong", WRONG_ROWS, ids=lambda wrong: f"{wrong[0]}.{wrong[2]}")
def test_a_misspelt_name_stops_the_build_and_names_the_row(refused, wrong):
    *_, value, sentence = wrong
    assert [one for one in refused if sentence in one and f"«{value}»" in one]


def test_no_other_row_is_refused(refused):
    assert len(refused) == len(WRONG_ROWS)


def test_a_version_censored_at_the_next_t_cell_therapy_differs_in_that_alone():
    folder = project_root() / "seeds" / "studies"
    ends = pd.read_csv(folder / "endpoints.csv", dtype=str).fillna("")
    rules = pd.read_csv(folder / "endpoint_rules.csv", dtype=str).fillna("")
    analyses = pd.read_csv(folder / "analyses.csv", dtype=str).fillna("")
    until = "_until_t_cell_therapy"
    versions = ends[ends["endpoint_id"].str.endswith(until)]
    own = ends[ends["study_id"] == "cart_vs_pom"]["endpoint_id"]
    assert len(versions) == 23
    assert set(versions["endpoint_id"].str.removesuffix(until)) <= set(own)
    what = ["role", "priority", "event_group", "value_operator", "value_number", "reason"]
    kept = ["row_group", "start_day", "horizon_days", "excludes_prior", "prior_until_day"]
    for one in versions.itertuples():
        name = one.endpoint_id.removesuffix(until)
        base, version = (
            set(rules.loc[rules["endpoint_id"] == key, what].itertuples(index=False, name=None))
            for key in (name, one.endpoint_id)
        )
        added = {("censor", "4", "t_cell_therapy", "", "", "CAR-T or bispecific antibody")}
        assert version - base == added and base <= version
        first = ends[(ends["endpoint_id"] == name) & (ends["study_id"] == "cart_vs_pom")].iloc[0]
        assert [getattr(one, column) for column in kept] == first[kept].tolist()
    # from apheresis or lymphodepletion the index treatment itself would be the next one
    asked = analyses[analyses["endpoint_ids"].str.contains(until)]
    assert set(asked["treated_cohort_id"]) == {"cart_vs_pom_cart"}
    assert set(asked["comparator_cohort_id"]) == {"cart_vs_pom_pom"}
    own = analyses[analyses["study_id"] == "cart_vs_pom"]
    of_labs = own["analysis_type"].isin(["lab_changes", "grade_shifts"])  # these read no endpoint
    assert not own[~of_labs]["endpoint_ids"].iloc[2:].eq("").any()
