-- One row per patient and day of a cytogenetic test: what is known of each abnormality from that day on.
-- Definition: ever positive up to the day (specification cytogenetics 12.2, hr_mode ever); false when tested and never
-- positive; null when never tested. Where hr_latest is 1 the last test of each abnormality alone counts (hr_mode
-- latest), where hr_baseline is 1 those at most 90 days from the diagnosis (hr_mode baseline). clone_percent_del_17p is
-- the largest share of cells reported.
-- Limits: no public code names del(1p32), one copy or both: it stays null unless a site adds its own.

with tests as (

    select tests.*
    from {{ ref('int_cytogenetic_tests') }} as tests
    inner join {{ ref('int_myeloma_patients') }} as patients on tests.person_id = patients.person_id
    where
        {{ parameter('cytogenetics', 'hr_baseline') }} = 0
        or abs({{ days_between('patients.myeloma_diagnosis_date', 'tests.tested_date') }})
        <= {{ parameter('cytogenetics', 'baseline_days') }}

),

days as (

    select distinct
        person_id,
        tested_date as valid_from_date
    from tests

),

known_tests as (

    select
        days.valid_from_date,
        tests.*,
        row_number() over (
            partition by days.person_id, days.valid_from_date, tests.abnormality order by tests.tested_date desc
        ) as recency
    from days
    inner join tests on days.person_id = tests.person_id and days.valid_from_date >= tests.tested_date

),

cytogenetic_states as (

    select
        person_id,
        valid_from_date,
        bool_or(case when abnormality = 'del_17p' then is_positive end) as del_17p,
        bool_or(case when abnormality = 't_4_14' then is_positive end) as t_4_14,
        bool_or(case when abnormality = 't_14_16' then is_positive end) as t_14_16,
        bool_or(case when abnormality = 't_14_20' then is_positive end) as t_14_20,
        bool_or(case when abnormality = 't_11_14' then is_positive end) as t_11_14,
        bool_or(case when abnormality = 'gain_1q21' then is_positive end) as gain_1q21,
        bool_or(case when abnormality = 'del_1p32' then is_positive end) as del_1p32,
        bool_or(case when abnormality = 'del_1p32_biallelic' then is_positive end) as del_1p32_biallelic,
        bool_or(case when abnormality = 'tp53_mutation' then is_positive end) as tp53_mutation,
        bool_or(case when abnormality = 'hyperdiploidy' then is_positive end) as hyperdiploidy,
        max(case when abnormality = 'del_17p' then clone_percent end) as clone_percent_del_17p
    from known_tests
    where recency = 1 or {{ parameter('cytogenetics', 'hr_latest') }} = 0
    group by 1, 2

)

select * from cytogenetic_states
