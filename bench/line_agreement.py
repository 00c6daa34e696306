"""How well derived lines of therapy agree with those that a registry's abstractors numbered.

    python tests/python/converters/commpass.py ../shared/data/commpass /tmp/commpass_cdm
    myelomart build --source /tmp/commpass_cdm --db /tmp/commpass.duckdb
    python bench/line_agreement.py ../shared/data/commpass /tmp/commpass.duckdb

One record is a patient, agent, start day and line of MMRF CoMMpass, for agents that open lines. Its
derived line is the last that had begun on that day. The rule set `registry` was tuned on the
patients whose id hashes even (md5), so its figure is the one of the others.
"""

import sys
from pathlib import Path

from myelomart import warehouse

RECORDS = """
    create temp table records as
    with cases as (
        select
            row_number() over (order by case_submitter_id) as person_id,
            case_submitter_id,
            cast(concat('0x', left(md5(case_submitter_id), 8)) as bigint) % 2 = 0 as is_tuned
        from read_csv($cases, all_varchar = true)
    ),
    treated as (
        select distinct
            cases.person_id,
            cases.is_tuned,
            case lower(therapeutic_agents)
                when 'bcnu' then 'carmustine' when 'liposomal doxorubicin' then 'doxorubicin'
                else lower(therapeutic_agents)
            end as ingredient,
            date '2012-01-01' + cast(days_to_treatment_start as integer) as start_date,
            list_position(
                ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'],
                split_part(regimen_or_line_of_therapy, ' ', 1)
            ) as abstracted
        from read_csv($treatments, all_varchar = true) as treatments
        inner join cases using (case_submitter_id)
        where days_to_treatment_start is not null
    )
    select
        rules.rule_set,
        treated.*,
        (
            select max(lines.line_number)
            from core.lines_of_therapy_by_rule_set as lines
            where lines.rule_set = rules.rule_set
                and lines.person_id = treated.person_id
                and lines.line_start_date <= treated.start_date
        ) as derived
    from treated
    inner join clinical_rules.drug_classes as drug_classes
        on treated.ingredient = drug_classes.ingredient and drug_classes.role = 'core'
    cross join (select distinct rule_set from core.lines_of_therapy_by_rule_set) as rules
    where exists (
        select 1 from core.lines_of_therapy as lines where lines.person_id = treated.person_id
    )
"""
SUMMARY = """
    select
        rule_set,
        case when is_tuned then 'even' when not is_tuned then 'odd' else 'all' end as half,
        count(*) as records,
        count(distinct person_id) as patients,
        round(100 * avg(case when derived = abstracted then 1 else 0 end), 1) as exact,
        round(100 * avg(case when abs(derived - abstracted) <= 1 then 1 else 0 end), 1) as within_1
    from records
    group by grouping sets ((rule_set), (rule_set, is_tuned))
    order by rule_set, half
"""
BY_LINE = """
    select abstracted as line, count(*) as records,
        round(100 * avg(case when derived = abstracted then 1 else 0 end), 1) as exact,
        round(100 * avg(case when abs(derived - abstracted) <= 1 then 1 else 0 end), 1) as within_1
    from records where rule_set = $rule_set group by 1 order by 1
"""
CONFUSION = """
    select abstracted, least(derived, 6) as derived, count(*) as records
    from records where rule_set = $rule_set group by 1, 2 order by 1, 2
"""
REASONS = """
    with first_disagreements as (
        select person_id, min(start_date) as start_date,
            arg_min(derived > abstracted, start_date) as is_more
        from records where rule_set = $rule_set and derived != abstracted group by 1
    ),
    acted as (
        select disagreements.*, steps.action, row_number() over (
            partition by disagreements.person_id
            order by steps.event_date desc, steps.line_number desc, steps.event_number desc
        ) as recency
        from first_disagreements as disagreements
        inner join intermediate.int_line_steps as steps
            on steps.rule_set = $rule_set and steps.person_id = disagreements.person_id
                and steps.event_date <= disagreements.start_date
                and (disagreements.is_more = (steps.action in
                    ('GAP', 'PROGRESSION_GAP', 'ADD', 'SWITCH', 'ASCT', 'ALLO')))
    )
    select action, case when is_more then 'we open a line' else 'we stay in the line' end as what,
        count(*) as patients
    from acted where recency = 1 group by 1, 2 order by 3 desc, 1 limit 10
"""


def main(source: Path, database: Path) -> None:
    """Print the agreement of every rule set, and of two of them by line and by reason."""
    with warehouse.database(database) as connection:
        files = {name: str(source / f"{name}.csv.gz") for name in ("cases", "treatments")}
        connection.execute(RECORDS, files)
        show(connection, "Agreement, percent", SUMMARY)
        for rule_set in ("default", "registry"):
            show(connection, f"By line: {rule_set}", BY_LINE, rule_set)
            show(connection, f"Confusion: {rule_set}", CONFUSION, rule_set)
            show(connection, f"Where the first disagreement arises: {rule_set}", REASONS, rule_set)


def show(connection, title: str, query: str, rule_set: str | None = None) -> None:
    """Print the rows of ``query`` under ``title``, one to a line."""
    cursor = connection.execute(query, {"rule_set": rule_set} if rule_set else None)
    names = [column[0] for column in cursor.description]
    print(f"\n{title}\n" + " | ".join(names))
    for row in cursor.fetchall():
        print(" | ".join(str(value) for value in row))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
