"""Results of tests: units by site, light chains against their ratio, results that are text."""

from __future__ import annotations

from myelomart.quality import macros
from myelomart.quality.scanned import Scanned

KAPPA, LAMBDA, RATIO = "free_light_chain_kappa", "free_light_chain_lambda", "free_light_chain_ratio"


def tests_of_sites(scanned: Scanned) -> list[str]:
    """One row per site and test: its numbers, those without a unit, and how many units it has."""
    return [
        f"""
        create or replace temp table tests_of_sites as
        with of_codes as (
            select
                site, lab, test, sum(numbers) as number_count,
                coalesce(sum(numbers) filter (where unit is null), 0) as without_unit,
                count(distinct unit) as unit_count
            from ({units_query(scanned)}) group by 1, 2, 3
        )
        select
            site, lab, sum(number_count) as number_count, sum(without_unit) as without_unit,
            max(unit_count) as unit_count
        from of_codes group by 1, 2
        """
    ]


def units_query(scanned: Scanned) -> str:
    """One row per site, code of a test and unit, however it is spelt: how many numbers."""
    columns = scanned.columns
    return f"""
        select
            counted.site, counted.lab, counted.test, counted.numbers,
            coalesce(known_unit.unit, counted.unit_key::varchar) as unit
        from (
            select
                person.site, lab.lab, event.{columns.test} as test, {columns.unit_key} as unit_key,
                count(*) as numbers
            from {scanned.path(columns.labs)} as event
            inner join lab on event.{columns.test} = lab.test_key
            left join person on event.{columns.person} = person.person_key
            where event.{columns.number} is not null
            group by all
        ) as counted
        left join known_unit
            on counted.test = known_unit.test_key and counted.unit_key = known_unit.unit_key
    """


def light_chains(scanned: Scanned) -> list[str]:
    """One row per person and day with kappa, lambda and their ratio, each measured once."""
    columns = scanned.columns

    def once(lab: str) -> str:
        only = f"filter (where lab = '{lab}')"
        return f"case when count(*) {only} = 1 then min(value) {only} end"

    return [
        f"""
        create or replace temp table light_chains as
        with light_chain as (select * from lab where lab in ('{KAPPA}', '{LAMBDA}', '{RATIO}')),
        days as (
            select
                event.{columns.person} as person_key, event.{columns.day} as day, light_chain.lab,
                event.{columns.row} as row_id,
                event.{columns.number} * coalesce(known_unit.factor, 1) as value
            from {scanned.path(columns.labs)} as event
            inner join light_chain on event.{columns.test} = light_chain.test_key
            left join known_unit
                on event.{columns.test} = known_unit.test_key
                and {columns.unit_key} = known_unit.unit_key
            where
                event.{columns.number} > 0
                and (known_unit.test_key is not null or light_chain.lab = '{RATIO}')
        ),
        quotients as (
            select
                person_key, min(row_id) filter (where lab = '{KAPPA}') as row_id,
                {once(KAPPA)} / {once(LAMBDA)} / {once(RATIO)} as quotient
            from days group by person_key, day
        )
        select quotients.*, person.is_myeloma
        from quotients left join person using (person_key) where quotient is not null
        """
    ]


def result_texts(scanned: Scanned) -> list[str]:
    """The results of known tests that stand in their text alone and hold a digit, by text."""
    columns = scanned.columns
    return [
        f"""
        create or replace temp table result_texts as
        with texts as (
            select event.{columns.text} as text, count(*) as records
            from {scanned.path(columns.labs)} as event
            inner join lab on event.{columns.test} = lab.test_key
            where
                event.{columns.number} is null
                and regexp_matches(event.{columns.text}, '[0-9]')
            group by 1
        ),
        split as (
            select
                *, {macros.result_number("text")} as number, {macros.result_unit("text")} as unit
            from texts
        )
        select
            '{columns.labs}' as table_name, records,
            number is null
            or (unit != '' and {macros.plain_unit("unit")} not in (from unit_text)) as is_unread
        from split
        """
    ]
