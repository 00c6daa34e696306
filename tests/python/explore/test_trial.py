"""A cohort that is tried out is the cohort that a build makes: same persons, same flow."""

from dataclasses import replace

import pytest

from myelomart import warehouse
from myelomart.analyses import TYPES
from myelomart.errors import MyelomartError
from myelomart.explore.asked_data import AskedData
from myelomart.explore.definition import Criterion, from_text
from myelomart.explore.opened import Opened, answered
from myelomart.explore.trial import DECISIONS, Trial, definition_of
from myelomart.results import Results
from myelomart.study import read_study
from myelomart.study_data import read_data

FLOW = ["step", "kind", "label", "persons_before", "persons_excluded", "persons_unknown",
        "persons_after"]  # fmt: skip
FIRST_OUT = (
    "select min(person_id) from cohorts.cohort_decisions where cohort_id = ? and failed_step > 1"
)
DECIDED = "person_id, index_date, failed_step, has_unknown, is_member"


@pytest.fixture(scope="module")
def opened(demo):
    one = Opened(demo / "myelomart.duckdb")
    yield one
    one.close()


@pytest.fixture(scope="module")
def cohort_ids(opened):
    query = "select cohort_id from studies.cohorts order by 1"
    return [one for (one,) in warehouse.rows(opened.cursor(), query)]


def built_flow(opened, cohort_id):
    query = f"select {', '.join(FLOW)} from cohorts.cohort_attrition where cohort_id = ?"
    return warehouse.rows(opened.cursor(), f"{query} order by step", [cohort_id])


def tried_flow(trial, definition):
    return list(trial.attrition(definition)[FLOW].itertuples(index=False, name=None))


def test_the_cohorts_of_all_studies_come_out_with_the_same_persons_and_flow(opened, cohort_ids):
    trial = Trial(opened)
    assert len(cohort_ids) > 20
    for cohort_id in cohort_ids:
        definition = definition_of(opened.cursor(), cohort_id)
        assert tried_flow(trial, definition) == built_flow(opened, cohort_id), cohort_id
        own = f"select {DECIDED} from cohorts.cohort_decisions where cohort_id = '{cohort_id}'"
        tried = f"select {DECIDED} from {DECISIONS}"
        for more in (f"{own} except {tried}", f"{tried} except {own}"):
            assert warehouse.rows(trial.connection, more) == [], cohort_id


def test_the_one_query_that_is_shown_gives_what_the_page_shows(opened, cohort_ids):
    for cohort_id in cohort_ids[::7]:
        trial = Trial(opened)
        definition = definition_of(opened.cursor(), cohort_id)
        shown = trial.query("cohort_attrition", definition)
        rows = trial.connection.execute(f"{shown} order by step").df()
        assert list(rows[FLOW].itertuples(index=False, name=None)) == tried_flow(trial, definition)


def test_a_switch_changes_the_flow_and_switching_back_restores_it(opened):
    trial = Trial(opened)
    whole = definition_of(opened.cursor(), "cart_vs_pom_cart")
    before = tried_flow(trial, whole)
    off = [replace(one, is_on=False) if one.event_group == "pomalidomide" else one
           for one in whole.criteria]  # fmt: skip
    fewer = tried_flow(trial, replace(whole, criteria=tuple(off)))
    assert len(fewer) == len(before) - 1
    assert fewer[-1][-1] > before[-1][-1]
    assert tried_flow(trial, whole) == before


def test_what_was_found_of_a_person_is_kept_as_long_as_it_holds(opened):
    kept = Trial(opened)
    for cohort_id in ("cart_vs_pom_cart", "cart_vs_pom_pom"):
        whole = definition_of(opened.cursor(), cohort_id)
        part = replace(whole, criteria=whole.criteria[1:])
        (person,) = warehouse.rows(opened.cursor(), FIRST_OUT, [cohort_id])[0]
        for one in (part, whole):
            told, new = (each.criterion_results(one, person) for each in (kept, Trial(opened)))
            assert len(told) == len(one.criteria) and told.equals(new)


def test_a_study_read_as_it_is_asked_gives_the_numbers_of_the_whole(opened):
    study = read_study(opened.cursor(), "salvage_after_cart")
    for kind in ("attrition", "survival"):
        analysis = next(one for one in study.analyses if one.analysis_type == kind)
        told = []
        for data in (read_data(opened.cursor(), study), AskedData(opened, study)):
            results = Results(study.study_id, analysis_id=analysis.analysis_id)
            with data.noting() as read:
                TYPES[kind].make(study, analysis, data, results)
            told.append((results.estimate_frame().to_csv(), results.figures, read))
        assert told[0] == told[1] and told[0][2]


def test_a_new_index_event_forgets_what_was_found_for_the_old(opened):
    trial = Trial(opened)
    first, second = (
        definition_of(opened.cursor(), name) for name in ("evidence_ide_cel", "evidence_cilta_cel")
    )
    for definition, name in ((first, "evidence_ide_cel"), (second, "evidence_cilta_cel")) * 2:
        assert tried_flow(trial, definition) == built_flow(opened, name)


def test_who_stops_the_page_leaves_no_table_that_is_taken_for_another(demo):
    """A stop after any query, though its table is made: what is asked next is right."""
    left = [1]

    def stopped(connection, sql, bound):
        rows = answered(connection, sql, bound)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return rows

    one = Opened(demo / "myelomart.duckdb", stopped)
    names = ("first_line_transplant_yes", "cart_vs_pom_cart")
    first, second = (definition_of(one.cursor(), name) for name in names)
    for queries in (1, 3, 7):  # the index event, a criterion, the decisions
        left[0] = 1000
        trial = Trial(one)
        trial.attrition(first)
        left[0] = queries
        with pytest.raises(KeyboardInterrupt):
            trial.attrition(second)
        left[0] = 1000
        assert tried_flow(trial, first) == built_flow(one, names[0]), queries
        assert tried_flow(trial, second) == built_flow(one, names[1]), queries
    one.close()


def test_an_event_that_no_study_names_counts_as_its_codes_do(opened):
    trial = Trial(opened)
    one = Criterion(step=1, kind="include", label="Daratumumab", event_group="coded.daratumumab")
    whole = definition_of(opened.cursor(), "evidence_car_t")
    own = replace(whole, criteria=(one,), groups={"coded.daratumumab": ("coded", "daratumumab")})
    named = replace(whole, criteria=(replace(one, event_group="daratumumab"),))
    assert tried_flow(trial, own) == tried_flow(trial, named)
    assert tried_flow(trial, own)[-1][-1] > 0
    other = replace(own, groups={"coded.daratumumab": ("coded", "lenalidomide")})
    assert tried_flow(trial, other) == tried_flow(Trial(opened), other) != tried_flow(trial, own)


def test_alternatives_of_a_step_let_in_whoever_meets_one(opened):
    trial = Trial(opened)
    whole = definition_of(opened.cursor(), "salvage_relapsed_with_palliative")
    both = tried_flow(trial, whole)[-1][-1]
    alone = [tried_flow(trial, replace(whole, criteria=(one,)))[-1][-1] for one in whole.criteria]
    assert len(alone) == 2 and both >= max(alone) and both <= sum(alone)


def test_the_followed_members_are_those_of_the_study(opened):
    trial = Trial(opened)
    made = trial.followed(
        definition_of(opened.cursor(), "cart_vs_pom_cart"), "cart_vs_pom", "hospitalization",
        ("population", "endpoints", "covariates"),
    )  # fmt: skip
    for name, table, condition in (
        ("endpoints", "study_endpoints", "and endpoint = 'hospitalization'"),
        ("covariates", "study_covariates", ""),
        ("population", "study_population", ""),
    ):
        query = f"select * from studies.{table} where cohort_id = 'cart_vs_pom_cart' {condition}"
        own = opened.cursor().execute(query).df().drop(columns="cohort_id")
        tried = made[name].rows.drop(columns="cohort_id")[own.columns]
        keys = [c for c in ("person_id", "covariate_id") if c in own]
        left = tried.sort_values(keys, ignore_index=True)
        if "arm" in own:  # the arm is what a study makes of the cohort
            left, own = left.drop(columns="arm"), own.drop(columns="arm")
        assert left.equals(own.sort_values(keys, ignore_index=True)), name


def test_a_definition_goes_through_a_link_unchanged(opened, cohort_ids):
    for cohort_id in cohort_ids:
        definition = definition_of(opened.cursor(), cohort_id)
        half = [replace(one, is_on=k % 2 == 0) for k, one in enumerate(definition.criteria)]
        off = replace(definition, criteria=tuple(half))
        assert from_text(off.as_text()) == off


@pytest.mark.parametrize(
    ("mart", "name"),
    [("core.labs", "lab"), ("core.characteristics", "name"),
     ("core.clinical_events where event_type = 'coded'", "event_code"),
     ("core.clinical_events where event_type = 'lab'", "event_code")],
)  # fmt: skip
def test_rows_of_a_name_lie_together_so_that_all_others_are_not_read(opened, mart, name):
    """A run by name and person for each thread of the build, not one for each record."""
    last = f"lag(({name}, person_id)) over (order by rowid)"
    falls = f"select ({name}, person_id) < {last} as falls from {mart}"
    query = f"select count_if(falls) from ({falls})"
    assert warehouse.value(opened.cursor(), query) < 100  # without the order 97,892 and more


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"index_event_group": "x", "other": 1}',
                                  '{"index_event_group": "x", "criteria": [{"step": 1}]}',
                                  '{"index_event_group": "x", "criteria": 3}'])  # fmt: skip
def test_a_link_that_holds_no_definition_is_refused_in_words(text):
    with pytest.raises(MyelomartError, match="no definition of a cohort"):
        from_text(text)


def test_text_in_a_definition_is_never_sql(opened):
    trial = Trial(opened)
    one = Criterion(step=1, kind="include", label="it's '; drop table x; --",
                    characteristic="sex", value_text="fe'male")  # fmt: skip
    whole = replace(definition_of(opened.cursor(), "evidence_car_t"), criteria=(one,))
    flow = trial.attrition(whole)
    assert flow["label"].iloc[-1] == one.label
    assert flow["persons_after"].iloc[-1] == 0


def test_the_warehouse_is_only_read(opened):
    trial = Trial(opened)
    trial.decide(definition_of(opened.cursor(), "evidence_car_t"))
    with pytest.raises(Exception, match="read-only"):
        trial.connection.execute("create table core.mine as select 1")
    with pytest.raises(Exception, match="disabled"):
        trial.connection.execute("select * from read_text('/etc/hostname')")
