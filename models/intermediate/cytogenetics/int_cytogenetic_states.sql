-- One row per person and day of a cytogenetic test: what is known of each abnormality from that day on.
-- Definition: ever positive up to the day (algorithms 12.2, hr_mode ever); false when tested and never positive; null
-- when never tested. clone_percent_del_17p is the largest share of cells reported.
-- Limits: no public code names del(1p32), one copy or both: it stays null unless a site adds its own.

with tests as (

    select * from {{ ref('int_cytogenetic_tests') }}

),

days as (

    select distinct
        person_id,
        tested_date as valid_from_date
    from tests

),

cytogenetic_states as (

    select
        days.person_id,
        days.valid_from_date,
        bool_or(case when tests.abnormality = 'del_17p' then tests.is_positive end) as del_17p,
        bool_or(case when tests.abnormality = 't_4_14' then tests.is_positive end) as t_4_14,
        bool_or(case when tests.abnormality = 't_14_16' then tests.is_positive end) as t_14_16,
        bool_or(case when tests.abnormality = 't_14_20' then tests.is_positive end) as t_14_20,
        bool_or(case when tests.abnormality = 't_11_14' then tests.is_positive end) as t_11_14,
        bool_or(case when tests.abnormality = 'gain_1q21' then tests.is_positive end) as gain_1q21,
        bool_or(case when tests.abnormality = 'del_1p32' then tests.is_positive end) as del_1p32,
        bool_or(case when tests.abnormality = 'del_1p32_biallelic' then tests.is_positive end) as del_1p32_biallelic,
        bool_or(case when tests.abnormality = 'tp53_mutation' then tests.is_positive end) as tp53_mutation,
        bool_or(case when tests.abnormality = 'del_13q' then tests.is_positive end) as del_13q,
        bool_or(case when tests.abnormality = 'hyperdiploidy' then tests.is_positive end) as hyperdiploidy,
        max(case when tests.abnormality = 'del_17p' then tests.clone_percent end) as clone_percent_del_17p
    from days
    inner join tests on days.person_id = tests.person_id and days.valid_from_date >= tests.tested_date
    group by 1, 2

)

select * from cytogenetic_states
