"""What checks look at besides the rows of a table: months, keys, tests of a site, people, codes.

Each relation is a temporary table of the connection that counts, made only when a check in force
asks for it. A row counts once, or ``records`` times where the relation has that column; one with
``person_key`` and ``is_myeloma`` says whom it is about, ``detail`` what is wrong. A CDM and a
TriNetX export differ in the names of their columns alone (``lookups.Columns``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from myelomart import warehouse
from myelomart.project import seed
from myelomart.quality import macros
from myelomart.quality.lookups import (
    Columns,
    columns_of,
    path_of,
    people_with,
    plain,
    sets_of,
)
from myelomart.quality.shapes import NOT_BY_MONTH, STARTS_AND_ENDS, shape_of
from myelomart.sources import layout
from myelomart.sources.folder import set_aside_path
from myelomart.sources.values import is_text_id, number_of_text
from myelomart.warehouse import literal, quoted

KAPPA, LAMBDA, RATIO = "free_light_chain_kappa", "free_light_chain_lambda", "free_light_chain_ratio"
ROWS_WORTH_COUNTING = 30  # in the median month: below it a month may be empty by chance
OF_OTHER_VERSIONS = {("person", "death_datetime")}  # CDM v6: v5 rightly lacks it
MIDDLE = (0.05, 0.95)  # of all rows by date: feeds begin and end slowly


@dataclass(frozen=True)
class Scanned:
    """A landed source: what the relations are made of."""

    connection: object
    landing: Path
    entry: dict

    @property
    def name(self) -> str:
        """The source's name."""
        return self.entry["name"]

    @property
    def is_trinetx(self) -> bool:
        """Is it a TriNetX export?"""
        return self.entry["format"].startswith("TriNetX")

    @property
    def shifted_by(self) -> str | None:
        """By whom its dates are moved, as it declares: person, site, or None for not at all."""
        return self.entry.get("options", {}).get("dates_shifted")

    @property
    def columns(self) -> Columns:
        """The names of its layout."""
        return columns_of(self.is_trinetx)

    @property
    def tables(self) -> list[str]:
        """The tables of its layout."""
        return list(layout.trinetx_tables() if self.is_trinetx else layout.cdm_tables())

    @property
    def filled(self) -> list[str]:
        """Those of them that have a row."""
        return [table for table in self.tables if self.entry["tables"][table]["rows"]]

    def path(self, table: str) -> str:
        """SQL that reads a table as it came."""
        return path_of(self.landing, self.name, table)


def make_relation(scanned: Scanned, name: str) -> set[str]:
    """Make the relation ``name`` and return its columns."""
    for statement in MAKERS[name](scanned):
        scanned.connection.execute(statement)
    described = warehouse.rows(scanned.connection, f"describe {name}")
    return {column for column, *_ in described}


def _landed_tables(scanned: Scanned) -> list[str]:
    """One row per table of the layout: is it there, and has it rows?"""
    rows = []
    for table in scanned.tables:
        landed = scanned.entry["tables"][table]
        rows.append((table, landed["form"] != "absent", landed["rows"]))
    return [_values("landed_tables", "table_name, is_there, row_count", rows)]


def _landed_columns(scanned: Scanned) -> list[str]:
    """One row per column of the standard in each table that has rows."""
    rows = [
        (table, column.name in scanned.entry["tables"][table]["columns_missing"], column.name)
        for table in scanned.filled
        for column in layout.tables()[table]
        if (table, column.name) not in OF_OTHER_VERSIONS
    ]
    return [_values("landed_columns", "table_name, is_missing, detail", rows)]


def _landed_rows(scanned: Scanned) -> list[str]:
    """The rows that landed and each row that was set aside because it could not be read."""
    kinds = "table_name varchar, is_set_aside boolean, person_key varchar, is_myeloma boolean"
    kinds += ", detail varchar, records bigint"
    statements = [f"create or replace temp table landed_rows ({kinds})"]
    for table in scanned.tables:
        landed = scanned.entry["tables"][table]
        if landed["form"] == "absent" or not landed["rows"] + landed["rows_set_aside"]:
            continue
        if not landed["rows_set_aside"]:
            statements.append(
                f"insert into landed_rows values "
                f"('{table}', false, null, null, null, {landed['rows']})"
            )
            continue
        person = shape_of(table).person
        key = f"cast({person} as varchar)" if person else "null"
        names = [name for name in (person, (person or "").upper()) if name]
        found = [f"json_extract_string(row_as_json, '$.{name}')" for name in names]
        of_row = f"coalesce({', '.join(found)})" if found else "null"
        if person == "person_id":
            of_text = f"cast({number_of_text(of_row)} as varchar)"
            of_row = f"case when {is_text_id(of_row)} then {of_text} else {of_row} end"
        faults = set_aside_path(scanned.landing, scanned.name, table)
        statements.append(
            f"""
            insert into landed_rows
            select
                '{table}', is_set_aside, people.person_key, myeloma.person_key is not null, reason,
                records
            from (
                select
                    false as is_set_aside, {key} as person_key, null as reason, count(*) as records
                from {scanned.path(table)} group by all
                union all
                select true as is_set_aside, {of_row} as person_key, reason, 1 as records
                from read_parquet({literal(faults)}) where action = 'row set aside'
            ) as people
            left join (select cast(person_key as varchar) as person_key from myeloma_person)
                as myeloma using (person_key)
            """
        )
    return statements


def _landed_cells(scanned: Scanned) -> list[str]:
    """The rows that landed, and the cells of them that were emptied."""
    rows = []
    for table in scanned.filled:
        landed = scanned.entry["tables"][table]
        emptied = landed["cells_emptied"]
        rows += [(table, True, emptied), (table, False, max(landed["rows"] - emptied, 0))]
    return [_values("landed_cells", "table_name, is_emptied, records", rows)]


def _keys(scanned: Scanned) -> list[str]:
    """The rows whose key is their own, and each later row of a key: a repeat or a collision.

    Keys that only ever rise, as most exports write them, are unique: no need to gather them all.
    """
    kinds = "is_repeat boolean, is_collision boolean, person_key varchar, is_myeloma boolean"
    statements = [
        f"create or replace temp table keys (table_name varchar, {kinds}, records bigint)"
    ]
    for table in scanned.filled:
        shape = shape_of(table)
        if shape.key is None:
            continue
        path, key = scanned.path(table), quoted(shape.key)
        counted, unrisen = warehouse.rows(
            scanned.connection,
            f"""
            select count(*), count(*) filter (where key <= key_before)
            from (
                select {key} as key, lag({key}) over () as key_before
                from {path} where {key} is not null
            )
            """,
        )[0]
        doubled = unrisen and warehouse.value(
            scanned.connection, f"select count({key}) - count(distinct {key}) from {path}"
        )
        statements.append(
            f"insert into keys values ('{table}', false, false, null, null, {counted - doubled})"
        )
        if doubled:
            statements.append(_later_rows(table, path, key, shape.person or shape.key))
    return statements


def _later_rows(table: str, path: str, key: str, person: str) -> str:
    return f"""
        insert into keys
        select
            '{table}', row_of_content > 1, row_of_content = 1, people.person_key,
            myeloma.person_key is not null, 1
        from (
            select
                cast({quoted(person)} as varchar) as person_key,
                row_number() over (partition by key, content) as row_of_content,
                row_number() over (partition by key order by content) as row_of_key
            from (
                select {key} as key, {quoted(person)}, cast(to_json(event) as varchar) as content
                from {path} as event
                where {key} in (select {key} from {path} group by 1 having count(*) > 1)
            )
        ) as people
        left join (select cast(person_key as varchar) as person_key from myeloma_person)
            as myeloma using (person_key)
        where row_of_key > 1
    """


def _months(scanned: Scanned) -> list[str]:
    """One row per table and month between the 5th and the 95th percentile of its dates.

    None where each person's dates are moved apart: there months say nothing of a feed.
    """
    parts = []
    for table in [] if scanned.shifted_by == "person" else scanned.filled:
        start, _ = STARTS_AND_ENDS.get(table, (None, None))
        if not start or table in NOT_BY_MONTH:
            continue
        parts.append(
            f"""
            select '{table}' as table_name, date_trunc('month', {quoted(start)}) as month,
                count(*) as event_count
            from {scanned.path(table)} where {quoted(start)} is not null group by 2
            """
        )
    nothing = "select '' as table_name, null::date as month, 0 as event_count where false"
    counted = " union all ".join(parts) or nothing
    return [
        f"""
        create or replace temp table months as
        with counted as ({counted}),
        cumulated as (
            select
                *,
                sum(event_count) over (partition by table_name order by month)
                / sum(event_count) over (partition by table_name) as share
            from counted
        ),
        middle as (select * from cumulated where share between {MIDDLE[0]} and {MIDDLE[1]}),
        usual as (
            select
                table_name, min(month) as first_month, max(month) as last_month,
                median(event_count) as usual_event_count
            from middle group by 1
        ),
        every_month as (
            select
                table_name, usual_event_count,
                unnest(generate_series(first_month, last_month, interval 1 month)) as month
            from usual where usual_event_count >= {ROWS_WORTH_COUNTING}
        )
        select table_name, month, coalesce(event_count, 0) as event_count, usual_event_count
        from every_month left join counted using (table_name, month)
        """
    ]


def _tests_of_sites(scanned: Scanned) -> list[str]:
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


def _light_chains(scanned: Scanned) -> list[str]:
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


def _infused_people(scanned: Scanned) -> list[str]:
    """One row per person with a CAR-T that may be against BCMA: is there a myeloma diagnosis?"""

    def treated(*products: str) -> str:
        sets = sets_of("cell_therapy", *products)
        return people_with(
            scanned.landing, scanned.name, scanned.columns, sets, {"drug", "procedure"}
        )

    return [
        f"""
        create or replace temp table infused_people as
        with infused as (
            from ({treated("ide_cel", "cilta_cel", "other_bcma")})
            union
            (from ({treated("unknown")}) except from ({treated("other_target")}))
        )
        select
            person as person_key,
            myeloma_person.person_key is not null as has_diagnosis,
            myeloma_person.person_key is not null as is_myeloma
        from infused left join myeloma_person on infused.person = myeloma_person.person_key
        """
    ]


def _coded_records(scanned: Scanned) -> list[str]:
    """The records of people with myeloma by code: does any concept set recognise it?

    Recognised are a concept of a set, one that a concept of a set is mapped to, a code of a set,
    and of drugs a name, as in the models (int_codes_resolved).
    """
    columns = scanned.columns
    parts = []
    for table in scanned.filled:
        if table not in columns.coded:
            continue
        domain, code, concepts = columns.coded[table]
        concept, source_concept = concepts or ("null", "null")
        parts.append(
            f"""
            select
                '{table}' as table_name, '{domain}' as domain,
                cast({concept} as bigint) as concept_id,
                cast({source_concept} as bigint) as source_concept_id,
                {code} as source_code, count(*) as records
            from {scanned.path(table)} as event
            where event.{columns.person} in (select person_key from myeloma_person)
            group by all
            """
        )
    nothing = "select '' as table_name, '' as domain, 0 as concept_id, 0 as source_concept_id, "
    counted = " union all ".join(parts) or nothing + "'' as source_code, 0 as records where false"
    return [
        f"create or replace temp table code_count as {counted}",
        _recognised("recognised_code", "code_count", scanned),
        f"""
        create or replace temp table coded_records as
        select
            code_count.*, recognised_code.domain is not null as is_recognised,
            coalesce(code_count.concept_id, 0) != 0 as has_concept,
            (select count(*) > 0 from concept) as has_vocabulary,
            (select count(*) > 0 from {scanned.path("concept_ancestor")}) as has_ancestors
        from code_count left join recognised_code
            on code_count.domain = recognised_code.domain
            and code_count.concept_id is not distinct from recognised_code.concept_id
            and code_count.source_concept_id is not distinct from recognised_code.source_concept_id
            and code_count.source_code is not distinct from recognised_code.source_code
        """,
    ]


def _recognised(name: str, counts: str, scanned: Scanned, sets: str = "") -> str:
    """A table of the codes of ``counts`` that a concept set (one of ``sets``, if given) names."""
    of_sets = f"and concept_set_id in {sets}" if sets else ""
    names = " or ".join(
        f"upper(source_code) like {literal('%' + row['name'].upper() + '%')}"
        for row in seed("clinical_rules/drug_names")
        if not sets or literal(row["concept_set_id"]) in sets
    )
    standard = f"""
        select concept_id from set_concept where true {of_sets}
        union
        select concept_id_2 from {scanned.path("concept_relationship")}
        inner join set_concept on concept_id_1 = set_concept.concept_id
        where relationship_id = 'Maps to' {of_sets}
    """
    return f"""
        create or replace temp table {name} as
        with code as (
            select distinct
                domain, concept_id, source_concept_id, source_code,
                {plain("source_code")} as plain_source_code
            from {counts}
        ),
        named as (select concept_id from ({standard}) where concept_id != 0),
        mapped as (
            select concept_id_1 as concept_id
            from {scanned.path("concept_relationship")}
            inner join named on concept_id_2 = named.concept_id
            where relationship_id = 'Maps to'
        ),
        looked_up as (
            select concept_code
            from {scanned.path("concept")} as listed
            inner join mapped on listed.concept_id = mapped.concept_id
            where vocabulary_id in {_looked_up()}
        )
        select distinct domain, concept_id, source_concept_id, source_code from code
        where
            concept_id in (from named) or source_concept_id in (from named)
            or coalesce(concept_id, 0) = 0 and source_concept_id in (from mapped)
            or domain = 'drug' and plain_source_code in (from looked_up)
            or domain = 'drug' and ({names or "false"})
            or exists (
                from set_code
                where
                    set_code.domain = code.domain {of_sets}
                    and starts_with(code.plain_source_code, set_code.plain_code)
                    and (
                        code.plain_source_code = set_code.plain_code
                        or set_code.is_expanded and set_code.is_hierarchical
                        and length(code.plain_source_code) <= set_code.longest_code
                    )
            )
    """


def _looked_up() -> str:
    """The vocabularies whose codes are looked up in the source's own, as a list in SQL."""
    found = {
        literal(row["vocabulary_id"])
        for row in seed("clinical_rules/source_vocabularies")
        if row["is_looked_up"] == "true"
    }
    return "(" + ", ".join(sorted(found)) + ")"


def _diagnosis_codes(scanned: Scanned) -> list[str]:
    """The diagnoses of everybody whose text names myeloma, by code: are they recognised?"""
    words = " or ".join(
        f"upper(source_code) like {literal('%' + row['word'].upper() + '%')}"
        for row in seed("concept_sets/relevant_words")
        if row["domain"] == "condition"
        and literal(row["points_to"]) in sets_of("myeloma_phenotype", "candidate")
    )
    table = next(t for t, (domain, *_) in scanned.columns.coded.items() if domain == "condition")
    _, code, concepts = scanned.columns.coded[table]
    concept, source_concept = concepts or ("null", "null")
    person = scanned.columns.person
    return [
        f"""
        create or replace temp table diagnosis_count as
        select
            'condition' as domain, {concept}::bigint as concept_id,
            {source_concept}::bigint as source_concept_id, {code} as source_code,
            cast({person} as varchar) as person_key, count(*) as records
        from {scanned.path(table)} where {words.replace("source_code", code)} group by all
        """,
        _recognised("recognised_diagnosis", "diagnosis_count", scanned),
        f"""
        create or replace temp table diagnosis_codes as
        select
            '{table}' as table_name, diagnosis_count.*, false as is_myeloma,
            recognised_diagnosis.domain is null as is_unrecognised
        from diagnosis_count left join recognised_diagnosis
            on diagnosis_count.concept_id is not distinct from recognised_diagnosis.concept_id
            and diagnosis_count.source_concept_id
            is not distinct from recognised_diagnosis.source_concept_id
            and diagnosis_count.source_code is not distinct from recognised_diagnosis.source_code
        """,
    ]


def _myeloma_people(scanned: Scanned) -> list[str]:
    """One row per person with a myeloma code: is there any antimyeloma drug?"""
    columns = scanned.columns
    specific = [row["ingredient"] for row in seed("clinical_rules/drug_classes")]
    sets = "(" + ", ".join(literal(name) for name in specific) + ")"
    treated = []
    for table, (domain, code, concepts) in columns.coded.items():
        if domain != "drug" or table not in scanned.filled:
            continue
        concept, source_concept = concepts or ("null", "null")
        treated.append(
            f"""
            select event.{columns.person} as person_key from {scanned.path(table)} as event
            inner join antimyeloma_code
                on antimyeloma_code.concept_id is not distinct from {concept}::bigint
                and antimyeloma_code.source_concept_id is not distinct from {source_concept}::bigint
                and antimyeloma_code.source_code is not distinct from event.{code}
            """
        )
    return [
        *_coded_records(scanned),
        "create or replace temp table drug_count as from code_count where domain = 'drug'",
        _recognised("antimyeloma_code", "drug_count", scanned, sets),
        f"""
        create or replace temp table myeloma_people as
        select
            person_key, true as is_myeloma,
            person_key in ({" union ".join(treated) or "select null where false"})
            as has_antimyeloma_drug
        from myeloma_person
        """,
    ]


def _result_texts(scanned: Scanned) -> list[str]:
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


def _dead_people(scanned: Scanned) -> list[str]:
    """One row per person in DEATH: on how many different days?"""
    return [
        f"""
        create or replace temp table dead_people as
        select
            deaths.person_id as person_key, bool_or(person.is_myeloma) as is_myeloma,
            count(distinct coalesce(deaths.death_date, deaths.death_datetime::date)) as date_count
        from {scanned.path("death")} as deaths
        left join person on deaths.person_id = person.person_key
        group by 1
        """
    ]


def _source_facts(scanned: Scanned) -> list[str]:
    """One row: the source's own dates, its records after them, and the size of its vocabulary."""
    if scanned.is_trinetx:
        released = f"max(date_created) from {scanned.path('trinetx_dataset_details')}"
    else:
        released = (
            "max(greatest(source_release_date, cdm_release_date)) "
            f"from {scanned.path('cdm_source')}"
        )
    lasts, laters = [], []
    for table in scanned.filled:
        start, _ = STARTS_AND_ENDS.get(table, (None, None))
        if start and table not in NOT_BY_MONTH:
            possible = f"{quoted(start)} <= (select last_date from span)"
            lasts.append(
                f"select max({quoted(start)}) filter (where {possible}) as day "
                f"from {scanned.path(table)}"
            )
            if scanned.shifted_by:  # the day of a release is not moved
                continue
            laters.append(
                f"select count(*) as n from {scanned.path(table)} "
                f"where {possible} and {quoted(start)} > (select day from released)"
            )
    no_row = "select null::date as day where false"
    return [
        f"create or replace temp table released as select (select {released}) as day",
        f"""
        create or replace temp table source_facts as
        select
            facts.*,
            case when records_after_release > 0 or release_date > today
                then 'released ' || release_date || ', records until ' || last_record_date
            end as detail
        from (
            select
                (select day from released) as release_date,
                (select max(day) from ({" union all ".join(lasts) or no_row})) as last_record_date,
                (select coalesce(sum(n), 0) from ({" union all ".join(laters) or "select 0 as n"}))
                as records_after_release,
                (select last_date - 1 from span) as today,
                (select count(*) from person) as person_count,
                (select count(*) from myeloma_person) as myeloma_person_count,
                (select count(*) from concept) as concept_count,
                (select count(*) from {scanned.path("concept_ancestor")}) as ancestor_count
        ) as facts
        """,
    ]


MAKERS: dict[str, Callable[[Scanned], list[str]]] = {
    "landed_tables": _landed_tables,
    "landed_columns": _landed_columns,
    "landed_rows": _landed_rows,
    "landed_cells": _landed_cells,
    "keys": _keys,
    "months": _months,
    "tests_of_sites": _tests_of_sites,
    "light_chains": _light_chains,
    "infused_people": _infused_people,
    "coded_records": _coded_records,
    "diagnosis_codes": _diagnosis_codes,
    "myeloma_people": _myeloma_people,
    "result_texts": _result_texts,
    "dead_people": _dead_people,
    "source_facts": _source_facts,
}


def _values(name: str, columns: str, rows: list[tuple]) -> str:
    """A relation from values that Python knows."""
    names = [column.strip() for column in columns.split(",")]
    if not rows:
        empty = ", ".join(f"null as {column}" for column in names)
        return f"create or replace temp table {name} as select {empty} where false"
    values = ", ".join("(" + ", ".join(_constant(cell) for cell in row) + ")" for row in rows)
    return (
        f"create or replace temp table {name} as "
        f"select * from (values {values}) as given ({', '.join(names)})"
    )


def _constant(cell: object) -> str:
    if cell is None:
        return "null"
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(cell) if isinstance(cell, int) else literal(str(cell))
