"""How well derived lines of therapy agree with those that a registry's abstractors numbered.

    python tests/python/converters/commpass.py ../shared/data/commpass /tmp/commpass_cdm
    myelomart build --source /tmp/commpass_cdm --db /tmp/commpass.duckdb
    python bench/line_agreement.py ../shared/data/commpass /tmp/commpass.duckdb

One record is a row of MMRF CoMMpass with a known start day, for agents that open lines: all but
steroids and melphalan, which there is conditioning; "Other" counts. Its derived line is the last
that had begun on that day. The rule set `registry` was tuned on the patients whose id hashes even
(md5), so its figure is the one of the others. `--half even` shows nothing of them. `--agents named`
counts what the warehouse can name instead: melphalan too, "Other" not, a repeated row once.
"""

import argparse
from pathlib import Path

from myelomart import warehouse

RECORDS = """
    create temp table records as
    with cases as (
        select
            row_number() over (order by case_submitter_id) as person_id,
            case_submitter_id as case_id,
            cast(concat('0x', left(md5(case_submitter_id), 8)) as bigint) % 2 = 0 as is_tuned
        from read_csv($cases, all_varchar = true)
    ),
    treated as (
        select
            cases.person_id,
            cases.case_id,
            cases.is_tuned,
            case lower(therapeutic_agents)
                when 'bcnu' then 'carmustine' when 'liposomal doxorubicin' then 'doxorubicin'
                else lower(therapeutic_agents)
            end as agent,
            date '2012-01-01' + cast(days_to_treatment_start as integer) as start_date,
            list_position(
                ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'],
                split_part(regimen_or_line_of_therapy, ' ', 1)
            ) as abstracted
        from read_csv($treatments, all_varchar = true) as treatments
        inner join cases on treatments.case_submitter_id = cases.case_id
        where days_to_treatment_start is not null and therapeutic_agents is not null
    ),
    records_of_therapy as (
        select treated.*, row_number() over (
            partition by treated.person_id, treated.agent, treated.start_date, treated.abstracted
        ) as repetition
        from treated
        left join clinical_rules.drug_classes as drug_classes
            on treated.agent = drug_classes.ingredient
        where case
            when $agents = 'named' then drug_classes.role = 'core'
            else coalesce(drug_classes.role, 'core') != 'steroid' and treated.agent != 'melphalan'
        end
    )
    select row_number() over () as record_number, records_of_therapy.*
    from records_of_therapy
    where repetition = 1 or $agents = 'registry'
"""
DERIVED = """
    create temp table compared as
    select
        rules.rule_set,
        records.*,
        (
            select max(lines.line_number)
            from core.lines_of_therapy_by_rule_set as lines
            where lines.rule_set = rules.rule_set
                and lines.person_id = records.person_id
                and lines.line_start_date <= records.start_date
        ) as derived
    from records
    cross join (select distinct rule_set from core.lines_of_therapy_by_rule_set) as rules
    where records.is_tuned or not $is_tuned_only
"""
SUMMARY = """
    select
        rule_set,
        case when is_tuned then 'even' when not is_tuned then 'odd' else 'all' end as half,
        count(*) as records,
        count(distinct person_id) as patients,
        round(100 * avg(case when derived = abstracted then 1 else 0 end), 1) as exact,
        round(100 * avg(case when abs(derived - abstracted) <= 1 then 1 else 0 end), 1) as within_1
    from compared
    group by grouping sets ((rule_set), (rule_set, is_tuned))
    order by rule_set, half
"""
BY_LINE = """
    select abstracted as line, count(*) as records,
        round(100 * avg(case when derived = abstracted then 1 else 0 end), 1) as exact,
        round(100 * avg(case when abs(derived - abstracted) <= 1 then 1 else 0 end), 1) as within_1
    from compared where rule_set = $rule_set group by 1 order by 1
"""
CONFUSION = """
    select abstracted, least(derived, 6) as derived, count(*) as records
    from compared where rule_set = $rule_set group by 1, 2 order by 1, 2
"""
REASONS = """
    with first_disagreements as (
        select person_id, min(start_date) as start_date,
            arg_min(derived > abstracted, start_date) as is_more
        from compared where rule_set = $rule_set and derived != abstracted group by 1
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
                and (disagreements.is_more
                    = (steps.opens_line and steps.action not in ('FIRST', 'CART', 'ABSTRACTED')))
    )
    select action, case when is_more then 'we open a line' else 'we stay in the line' end as what,
        count(*) as patients
    from acted where recency = 1 group by 1, 2 order by 3 desc, 1 limit 10
"""


def main(source: Path, database: Path, half: str, agents: str) -> None:
    """Print the agreement of every rule set, and of two of them by line and by reason."""
    with warehouse.database(database) as connection:
        read_records(connection, source, agents)
        connection.execute(DERIVED, {"is_tuned_only": half == "even"})
        show(connection, "Agreement, percent", SUMMARY)
        for rule_set in ("default", "registry"):
            show(connection, f"By line: {rule_set}", BY_LINE, rule_set)
            show(connection, f"Confusion: {rule_set}", CONFUSION, rule_set)
            show(connection, f"Where the first disagreement arises: {rule_set}", REASONS, rule_set)


def read_records(connection, source: Path, agents: str) -> None:
    """Make the temporary table of the registry's ``records`` that are counted."""
    files = {name: str(source / f"{name}.csv.gz") for name in ("cases", "treatments")}
    connection.execute(RECORDS, {**files, "agents": agents})


def show(connection, title: str, query: str, rule_set: str | None = None) -> None:
    """Print the rows of ``query`` under ``title``, one to a line."""
    cursor = connection.execute(query, {"rule_set": rule_set} if rule_set else None)
    names = [column[0] for column in cursor.description]
    print(f"\n{title}\n" + " | ".join(names))
    for row in cursor.fetchall():
        print(" | ".join(str(value) for value in row))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--half", choices=["all", "even"], default="all")
    parser.add_argument("--agents", choices=["registry", "named"], default="registry")
    main(**vars(parser.parse_args()))
