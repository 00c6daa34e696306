"""The audit queries: each runs as it stands on a built warehouse, and its counts close."""

import json
import re

import duckdb
import pandas as pd
import pytest

from myelomart.population.levels import level_in_words
from myelomart.project import project_root

FILES = sorted((project_root() / "analyses").glob("*.sql"))
CURVES = [
    "cvp_o3_curves", "ltf_f2_by_response", "ltf_f2_curves", "ltf_f2_relapse", "prg_f3_curves",
    "prg_f4_curves", "prg_f5_curves", "sal_f1_curves", "sal_f2_curves", "sal_f3_pfs",
    "sal_f3_t_cell_engaging", "sal_s2_cytogenetics", "sal_s2_response", "sal_s3_transplant",
]  # fmt: skip
SUMMARIES = {  # query of a table of one cohort: its analysis
    "sal_t1_characteristics": "salvage_characteristics",
    "prg_t1_baseline": "patterns_baseline",
    "prg_t2_patterns": "patterns_of_progression",
    "prg_t3_first_therapy": "patterns_first_therapy",
    "prg_x1_sites": "patterns_sites",
}
FLOWS = {
    "sal_s1_flow": "salvage_flow", "ltf_f1_flow": "followup_flow",
    "cvp_o1_flow": "cart_vs_pom_flow",
}  # fmt: skip
DAYS_PER_MONTH = 365 / 12


@pytest.fixture(scope="module")
def warehouse(demo):
    with duckdb.connect(str(demo / "myelomart.duckdb"), read_only=True) as connection:
        connection.execute(f"set file_search_path = '{demo}'")
        yield connection


@pytest.fixture(scope="module")
def written(demo):
    """The estimates and curves of all studies, as their CSV has them."""
    return {
        name: pd.concat(pd.read_csv(file) for file in (demo / "results").glob(f"*/{name}.csv"))
        for name in ("estimates", "curves")
    }


def ask(warehouse, name):
    return warehouse.execute((project_root() / "analyses" / f"{name}.sql").read_text()).df()


def members(warehouse, cohort):
    query = "select count(*) from studies.study_population where cohort_id = ?"
    return warehouse.execute(query, [cohort]).fetchall()[0][0]


def test_every_output_of_the_specification_has_its_query(specification):
    listed = re.findall(r"^\| ([A-Z]+-[A-Z]\d) \|", specification["outputs"], re.MULTILINE)
    assert len(listed) == 25
    assert {one.replace("-", "_").lower() for one in listed} <= {
        "_".join(file.stem.split("_")[:2]) for file in FILES
    }


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_of_a_query_is_the_one_of_the_csv(warehouse, written, name):
    asked = ask(warehouse, name)
    asked["arm"] = asked["arm"].map(as_printed)
    asked["time_months"] = (asked["time_days"] / DAYS_PER_MONTH).round(6)
    curves = written["curves"]
    curves = curves[curves["analysis_id"].isin(asked["analysis_id"])]
    curves = curves.assign(time_months=curves["time_months"].round(6))
    keys = ["analysis_id", "population", "endpoint", "arm", "time_months"]
    both = asked.merge(curves, on=keys, how="outer", suffixes=("", "_written"), indicator=True)
    assert len(both) == len(asked) == len(curves)
    assert (both["_merge"] == "both").all()
    for ours, theirs in (("at_risk", "n_risk"), ("events", "n_event"), ("censored", "n_censored")):
        if name == "ltf_f2_relapse" and ours == "censored":
            continue  # who dies is a competing event there
        assert both[ours].eq(both[theirs]).all(), ours
    assert both["survival"].to_numpy() == pytest.approx(both["survival_written"].to_numpy())


def as_printed(arm: str) -> str:
    """An arm with its level in the words of the tables."""
    label, colon, level = arm.rpartition(": ")
    return f"{label}{colon}{level_in_words(level)}" if label != "not" else arm


@pytest.mark.parametrize(("name", "analysis_id"), SUMMARIES.items())
def test_counts_and_medians_of_a_table_are_those_of_the_csv(warehouse, written, name, analysis_id):
    asked = ask(warehouse, name)
    rows = written["estimates"].query("analysis_id == @analysis_id")
    groups, compared = set(rows["arm"]), 0
    for one in asked.itertuples():
        if one.level == "unknown" or f"{one.label}: yes" in groups:
            continue  # of these there is a row only where somebody is unknown; of those none
        named = one.label if one.level in ("yes", "median") else f"{one.label}: {one.level}"
        arm = {"1": "yes", "0": "no"}.get(getattr(one, "group_value", "all"))
        own = rows[rows["row_group"] == one.row_group]
        own = own[own["row_label"].str.lower() == as_printed(named).lower()]
        own = own[own["arm"] == "All"] if arm is None else own[own["arm"].str.endswith(f": {arm}")]
        assert len(own) == 1, (named, arm)
        row = next(own.itertuples())
        if one.level == "median":
            assert round(row.estimate, 1) == pytest.approx(one.persons_or_median, abs=0.051)
        else:
            assert row.numerator == one.persons_or_median, named
        assert row.denominator == one.persons_known, named
        compared += 1
    assert compared > 5


@pytest.mark.parametrize(("name", "analysis_id"), FLOWS.items())
def test_a_flow_is_that_of_the_csv(warehouse, written, name, analysis_id):
    asked = ask(warehouse, name)
    if "cohort_id" in asked:
        asked = asked[asked["cohort_id"].isin(["cart_vs_pom_cart", "cart_vs_pom_pom"])]
    rows = written["estimates"].query("analysis_id == @analysis_id")
    after = rows[rows["statistic"] == "persons_after"]["estimate"]
    left = rows[rows["statistic"] == "persons_excluded"]["estimate"]
    assert sorted(asked["persons_after"]) == sorted(after)
    assert sorted(asked["persons_excluded"]) == sorted(left)


def test_the_matched_arms_have_the_counts_and_means_of_the_csv(warehouse, written):
    counts = ask(warehouse, "cvp_o2_matched").set_index(["analysis_id", "endpoint", "arm"])
    assert len(counts) == (3 * 30 + 2 * 23) * 2
    rows = written["estimates"][written["estimates"]["statistic"].isin(counts.columns)]
    wide = rows.pivot_table(
        index=["analysis_id", "endpoint", "arm"], columns="statistic", values="estimate"
    ).loc[counts.index]
    assert wide[list(counts.columns)].eq(counts).all(axis=None)
    level = ask(warehouse, "cvp_o1_matched")
    rows = written["estimates"].query(
        "analysis_id == 'cart_vs_pom_baseline' and population == 'matched'"
    )
    compared = 0
    for one in level.itertuples():
        named = one.label if one.level in ("yes", "mean") else f"{one.label}: {one.level}"
        own = rows[(rows["arm"] == one.arm) & (rows["row_label"] == as_printed(named))]
        own = own.set_index("statistic")
        if one.level == "mean":
            assert own.loc["mean", "estimate"] == pytest.approx(one.persons_or_mean), named
        elif isinstance(one.level, str):
            assert own.loc["percent", "numerator"] == one.persons_or_mean, named
        compared += 1
    assert compared > 20


def test_pairs_are_one_of_each_arm(demo):
    pairs = pd.read_parquet(demo / "results" / "cart_vs_pom" / "matched_pairs.parquet")
    both = pairs.groupby(["analysis_id", "pair"])["is_treated"].agg(["size", "sum"])
    assert both["size"].eq(2).all() and both["sum"].eq(1).all()
    told = json.loads((demo / "results" / "cart_vs_pom" / "manifest.json").read_text())
    counted = both.groupby("analysis_id").size()
    assert told["matched_pairs.parquet"] == counted.to_dict()


def test_the_treatments_and_responses_are_those_of_the_csv(warehouse, written):
    table = ask(warehouse, "sal_t2_treatments").set_index("therapy_group")
    rows = written["estimates"].query("analysis_id == 'salvage_treatments'")
    rows = rows.assign(group=rows["row_label"].str.removeprefix("of these: "))
    for arm, side in (("First line", "first"), ("All lines", "all")):
        own = rows[rows["arm"] == arm]
        for statistic, column in (
            ("percent_used", f"{side}_lines"), ("percent_response", f"{side}_responses"),
            ("percent_deep_response", f"{side}_vgpr_or_better"),
        ):  # fmt: skip
            counts = own[own["statistic"] == statistic].set_index("group")["numerator"]
            leaves = table.drop(index="Bispecific", errors="ignore").index
            assert counts.loc[leaves].to_numpy() == pytest.approx(table.loc[leaves, column])
    levels = ask(warehouse, "ltf_f2_responses").dropna(subset=["best_response"])
    bars = written["estimates"].query("analysis_id == 'followup_responses' and arm == 'All'")
    bars = bars.set_index("row_label")
    assert len(levels) > 3
    for one in levels.itertuples():
        row = bars.loc[one.best_response]
        assert (row["numerator"], row["denominator"]) == (one.persons, one.persons_assessed)


def test_the_transitions_and_the_evidence_are_those_of_the_csv(warehouse, written):
    pairs = ask(warehouse, "prg_f2_transitions")
    rows = written["estimates"].query(
        "analysis_id == 'patterns_transitions' and statistic == 'percent'"
    )
    counts = rows[rows["numerator"] > 0]["numerator"]
    assert sorted(pairs["persons"]) == sorted(counts)
    cited = ask(warehouse, "qa_o1_evidence").dropna(subset=["own_persons"]).set_index("row_id")
    own = written["estimates"].query(
        "analysis_id == 'evidence_benchmarks' and population == 'this warehouse' and "
        "statistic == 'percent'"
    ).set_index("arm")  # fmt: skip
    assert len(own) > 10
    assert own["numerator"].eq(cited.loc[own.index, "own_persons"]).all()
    assert own["denominator"].eq(cited.loc[own.index, "own_known"]).all()


def test_the_factors_and_the_cells_are_those_of_the_csv(warehouse, written):
    asked = ask(warehouse, "ltf_f3_factors")
    yes = asked[asked["factor_value"] == "1"]
    yes = yes.set_index(["analysis_id", "outcome", "covariate_id"])
    rows = written["estimates"]
    rows = rows[rows["statistic"].isin(["hazard_ratio_univariable", "odds_ratio_univariable"])]
    labels = dict(
        warehouse.execute(
            "select label, covariate_id from studies.covariates where value_kind = 'binary' and "
            "study_id = 'long_term_followup'"
        ).fetchall()
    )
    rows = rows[rows["row_label"].isin(labels)]
    compared = 0
    for row in rows.itertuples():
        key = (row.analysis_id, row.endpoint, labels[row.row_label])
        if key in yes.index:
            one = yes.loc[key]
            assert (one["persons"], one["persons_with_event"]) == (row.denominator, row.numerator)
            compared += 1
    assert compared > 10
    cells = ask(warehouse, "ltf_f4_cells")
    cells["arm"] = cells["arm"].map(as_printed)
    cells = cells.set_index(["analysis_id", "covariate_id", "arm"])
    medians = written["estimates"].query("output_id == 'LTF-F4' and statistic == 'median'")
    assert len(medians) == len(cells)
    for row in medians.itertuples():
        one = cells.loc[(row.analysis_id, row.endpoint, row.arm)]
        assert (one["persons_known"], one["persons"]) == (
            row.denominator, row.denominator + row.n_missing,
        )  # fmt: skip
        quartiles = one[["lower_quartile", "median_value", "upper_quartile"]].to_list()
        assert quartiles == pytest.approx([row.iqr_low, row.estimate, row.iqr_high])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_query_gives_rows(warehouse, file):
    assert len(warehouse.execute(file.read_text()).df()) > 0


@pytest.mark.parametrize(
    ("name", "cohort"), [("sal_s1_flow", "salvage_infused"), ("ltf_f1_flow", "followup_infused")]
)
def test_the_flow_closes_on_its_cohort(warehouse, name, cohort):
    flow = ask(warehouse, name)
    assert (flow["persons_before"] - flow["persons_excluded"]).eq(flow["persons_after"]).all()
    assert flow["persons_after"].iloc[-1] == members(warehouse, cohort)


def test_the_end_of_the_flow_from_the_infusion_is_treated_after_the_relapse(warehouse):
    query = """
        select count(*) from studies.study_population as flow
        anti join studies.study_population as relapsed
            on flow.person_id = relapsed.person_id and relapsed.cohort_id = 'salvage_relapsed'
        where flow.cohort_id = 'salvage_infused'
    """
    assert members(warehouse, "salvage_infused") > 0
    assert warehouse.execute(query).fetchall() == [(0,)]


def test_the_treatment_groups_add_to_the_total_and_first_lines_to_the_patients(warehouse):
    table = ask(warehouse, "sal_t2_treatments").set_index("therapy_group")
    total = table.loc["All treatment groups"]
    assert table.drop(index="All treatment groups").sum().eq(total).all()
    assert total["first_lines"] == members(warehouse, "salvage_relapsed")


def test_products_add_to_all_received_and_timings_to_the_progressed(warehouse):
    flow = ask(warehouse, "prg_f1_flow").set_index("product")
    assert flow.drop(index="all").sum().eq(flow.loc["all"]).all()
    assert (flow["refractory"] + flow["relapsed"]).eq(flow["progressed"]).all()
    assert flow.loc["all", "progressed"] == members(warehouse, "patterns_progressed")


def test_the_transitions_close_on_the_cohort(warehouse):
    transitions = ask(warehouse, "prg_f2_transitions")
    assert transitions["persons"].sum() == members(warehouse, "patterns_progressed")
    assert transitions.groupby("at_baseline")["percent_of_row"].sum().sub(100).abs().max() < 0.3


def test_the_levels_of_a_category_add_to_its_persons(warehouse):
    table = ask(warehouse, "prg_t3_first_therapy")
    sums = table.groupby("group_value")["persons_or_median"].sum()
    assert sums.eq(table.groupby("group_value")["persons"].first()).all()
