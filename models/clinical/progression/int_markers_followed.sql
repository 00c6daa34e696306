-- One row per patient and disease assessment with what the assessments before and after it say, numbered without gaps.
-- Definition: next_* is the next known value of the same marker; held_* the value as it may become the nadir
-- (held_value: with nadir_confirmed only what two values in a row reached; the first value is a baseline). Light chains
-- count only while neither serum nor urine was ever measurable (specification responses 4.1, Kumar 2016).

with assessments as (select * from {{ ref('int_disease_assessments') }}),
myeloma_deaths as (select * from {{ ref('int_myeloma_deaths') }}),

measurable_assessments as (

    select
        assessments.*,
        coalesce(
            max(serum) over so_far >= {{ parameter('responses', 'measurable_serum') }}
            or max(urine) over so_far >= {{ parameter('responses', 'measurable_urine') }},
            false
        ) as has_measurable_protein
    from assessments
    window so_far as (
        partition by person_id order by assessment_number rows between unbounded preceding and current row
    )

),

followed_markers as (

    select
        person_id,
        assessment_number,
        assessed_date,
        serum,
        urine,
        flc,
        {{ first_known('serum', 'partition by person_id order by assessment_number desc rows between 1 following and unbounded following') }}
            as last_serum,
        {{ first_known('urine', 'partition by person_id order by assessment_number desc rows between 1 following and unbounded following') }}
            as last_urine,
        {{ first_known('flc', 'partition by person_id order by assessment_number desc rows between 1 following and unbounded following') }}
            as last_flc,
        {{ first_known('serum', 'partition by person_id order by assessment_number rows between 1 following and unbounded following') }}
            as next_serum,
        {{ first_known('urine', 'partition by person_id order by assessment_number rows between 1 following and unbounded following') }}
            as next_urine,
        {{ first_known('flc', 'partition by person_id order by assessment_number rows between 1 following and unbounded following') }}
            as next_flc,
        has_new_lesion,
        max(case when has_lab then assessment_number end) over (partition by person_id) = assessment_number
            as is_last_with_labs
    from (
        select
            measurable_assessments.*,
            case when not has_measurable_protein then flc_difference end as flc
        from measurable_assessments
    ) as counted_markers

),

markers_followed as (

    select
        followed_markers.person_id,
        assessment_number,
        assessed_date,
        serum,
        urine,
        flc,
        {{ held_value('serum', 'coalesce(last_serum, serum)') }} as held_serum,
        {{ held_value('urine', 'coalesce(last_urine, urine)') }} as held_urine,
        {{ held_value('flc', 'coalesce(last_flc, flc)') }} as held_flc,
        next_serum,
        next_urine,
        next_flc,
        has_new_lesion,
        is_last_with_labs and myeloma_deaths.person_id is not null as is_last_before_myeloma_death
    from followed_markers
    left join myeloma_deaths on followed_markers.person_id = myeloma_deaths.person_id

)

select * from markers_followed
