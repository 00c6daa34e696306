-- One row per cohort, person and characteristic that any study asks for: its value on the index date.
-- Definition: of each named characteristic the latest value that holds on or before the index date; beside them what
-- only the index date can tell (age, year, days observed before, days since diagnosis).
-- Limits: sources give the year of birth alone, so birthdays are taken to be on 1 July.

with index_events as (

    select * from {{ ref('index_events') }}

),

patients as (

    select * from {{ ref('patients') }}

),

asked_names as (

    select characteristic from {{ ref('cohort_criteria') }}
    union
    select characteristic from {{ ref('covariates') }}
    union
    select characteristic from {{ ref('strata') }}

),

characteristics as (

    select characteristics.*
    from {{ ref('characteristics') }} as characteristics
    inner join asked_names on characteristics.name = asked_names.characteristic

),

held as (

    select
        index_events.cohort_id,
        index_events.person_id,
        characteristics.name as characteristic,
        characteristics.value_number,
        characteristics.value_text,
        row_number() over (
            partition by index_events.cohort_id, index_events.person_id, characteristics.name
            order by
                characteristics.valid_from_date desc,
                characteristics.value_number desc nulls last,
                characteristics.value_text desc nulls last
        ) as recency
    from index_events
    inner join characteristics
        on
            index_events.person_id = characteristics.person_id
            and index_events.index_date >= characteristics.valid_from_date

),

told_by_index as (

    select
        index_events.cohort_id,
        index_events.person_id,
        told.characteristic,
        cast(
            case told.characteristic
                when 'index_year' then year(index_events.index_date)
                when 'age'
                    then
                        year(index_events.index_date) - patients.year_of_birth - case
                            when index_events.index_date < make_date(year(index_events.index_date), 7, 1) then 1
                            else 0
                        end
                when 'days_observed_before'
                    then {{ days_between('patients.observation_start_date', 'index_events.index_date') }}
                when 'days_since_diagnosis'
                    then {{ days_between('patients.myeloma_diagnosis_date', 'index_events.index_date') }}
            end as double
        ) as value_number
    from index_events
    inner join patients on index_events.person_id = patients.person_id
    cross join (
        select 'index_year' as characteristic
        union all
        select 'age' as characteristic
        union all
        select 'days_observed_before' as characteristic
        union all
        select 'days_since_diagnosis' as characteristic
    ) as told

),

index_characteristics as (

    select
        cohort_id,
        person_id,
        characteristic,
        value_number,
        value_text
    from held
    where recency = 1
    union all
    select
        cohort_id,
        person_id,
        characteristic,
        value_number,
        cast(null as {{ dbt.type_string() }}) as value_text
    from told_by_index
    where value_number is not null

)

select * from index_characteristics
