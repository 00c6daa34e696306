-- One row per person, Charlson component and period of index dates for which it counts.
-- Definition: a component counts on an index date when it was coded in the 365 days before it (specification
-- comorbidities 10.3, Charlson 1987, Quan 2005), so a code counts from the next day on; periods that touch are one.
-- Without lookback_days a code counts for good: the period has no end.
-- Limits: codes of plasma cell disease never count as cancer, though the component's set holds them.

with events as (select * from {{ ref('int_coded_events') }}),
charlson as (select * from {{ ref('charlson') }}),

plasma_cell_records as (

    select distinct
        events.source_name,
        events.domain,
        events.record_id
    from events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'charlson' and roles.role = 'plasma_cell_disease'

),

coded_components as (

    select distinct
        events.person_id,
        charlson.component,
        events.start_date + 1 as from_date,
        events.start_date + cast({{ parameter('comorbidities', 'lookback_days') }} as integer) as until_date
    from events
    inner join charlson on events.concept_set_id = charlson.concept_set_id
    left join plasma_cell_records
        on
            events.source_name = plasma_cell_records.source_name
            and events.domain = plasma_cell_records.domain
            and events.record_id = plasma_cell_records.record_id
    where charlson.component != 'any_malignancy' or plasma_cell_records.record_id is null

),

flagged_components as (

    select
        coded_components.*,
        case
            when row_number() over (partition by person_id, component order by from_date) = 1 then 1
            when until_date is null then 0
            when lag(until_date) over (partition by person_id, component order by from_date) >= from_date - 1 then 0
            else 1
        end as opens_period
    from coded_components

),

numbered_components as (

    select
        flagged_components.*,
        sum(opens_period) over (
            partition by person_id, component order by from_date rows between unbounded preceding and current row
        ) as period_number
    from flagged_components

),

comorbidity_periods as (

    select
        person_id,
        component,
        period_number,
        min(from_date) as from_date,
        max(until_date) as until_date
    from numbered_components
    group by 1, 2, 3

)

select * from comorbidity_periods
