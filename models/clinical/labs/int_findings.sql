-- One row per patient, finding and day: present or absent, as charted.
-- Definition: the answers of int_answers_read. Present wins over absent on the same day.

with answers_read as (select * from {{ ref('int_answers_read') }} where is_present is not null),

findings as (

    select
        person_id,
        finding,
        found_date,
        bool_or(is_present) as is_present,
        min(value_number) as value_number
    from answers_read
    group by 1, 2, 3

)

select * from findings
