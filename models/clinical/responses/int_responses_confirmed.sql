-- One row per patient, line of therapy and disease assessment: the response that the next assessment lets stand.
-- Definition: algorithms 4.3 rules 3 to 5. A response is credited at its own depth when the next evaluable assessment
-- is as deep, at the next one's depth when that is at least MR, else as SD; the best credit so far holds until the
-- first confirmed progression. A progression is confirmed by imaging or marrow, by two markers at once, by the next
-- assessment (even in the next line), or by death from myeloma.
-- Limits: the last assessment of a line has no next one, so it is credited as SD.

with point_responses as (

    select * from {{ ref('int_overall_responses') }}
    where depth is not null

),

myeloma_deaths as (select * from {{ ref('int_myeloma_deaths') }}),

followed as (

    select
        point_responses.*,
        lead(depth) over (partition by point_responses.person_id, line_number order by assessment_number) as next_depth,
        lead(is_after_line) over (partition by point_responses.person_id, line_number order by assessment_number)
            as is_next_after_line,
        myeloma_deaths.person_id is not null as is_myeloma_death
    from point_responses
    left join myeloma_deaths on point_responses.person_id = myeloma_deaths.person_id

),

judged as (

    select
        followed.*,
        depth = 0
        and (
            is_imaging_progression
            or is_marrow_progression
            or (risen_marker_count >= 2 and {{ parameter('responses', 'pd_simultaneous') }} = 1)
            or coalesce(next_depth = 0, false)
            or (next_depth is null and is_myeloma_death)
        ) as is_progression_confirmed,
        case
            when depth = 0 then null
            when next_depth is null or is_next_after_line then 1
            when next_depth >= depth then depth
            when next_depth >= 2 then next_depth
            else 1
        end as credited_depth
    from followed

),

in_line as (

    select
        judged.*,
        min(case when is_progression_confirmed and not is_after_line then assessment_number end) over (
            partition by person_id, line_number
        ) as progression_number
    from judged

),

responses_confirmed as (

    select
        in_line.*,
        case
            when assessment_number >= progression_number then 0
            else max(credited_depth) over (
                partition by person_id, line_number order by assessment_number
                rows between unbounded preceding and current row
            )
        end as confirmed_depth,
        case
            when depth = 0 then is_progression_confirmed
            else credited_depth = depth and next_depth is not null and not is_next_after_line
        end as is_confirmed
    from in_line
    where not is_after_line

)

select * from responses_confirmed
