-- One row per patient and cytogenetic abnormality that was tested.
-- Definition: is_positive when any test was, else false; tested_date the first positive test, else the last negative
-- one; clone_percent the largest share of cells reported (specification cytogenetics 12.2). An abnormality without a
-- row is unknown.

with tests as (select * from {{ ref('int_cytogenetic_tests') }}),

cytogenetics as (

    select
        person_id,
        abnormality,
        bool_or(is_positive) as is_positive,
        coalesce(min(case when is_positive then tested_date end), max(tested_date)) as tested_date,
        max(clone_percent) as clone_percent
    from tests
    group by 1, 2

)

select * from cytogenetics
