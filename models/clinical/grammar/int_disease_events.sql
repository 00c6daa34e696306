{{ config(materialized='ephemeral') }}
-- One row per person, day and event of the disease: progressions, responses, deaths by cause.
-- Definition: the names that studies/known_events lists. A progression is the first of its line: any, that of a line
-- with an infusion, of the line after one, of a line by its number. of_line carries that number as its value: PFS2
-- (EMA, specification endpoints 5.2) of a cohort that starts with line n is the first of_line with a value above n. T0
-- of a relapse study is after_bcma_infusion: the progression of the line of an infusion against BCMA (specification
-- studies D3.1). A death counts as not from myeloma only where a cause is recorded (specification endpoints 5.2:
-- dor_death).
-- Limits: relapse_from_cr belongs to disease-free survival alone.

with progressions as (select * from {{ ref('progressions') }}),
response_lines as (select * from {{ ref('int_response_lines') }}),
line_responses as (select * from {{ ref('line_responses') }}),
relapses as (select * from {{ ref('int_relapses_from_complete_response') }}),
infusion_courses as (select * from {{ ref('int_infusion_courses') }}),
infusion_responses as (select * from {{ ref('int_infusion_responses') }}),
deaths as (select * from {{ ref('int_deaths_by_cause') }}),

progression_days as (

    select
        progressions.person_id,
        progressions.line_number,
        progressions.progression_date,
        case when progressions.infusion_date is not null then progressions.progression_date end as after_infusion,
        case when lines_before.infusion_date is not null then progressions.progression_date end as next_after_infusion
    from progressions
    left join response_lines as lines_before
        on
            progressions.person_id = lines_before.person_id
            and progressions.line_number = lines_before.line_number + 1

),

bcma_progression_days as (

    select
        person_id,
        progression_date
    from infusion_courses
    where target = 'bcma'

),

response_days as (

    select
        person_id,
        first_response_date as pr_or_better,
        first_complete_response_date as cr_or_better
    from line_responses

),

infusion_response_days as (

    select
        person_id,
        case when is_infusion then response_date end as pr_or_better_after_infusion,
        case when is_infusion then complete_response_date end as cr_or_better_after_infusion,
        case when not is_infusion then response_date end as pr_or_better_first_after_progression
    from infusion_responses

),

death_days as (

    select
        person_id,
        case when is_from_myeloma then death_date end as from_myeloma,
        case when not is_from_myeloma then death_date end as from_other_cause
    from deaths

),

disease_events as (

    {{ event_rows('progression_days', 'progression', {
        'any': 'progression_date', 'after_infusion': 'after_infusion', 'next_after_infusion': 'next_after_infusion'
    }) }}
    union all
    {{ event_rows('progression_days', 'progression', {'of_line': 'progression_date'}, value='line_number') }}
    union all
    {{ event_rows('relapses', 'progression', {'relapse_from_cr': 'relapse_date'}) }}
    union all
    {{ event_rows('bcma_progression_days', 'progression', {'after_bcma_infusion': 'progression_date'}) }}
    union all
    {{ event_rows('response_days', 'response', ['pr_or_better', 'cr_or_better']) }}
    union all
    {{ event_rows('infusion_response_days', 'response', [
        'pr_or_better_after_infusion', 'cr_or_better_after_infusion', 'pr_or_better_first_after_progression'
    ]) }}
    union all
    {{ event_rows('death_days', 'death', ['from_myeloma', 'from_other_cause']) }}

)

select * from disease_events
