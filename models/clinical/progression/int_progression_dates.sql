-- One row per person, date and source of a progression known without knowing the line of therapy.
-- Definition: of the sources that are switched on, the site's own records (structured), and PD of IMWG 2016
-- (specification responses 4.1) against the running nadir of each marker, which starts anew at each confirmed
-- progression; confirmed by imaging, by two markers at once, by the next value, or by death from myeloma (specification
-- responses 4.3 rule 4, specification progression 5.1). A nadir of 0 leaves the absolute rise alone. Lines of therapy
-- read this table, so it must not read them.
-- Limits: walks by assessment number, all patients at once; Spark needs cteRecursionLevelLimit above the longest
-- history.

with recursive followed as (select * from {{ ref('int_markers_followed') }}),
structured_progressions as (select * from {{ ref('int_structured_progressions') }}),

limits as (

    select
        {{ parameter('responses', 'pd_relative_rise') }} as relative_rise,
        {{ parameter('responses', 'pd_serum_rise') }} as serum_rise,
        {{ parameter('responses', 'pd_serum_high_nadir') }} as serum_high_nadir,
        {{ parameter('responses', 'pd_serum_high_rise') }} as serum_high_rise,
        {{ parameter('responses', 'pd_urine_rise') }} as urine_rise,
        {{ parameter('responses', 'pd_flc_rise') }} as flc_rise,
        {{ parameter('responses', 'pd_simultaneous') }} as simultaneous

),

nadirs as (

    select
        person_id,
        assessment_number,
        assessed_date,
        serum as serum_nadir,
        urine as urine_nadir,
        flc as flc_nadir,
        false as is_progression,
        false as is_imaging
    from followed
    where assessment_number = 1

    union all

    select
        person_id,
        assessment_number,
        assessed_date,
        case when is_progression then coalesce(serum, serum_nadir) else least(held_serum, serum_nadir) end
            as serum_nadir,
        case when is_progression then coalesce(urine, urine_nadir) else least(held_urine, urine_nadir) end
            as urine_nadir,
        case when is_progression then flc else least(held_flc, flc_nadir) end as flc_nadir,
        is_progression,
        is_imaging
    from (
        select
            compared.*,
            is_imaging
            or (marker_count >= 2 and simultaneous = 1)
            or (marker_count >= 1 and (has_next_rise or is_last_before_myeloma_death)) as is_progression
        from (
            select
                followed.person_id,
                followed.assessment_number,
                followed.assessed_date,
                followed.serum,
                followed.urine,
                followed.flc,
                followed.held_serum,
                followed.held_urine,
                followed.held_flc,
                nadirs.serum_nadir,
                nadirs.urine_nadir,
                nadirs.flc_nadir,
                followed.has_new_lesion as is_imaging,
                followed.is_last_before_myeloma_death,
                limits.simultaneous,
                case when {{ has_risen(
                    'followed.serum', 'nadirs.serum_nadir',
                    'case when nadirs.serum_nadir >= limits.serum_high_nadir'
                    ~ ' then limits.serum_high_rise else limits.serum_rise end',
                    'limits.relative_rise'
                ) }} then 1 else 0 end
                + case when {{ has_risen(
                    'followed.urine', 'nadirs.urine_nadir', 'limits.urine_rise', 'limits.relative_rise'
                ) }} then 1 else 0 end
                + case when {{ has_risen(
                    'followed.flc', 'nadirs.flc_nadir', 'limits.flc_rise', 'limits.relative_rise', strictly=true
                ) }} then 1 else 0 end
                    as marker_count,
                coalesce({{ has_risen(
                    'followed.next_serum', 'nadirs.serum_nadir',
                    'case when nadirs.serum_nadir >= limits.serum_high_nadir'
                    ~ ' then limits.serum_high_rise else limits.serum_rise end',
                    'limits.relative_rise'
                ) }}, false)
                or coalesce({{ has_risen(
                    'followed.next_urine', 'nadirs.urine_nadir', 'limits.urine_rise', 'limits.relative_rise'
                ) }}, false)
                or coalesce({{ has_risen(
                    'followed.next_flc', 'nadirs.flc_nadir', 'limits.flc_rise', 'limits.relative_rise', strictly=true
                ) }}, false)
                    as has_next_rise
            from nadirs
            inner join followed
                on
                    nadirs.person_id = followed.person_id
                    and nadirs.assessment_number + 1 = followed.assessment_number
            cross join limits
        ) as compared
    ) as decided

),

progressions as (

    select
        person_id,
        assessed_date as progression_date,
        case when is_imaging then 'imaging' else 'laboratory' end as source
    from nadirs
    where is_progression
    union all
    select
        person_id,
        progression_date,
        'structured' as source
    from structured_progressions

),

progression_dates as (

    select * from progressions
    where
        case source
            when 'laboratory' then {{ parameter('progressions', 'source_laboratory') }}
            when 'imaging' then {{ parameter('progressions', 'source_imaging') }}
            else {{ parameter('progressions', 'source_structured') }}
        end = 1

)

select * from progression_dates
