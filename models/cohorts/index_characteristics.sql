-- One row per cohort, person, anchor and characteristic that any study asks for: its value on the anchor's day, which
-- is the index date itself ('index') or the day of lookback_days before it.
-- Definition: of each named characteristic the latest value that holds on or before that day; beside them what only the
-- day can tell (age, year, time since diagnosis; months are 365/12 days, as salvage_after_cart counts them). Limits:
-- sources give the year of birth alone, so birthdays are taken to be on 1 July.

with lookback_days as (select * from {{ ref('lookback_days') }}),
patients as (select * from {{ ref('patients') }}),

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

values_by_recency as (

    select
        lookback_days.cohort_id,
        lookback_days.person_id,
        lookback_days.anchor_event_group,
        characteristics.name as characteristic,
        characteristics.value_number,
        characteristics.value_text,
        row_number() over (
            partition by
                lookback_days.cohort_id, lookback_days.person_id, lookback_days.anchor_event_group, characteristics.name
            order by characteristics.valid_from_date desc
        ) as recency
    from lookback_days
    inner join characteristics
        on
            lookback_days.person_id = characteristics.person_id
            and lookback_days.anchor_date >= characteristics.valid_from_date

),

days_described as (

    select
        lookback_days.*,
        year(lookback_days.anchor_date) as index_year,
        year(lookback_days.anchor_date) - patients.year_of_birth
        - cast(lookback_days.anchor_date < make_date(year(lookback_days.anchor_date), 7, 1) as integer) as age,
        {{ days_between('patients.observation_start_date', 'lookback_days.anchor_date') }} as days_observed_before,
        {{ days_between('patients.myeloma_diagnosis_date', 'lookback_days.anchor_date') }} as days_since_diagnosis,
        {{ months_between('patients.myeloma_diagnosis_date', 'lookback_days.anchor_date') }} as months_since_diagnosis
    from lookback_days
    inner join patients on lookback_days.person_id = patients.person_id

),

values_of_the_day as (

    {{ characteristic_rows(
        'days_described',
        numbers=['index_year', 'age', 'days_observed_before', 'days_since_diagnosis', 'months_since_diagnosis'],
        valid_from='anchor_date',
        keys=['cohort_id', 'person_id', 'anchor_event_group'],
    ) }}

),

index_characteristics as (

    select
        cohort_id,
        person_id,
        anchor_event_group,
        characteristic,
        value_number,
        value_text
    from values_by_recency
    where recency = 1
    union all
    select
        cohort_id,
        person_id,
        anchor_event_group,
        name as characteristic,
        value_number,
        value_text
    from values_of_the_day

)

select * from index_characteristics
