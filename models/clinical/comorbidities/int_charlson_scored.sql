-- One row per patient and day on which the Charlson index changes: both indices and the components that count.
-- Definition: the sum of the weights of the components that count on the day and that no graver one overrules
-- (specification comorbidities 10.3, Charlson 1987, Quan 2005): charlson_index with the weights of 1987, for frailty;
-- charlson_index_quan with those of 2011, for covariates.
-- Limits: no code in the year before counts as no disease; who has no record at all has a row of zero from birth.

with periods as (select * from {{ ref('int_comorbidity_periods') }}),
charlson as (select * from {{ ref('charlson') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),

days_of_change as (

    select
        periods.person_id,
        periods.from_date as valid_from_date
    from periods
    inner join patients on periods.person_id = patients.person_id
    union
    select
        periods.person_id,
        periods.until_date + 1 as valid_from_date
    from periods
    inner join patients on periods.person_id = patients.person_id
    where periods.until_date is not null
    union
    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as valid_from_date
    from patients

),

components as (

    select
        days_of_change.person_id,
        days_of_change.valid_from_date,
        charlson.component,
        charlson.weight_charlson,
        charlson.weight_quan,
        charlson.overruled_by
    from days_of_change
    inner join periods
        on
            days_of_change.person_id = periods.person_id
            and days_of_change.valid_from_date >= periods.from_date
            and (periods.until_date is null or days_of_change.valid_from_date <= periods.until_date)
    inner join charlson on periods.component = charlson.component

),

charlson_scored as (

    select
        days_of_change.person_id,
        days_of_change.valid_from_date,
        cast(coalesce(sum(case when graver.component is null then components.weight_charlson end), 0) as integer)
            as charlson_index,
        cast(coalesce(sum(case when graver.component is null then components.weight_quan end), 0) as integer)
            as charlson_index_quan,
        {{ sorted_distinct_concat('components.component') }} as components
    from days_of_change
    left join components
        on
            days_of_change.person_id = components.person_id
            and days_of_change.valid_from_date = components.valid_from_date
    left join components as graver
        on
            components.person_id = graver.person_id
            and components.valid_from_date = graver.valid_from_date
            and components.overruled_by = graver.component
    group by 1, 2

)

select * from charlson_scored
