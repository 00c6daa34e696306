"""What holds of responses whatever the data: the demonstration, with more disease than it had.

A marker is raised at some assessments after the baseline, and the compiled models run again. The
baseline stays what it was. What the specification lets rise is a later assessment that had been a
progression: a higher value can be the lowest so far (the nadir, specification responses 4.3
rule 1), and then what came after it is no longer a rise from there. Where that happens responses
after it may count.
"""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

INPUTS = {
    "int_response_assessments": "intermediate",
    "int_response_lines": "intermediate",
    "int_myeloma_deaths": "intermediate",
    "int_charted_responses": "intermediate",
    "mrd_assessments": "core",
    "algorithm_parameters": "clinical_rules",
    "response_categories": "clinical_rules",
}
MODELS = (
    "int_overall_responses",
    "int_responses_confirmed",
    "int_best_overall_responses",
    "line_responses",
)
# a tenth of the least amount that counts as a rise, up to several times what makes a progression
RISES = {"serum": st.floats(0.05, 8), "urine": st.floats(20, 2_000), "flc": st.floats(1, 200)}
ASSESSMENT = "person_id, line_number, assessment_number"


@pytest.fixture(scope="module")
def engine(demo, compiled):
    """A connection with the engine's inputs as built, and a function that runs it on a copy."""
    sql = compiled(*MODELS)
    connection = duckdb.connect()
    connection.execute(f"attach '{demo / 'myelomart.duckdb'}' as built (read_only)")
    for table, schema in INPUTS.items():
        connection.execute(f"create table {table} as from built.{schema}.{table}")
    connection.execute("create table as_built as from int_response_assessments")

    def respond(into: str) -> None:
        for name in MODELS:
            connection.execute(f"create or replace table {name} as {sql[name]}")
        for name in ("int_overall_responses", "line_responses"):
            connection.execute(f"create or replace table {name}_{into} as from {name}")

    respond("before")
    yield connection, respond
    connection.close()


def raise_some(connection, marker: str, rise: float, seed: int) -> int:
    """Raise a marker at one in five assessments of whoever has it; the number of rows raised.

    With more of the involved light chain their ratio lies outside the normal range.
    """
    is_normal = "false" if marker == "flc" else "is_ratio_normal"
    connection.execute(f"""
        create or replace table int_response_assessments as
        select
            * replace (
                case when is_raised then {marker} + {rise} else {marker} end as {marker},
                case when is_raised then {is_normal} else is_ratio_normal end
                    as is_ratio_normal
            )
        from (
            select *, {marker} is not null and
                hash(person_id, assessment_number, {seed}) % 5 = 0 as is_raised
            from as_built
        )
    """)
    query = "select count(*) from int_response_assessments where is_raised"
    return connection.execute(query).fetchall()[0][0]


def counted(connection, query: str) -> int:
    return connection.execute(f"select count(*) from ({query})").fetchall()[0][0]


CHANGED = f"""
    select
        {ASSESSMENT}, is_raised, before.response_rank as rank_before,
        after.response_rank as rank_after,
        before.relaxed_response_rank as relaxed_before,
        after.relaxed_response_rank as relaxed_after,
        bool_or(is_raised) over (
            partition by person_id, line_number order by assessment_number
            rows between unbounded preceding and 1 preceding
        ) as is_after_raised
    from int_overall_responses_before as before
    inner join int_overall_responses_after as after using ({ASSESSMENT})
    inner join int_response_assessments using ({ASSESSMENT})
"""
NADIR_ROSE = "select * from changed where rank_before = 0 and rank_after is distinct from 0"
LINES = """
    select
        line_number, person_id,
        coalesce(categories_before.response_rank, 0) as best_before,
        coalesce(categories_after.response_rank, 0) as best_after,
        before.progression_date as progressed_before, after.progression_date as progressed_after,
        before.first_response_date as responded_before,
        after.first_response_date as responded_after
    from line_responses_before as before
    inner join line_responses_after as after using (person_id, line_number)
    left join response_categories as categories_before
        on before.best_response = categories_before.response
    left join response_categories as categories_after
        on after.best_response = categories_after.response
"""


@pytest.mark.parametrize("marker", RISES)
@settings(max_examples=10, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_more_disease_never_improves_a_response(engine, marker, data, seed):
    connection, respond = engine
    assert raise_some(connection, marker, data.draw(RISES[marker]), seed) > 100
    respond("after")
    connection.execute(f"create or replace table changed as {CHANGED}")
    connection.execute(f"create or replace table lines as {LINES}")

    assert counted(connection, "from int_overall_responses_before") == counted(
        connection, "from changed"
    )
    # what was not evaluable can be a progression now, and nothing else
    better = """
        coalesce(rank_after, 0) > coalesce(rank_before, 0)
        or coalesce(relaxed_after, 0) > coalesce(relaxed_before, 0)
        or (rank_before is not null and rank_after is null)
    """
    # only what had been a progression can rise, and only after another raised value
    by_nadir = "coalesce(rank_before = 0 and is_after_raised, false)"
    assert counted(connection, f"from changed where ({better}) and not {by_nadir}") == 0

    later = "coalesce({}, date '9999-12-31')"
    better = f"""
        best_after > best_before
        or {later.format("progressed_after")} > {later.format("progressed_before")}
        or {later.format("responded_after")} < {later.format("responded_before")}
    """
    same_nadir = f"from lines anti join ({NADIR_ROSE}) as rose using (person_id, line_number)"
    assert counted(connection, f"{same_nadir} where {better}") == 0


def test_the_demonstration_has_responses_that_more_disease_would_change(engine):
    connection, respond = engine
    assert raise_some(connection, "serum", 3.0, 1) > 100
    respond("after")
    connection.execute(f"create or replace table changed as {CHANGED}")
    connection.execute(f"create or replace table lines as {LINES}")
    assert counted(connection, "from changed where is_raised and rank_after < rank_before") > 100
    assert counted(connection, "from lines where best_after < best_before") > 20
