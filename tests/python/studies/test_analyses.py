"""The audit queries: each runs as it stands on a built warehouse, and its counts close."""

import duckdb
import pytest

from myelomart.project import project_root

FILES = sorted((project_root() / "analyses").glob("*.sql"))
TABLES = {
    "cvp_o1", "cvp_o2", "qa_o1", "sal_t1", "sal_t2", "sal_s1", "ltf_f1",
    "prg_t1", "prg_t2", "prg_t3", "prg_x1", "prg_f1", "prg_f2",
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(demo):
    with duckdb.connect(str(demo / "myelomart.duckdb"), read_only=True) as connection:
        yield connection


def ask(warehouse, name):
    return warehouse.execute((project_root() / "analyses" / f"{name}.sql").read_text()).df()


def members(warehouse, cohort):
    query = "select count(*) from studies.study_population where cohort_id = ?"
    return warehouse.execute(query, [cohort]).fetchall()[0][0]


def test_every_published_table_has_its_query():
    assert {"_".join(file.stem.split("_")[:2]) for file in FILES} >= TABLES


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


def test_those_treated_after_relapse_are_the_end_of_the_flow_from_the_infusion(warehouse):
    assert members(warehouse, "salvage_infused") == members(warehouse, "salvage_relapsed")


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
