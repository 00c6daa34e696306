"""What holds of lines of therapy whatever the data: the demonstration under every rule set."""

import duckdb
import pytest

INPUTS = {
    "int_line_events": "intermediate",
    "int_line_rules": "intermediate",
    "int_cell_therapies_found": "intermediate",
    "int_drug_exposures_deduplicated": "intermediate",
    "int_progression_dates": "intermediate",
    "int_myeloma_patients": "intermediate",
    "line_actions": "clinical_rules",
    "line_substitutions": "clinical_rules",
    "drug_classes": "clinical_rules",
}
MODELS = ("int_line_event_contexts", "int_line_steps", "int_lines_dated")
ENDED = """
    select lines.*
    from {lines} as lines
    inner join {lines} as next_lines
        on
            lines.rule_set = next_lines.rule_set
            and lines.person_id = next_lines.person_id
            and lines.opened_line_number + 1 = next_lines.opened_line_number
"""
# registry reads up to a year ahead for the transplant that a change of drugs prepares
DAYS_LATER = 400
LATER_EVENT = """
    insert into int_line_events (
        rule_set, person_id, event_date, kind, ingredient, last_date, end_date
    )
    select
        rule_set, person_id, max(end_date) + {days}, '{kind}', {ingredient},
        max(end_date) + {days}, max(end_date) + {days}
    from int_line_events
    group by rule_set, person_id
"""
LATER_PROGRESSION = (
    LATER_EVENT
    + """;
    insert into int_progression_dates (person_id, progression_date)
    select person_id, max(event_date) from int_line_events where kind = 'PD' group by person_id
"""
)


@pytest.fixture(scope="module")
def sql(compiled) -> dict[str, str]:
    """The compiled SQL of the state machine, with bare table names."""
    return compiled(*MODELS)


@pytest.fixture
def lines(demo, sql):
    """A connection with the machine's inputs, and a function that closes the lines into a table."""
    connection = duckdb.connect()
    connection.execute(f"attach '{demo / 'myelomart.duckdb'}' as built (read_only)")
    for table, schema in INPUTS.items():
        connection.execute(f"create table {table} as from built.{schema}.{table}")

    def close(into: str) -> None:
        for name in MODELS:
            connection.execute(f"create or replace table {name} as {sql[name]}")
        connection.execute(f"create table {into} as from int_lines_dated")

    yield connection, close
    connection.close()


def differing(connection, ours: str, theirs: str) -> int:
    """Rows that only one of two queries gives."""
    both = f"({ours} except all {theirs}) union all ({theirs} except all {ours})"
    query = f"select count(*) from ({both})"
    return connection.execute(query).fetchall()[0][0]


def test_the_order_of_the_rows_does_not_matter(lines):
    connection, close = lines
    close("as_given")
    for table in INPUTS:
        connection.execute(f"create or replace table {table} as from {table} order by random()")
    close("shuffled")
    assert connection.execute("select count(*) from as_given").fetchall()[0][0] > 1_000
    assert differing(connection, "from as_given", "from shuffled") == 0


@pytest.mark.parametrize(
    ("event", "kind", "ingredient"),
    [
        (LATER_EVENT, "DRUG", "'selinexor'"),
        (LATER_EVENT, "DRUG", "'lenalidomide'"),
        (LATER_EVENT, "ASCT", "null"),
        (LATER_EVENT, "ALLO", "null"),
        (LATER_EVENT, "CART", "'ide_cel'"),
        (LATER_PROGRESSION, "PD", "null"),
    ],
)
def test_a_later_event_changes_no_line_that_another_had_ended(lines, event, kind, ingredient):
    connection, close = lines
    close("before")
    connection.execute(event.format(days=DAYS_LATER, kind=kind, ingredient=ingredient))
    close("later")
    ended = ENDED.format(lines="before")
    by_rule_set = connection.execute(
        f"select rule_set, count(*) from ({ended}) group by rule_set"
    ).fetchall()
    assert len(by_rule_set) >= 5
    assert min(count for _, count in by_rule_set) > 500
    connection.execute(f"create table ended as {ended}")
    same = (
        "select later.* from later semi join ended using (rule_set, person_id, opened_line_number)"
    )
    assert differing(connection, "from ended", same) == 0
    assert differing(connection, "from before", "from later") > 500
