-- One row per patient, line of therapy and day on which a code of relapse tells of one in that line.
-- Definition: specification progression 5.1 rule 2. A code of plasma_cell_relapse (C90.02, C90.12, C90.22, C90.32)
-- after the infusion of the line, or after a response in it, derived or charted, up to the day the next line starts. It
-- is a billing status that is coded on and on: only a new code counts, without one of its kind (extramedullary or
-- not) in the relapse_code_clear_days before. What was measured goes first: a marker measured from the day of the code
-- to relapse_code_refuted_days after it, none of which is above its last value before, refutes the code, but not one of
-- extramedullary disease, which often secretes nothing.
-- Limits: a relapse that was first coded after the next treatment had worked reads as a second one.

with response_lines as (select * from {{ ref('int_response_lines') }}),
responses_confirmed as (select * from {{ ref('int_responses_confirmed') }} where is_before_progression),
assessments as (select * from {{ ref('int_disease_assessments') }}),
events as (select * from {{ ref('int_coded_events') }}),

charted_responses as (

    select * from {{ ref('int_charted_responses') }}
    where response_rank >= {{ response_rank('PR') }}

),

relapse_codes as (

    select distinct
        relapses.person_id,
        relapses.start_date as coded_date,
        lesions.record_id is not null as is_extramedullary
    from events as relapses
    left join events as lesions
        on
            relapses.person_id = lesions.person_id
            and relapses.domain = lesions.domain
            and relapses.record_id = lesions.record_id
            and lesions.concept_set_id = 'extramedullary_plasmacytoma'
    where relapses.concept_set_id = 'plasma_cell_relapse'

),

new_codes as (

    select * from (
        select
            relapse_codes.*,
            lag(coded_date) over (partition by person_id, is_extramedullary order by coded_date) as earlier_date
        from relapse_codes
    ) as codes_with_earlier
    where
        earlier_date is null
        or {{ days_between('earlier_date', 'coded_date') }} > {{ parameter('progressions', 'relapse_code_clear_days') }}

),

responses as (

    select
        response_lines.person_id,
        response_lines.line_number,
        charted_responses.charted_date as response_date
    from response_lines
    inner join charted_responses
        on
            response_lines.person_id = charted_responses.person_id
            and response_lines.index_date < charted_responses.charted_date
    union all
    select
        person_id,
        line_number,
        assessed_date as response_date
    from responses_confirmed
    where credited_rank >= {{ response_rank('PR') }}

),

codes_in_lines as (

    select distinct
        response_lines.person_id,
        response_lines.line_number,
        new_codes.coded_date,
        new_codes.is_extramedullary
    from response_lines
    inner join new_codes
        on
            response_lines.person_id = new_codes.person_id
            and response_lines.index_date < new_codes.coded_date
            and coalesce(response_lines.next_line_start_date >= new_codes.coded_date, true)
    left join responses
        on
            response_lines.person_id = responses.person_id
            and response_lines.line_number = responses.line_number
            and new_codes.coded_date > responses.response_date
    where response_lines.infusion_date is not null or responses.person_id is not null

),

marker_values as (

    select
        assessments.person_id,
        assessments.assessed_date,
        names.marker,
        case names.marker when 'serum' then serum when 'urine' then urine else flc_difference end as value
    from assessments
    cross join (values ('serum'), ('urine'), ('flc')) as names (marker)

),

values_around as (

    select
        codes_in_lines.person_id,
        codes_in_lines.coded_date,
        marker_values.marker,
        max_by(value, case when assessed_date < coded_date then assessed_date end) as value_before,
        min_by(value, case when assessed_date >= coded_date then assessed_date end) as value_after
    from codes_in_lines
    inner join marker_values
        on
            codes_in_lines.person_id = marker_values.person_id
            and {{ days_between('codes_in_lines.coded_date', 'marker_values.assessed_date') }}
            <= {{ parameter('progressions', 'relapse_code_refuted_days') }}
    where not codes_in_lines.is_extramedullary and marker_values.value is not null
    group by 1, 2, 3

),

refuted_codes as (

    select
        person_id,
        coded_date
    from values_around
    where value_before is not null and value_after is not null
    group by 1, 2
    having max(case when value_after > value_before then 1 else 0 end) = 0

),

coded_relapses as (

    select
        codes_in_lines.person_id,
        codes_in_lines.line_number,
        codes_in_lines.coded_date as relapse_date,
        bool_or(codes_in_lines.is_extramedullary) as is_extramedullary
    from codes_in_lines
    left join refuted_codes
        on
            codes_in_lines.person_id = refuted_codes.person_id
            and codes_in_lines.coded_date = refuted_codes.coded_date
            and not codes_in_lines.is_extramedullary
    where refuted_codes.person_id is null
    group by 1, 2, 3

)

select * from coded_relapses
