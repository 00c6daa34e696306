-- The macros characteristic_rows and event_rows on two persons: each column a row, a flag 1 or 0, a value without a day
-- left out, an unknown value kept where that is asked.

with wide as (

    select
        1 as person_id,
        true as is_frail,
        2 as ecog,
        'two' as ecog_words,
        date '2022-01-01' as asked_date,
        'baseline' as time_point
    union all
    select
        2 as person_id,
        cast(null as boolean) as is_frail,
        null as ecog,
        null as ecog_words,
        date '2022-01-02' as asked_date,
        'later' as time_point
    union all
    select
        3 as person_id,
        false as is_frail,
        1 as ecog,
        'one' as ecog_words,
        cast(null as date) as asked_date,
        'never' as time_point

),

actual_rows as (

    select
        person_id,
        name,
        value_number,
        value_text,
        valid_from_date
    from ({{ characteristic_rows(
        'wide',
        numbers={'is_frail': 'is_frail', 'ecog_group': 'ecog'},
        texts={'ecog_group': 'ecog_words'},
        valid_from='asked_date',
        named="time_point || '_' || names.name",
    ) }}) as known_values
    union all
    select
        person_id,
        name,
        value_number,
        value_text,
        valid_from_date
    from ({{ characteristic_rows('wide', numbers=['is_frail'], valid_from='asked_date', keeps_unknown=true) }}) as all_values
    union all
    select
        person_id,
        event_type || ' ' || event_code as name,
        value as value_number,
        unit as value_text,
        event_date as valid_from_date
    from ({{ event_rows('wide', 'visit', ['asked_date'], value='ecog') }}) as events

),

expected_rows as (

    select
        rows_listed.person_id,
        rows_listed.name,
        cast(rows_listed.value_number as double) as value_number,
        rows_listed.value_text,
        rows_listed.valid_from_date
    from (
        values
        (1, 'baseline_is_frail', 1, null, date '2022-01-01'),
        (1, 'baseline_ecog_group', 2, 'two', date '2022-01-01'),
        (1, 'is_frail', 1, null, date '2022-01-01'),
        (2, 'is_frail', null, null, date '2022-01-02'),
        (1, 'visit asked_date', 2, null, date '2022-01-01'),
        (2, 'visit asked_date', null, null, date '2022-01-02')
    ) as rows_listed (person_id, name, value_number, value_text, valid_from_date)

),

missing_rows as (

    select * from expected_rows
    except all
    select * from actual_rows

),

unexpected_rows as (

    select * from actual_rows
    except all
    select * from expected_rows

)

select
    'missing' as problem,
    missing_rows.*
from missing_rows
union all
select
    'unexpected' as problem,
    unexpected_rows.*
from unexpected_rows
