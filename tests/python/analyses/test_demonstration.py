"""The demonstration is the real path: what it leaves behind is whole, and made once."""

import hashlib
import json
import re

import pandas as pd
import pytest

from myelomart import warehouse
from myelomart.demonstration import demonstrate
from myelomart.project import project_root
from myelomart.publishing import publish, run_studies
from myelomart.results import CURVE_COLUMNS, ESTIMATE_COLUMNS, MARK


@pytest.fixture(scope="module")
def estimates(demo):
    """The estimates of the study as printed, without other time zeros and another censoring."""
    everything = pd.read_parquet(demo / "results" / "cart_vs_pom" / "estimates.parquet")
    everything = everything[~everything["analysis_id"].str.contains("_until_")]
    return everything[~everything["arm"].str.contains(", ", na=False)]


def test_every_outcome_has_sizes_events_and_a_ratio_with_its_p(
    estimates,
):
    ratios = estimates.query(
        "statistic == 'hazard_ratio' and analysis_id == 'cart_vs_pom_hazard_ratios'"
    )
    assert len(ratios) == 30
    assert ratios[["estimate", "ci_low", "ci_high", "p_value"]].notna().all().all()
    assert (ratios["ci_low"] < ratios["estimate"]).all()
    assert (ratios["estimate"] < ratios["ci_high"]).all()
    for statistic in ("n", "events", "removed_for_prior_outcome"):
        rows = estimates[estimates["statistic"] == statistic]
        assert rows.groupby("endpoint")["arm"].nunique().eq(2).all()
        assert rows["endpoint"].nunique() == 30
        assert rows["estimate"].notna().all()


def test_removed_and_kept_are_the_matched_arms(estimates):
    size = estimates.query("population == 'matched' and row_label == 'Persons'")["estimate"]
    assert size.nunique() == 1  # 1:1
    wide = estimates[estimates["statistic"].isin(["n", "removed_for_prior_outcome"])]
    sums = wide.groupby(["endpoint", "arm"])["estimate"].sum()
    assert sums.eq(size.iloc[0]).all()


def test_matching_improves_the_balance(estimates):
    smd = estimates[estimates["statistic"] == "standardized_difference"]
    worst = smd.groupby("population")["estimate"].apply(lambda values: values.abs().mean())
    assert worst["matched"] < worst["before matching"]


def test_the_flow_closes_and_ends_in_the_cohort(estimates):
    flow = estimates[(estimates["row_group"] == "Flow")]
    for _, arm in flow.groupby("arm"):
        after = arm.loc[arm["statistic"] == "persons_after"].set_index("row_label")
        left = arm.loc[arm["statistic"] == "persons_excluded"].set_index("row_label")
        assert (after["denominator"] - left["estimate"]).eq(after["estimate"]).all()


def test_results_have_the_columns_that_others_rely_on(demo, estimates):
    curves = pd.read_parquet(demo / "results" / "cart_vs_pom" / "curves.parquet")
    assert list(estimates) == [*ESTIMATE_COLUMNS, MARK]
    assert list(curves) == [*CURVE_COLUMNS, MARK]
    at_start = curves.groupby(["endpoint", "arm"])["n_risk"].max()
    sizes = estimates[estimates["statistic"] == "n"].set_index(["endpoint", "arm"])["estimate"]
    assert set(at_start.index) <= set(sizes.index)
    assert at_start.eq(sizes[at_start.index]).all()


def test_the_docs_list_the_columns_in_their_order():
    listed = (project_root() / "docs" / "results.md").read_text().split("\n## Columns")[1]
    tables = listed.split("\n## ")[0].split("`curves`:")
    for text, columns in zip(tables, (ESTIMATE_COLUMNS, CURVE_COLUMNS), strict=True):
        cells = re.findall(r"^\| ([a-z_, ]+) \|", text, re.MULTILINE)
        assert [name for cell in cells[1:] for name in cell.split(", ")] == list(columns)


def test_every_estimate_and_curve_joins_to_its_analysis(demo, estimates):
    with warehouse.database(demo / "myelomart.duckdb") as connection:
        rows = warehouse.rows(
            connection,
            "select analysis_id, output_id from studies.study_analyses "
            "where study_id = 'cart_vs_pom'",
        )
    curves = pd.read_parquet(demo / "results" / "cart_vs_pom" / "curves.parquet")
    for frame in (estimates, curves):
        assert set(map(tuple, frame[["analysis_id", "output_id"]].drop_duplicates().values)) <= {
            *rows
        }
        assert frame["analysis_id"].notna().all()


def test_the_hashes_of_models_and_inputs_are_known(demo):
    told = json.loads((demo / "results" / "cart_vs_pom" / "manifest.json").read_text())
    assert {"study_population", "study_category_order", "study_quality"} <= set(told["models"])
    assert all(len(one) == 64 for one in told["models"].values())
    assert told["inputs"]["cdm.person"]
    assert "(SQL not known)" not in (demo / "report.html").read_text()


def test_the_same_warehouse_gives_the_same_bytes(demo, tmp_path):
    database = demo / "myelomart.duckdb"
    publish(run_studies(database, ["cart_vs_pom"]), tmp_path)
    first, second = (
        {
            file.relative_to(root): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(root.rglob("*"))
            if file.is_file()
        }
        for root in (demo / "results" / "cart_vs_pom", tmp_path / "cart_vs_pom")
    )
    assert first == second


def test_a_second_run_makes_nothing_again(demo):
    before = (demo / "myelomart.duckdb").stat().st_mtime_ns
    said = []
    assert demonstrate(demo, say=said.append) == []
    assert (demo / "myelomart.duckdb").stat().st_mtime_ns == before
    assert said == ["nothing changed: the report is up to date"]


def test_the_report_needs_no_network_and_shows_every_outcome(demo):
    page = (demo / "report.html").read_text()
    loaded = re.findall(r'(?:src|href)="(https?:[^"]+)"', page)
    assert loaded == []
    assert page.count("<script") == 3  # its own: files to save, what is searched, and what acts
    for label in ("Death from any cause", "Secondary acute myeloid leukemia", "0.63 (0.45–0.88)"):
        assert label in page
    assert page.count("<svg ") >= 25


def test_the_manifest_names_versions_inputs_and_seeds_but_no_person_or_path(demo):
    manifest = json.loads((demo / "results" / "cart_vs_pom" / "manifest.json").read_text())
    assert manifest["Rule set"] == "default"
    assert manifest["inputs"]["cdm.person"]
    assert manifest["seeds"]["cart_vs_pom_hazard_ratios"]
    assert str(demo) not in json.dumps(manifest)
