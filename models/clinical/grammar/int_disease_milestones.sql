-- One row per patient, day and named milestone of the disease: assessments, progressions, responses, deaths by
-- cause.
-- Definition: the names that studies/known_events lists; the assessments are those of int_assessment_milestones,
-- the progressions, with their values, those of int_progression_milestones. A death counts as not from myeloma only
-- where a cause is recorded (algorithms 5.2: dor_death).

with assessment_milestones as (select * from {{ ref('int_assessment_milestones') }}),
line_responses as (select * from {{ ref('line_responses') }}),
response_lines as (select * from {{ ref('int_response_lines') }}),
progression_milestones as (select * from {{ ref('int_progression_milestones') }}),
deaths as (select * from {{ ref('int_deaths_by_cause') }}),

responses_after_infusion as (

    select
        line_responses.person_id,
        line_responses.first_response_date
    from line_responses
    inner join response_lines
        on
            line_responses.person_id = response_lines.person_id
            and line_responses.line_number = response_lines.line_number
    where response_lines.infusion_date is not null

),

disease_milestones as (

    select
        person_id,
        event_date,
        'assessment' as event_type,
        event_code,
        cast(null as double) as value
    from assessment_milestones
    union
    select
        person_id,
        event_date,
        'progression' as event_type,
        event_code,
        value
    from progression_milestones
    union
    select
        person_id,
        first_response_date as event_date,
        'response' as event_type,
        'pr_or_better' as event_code,
        cast(null as double) as value
    from line_responses
    where first_response_date is not null
    union
    select
        person_id,
        first_response_date as event_date,
        'response' as event_type,
        'pr_or_better_after_infusion' as event_code,
        cast(null as double) as value
    from responses_after_infusion
    where first_response_date is not null
    union
    select
        person_id,
        first_complete_response_date as event_date,
        'response' as event_type,
        'cr_or_better' as event_code,
        cast(null as double) as value
    from line_responses
    where first_complete_response_date is not null
    union
    select
        person_id,
        death_date as event_date,
        'death' as event_type,
        case when is_from_myeloma then 'from_myeloma' else 'from_other_cause' end as event_code,
        cast(null as double) as value
    from deaths

)

select * from disease_milestones
