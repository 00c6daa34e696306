-- One row per patient and disease assessment with what the next assessments say, numbered without gaps.
-- Definition: next_* is the next known value of the same marker; light chains count only while neither serum nor urine
-- was ever measurable (algorithms 4.1).

with assessments as (select * from {{ ref('int_disease_assessments') }}),
myeloma_deaths as (select * from {{ ref('int_myeloma_deaths') }}),

judged as (

    select
        assessments.*,
        coalesce(
            max(serum) over (
                partition by person_id order by assessment_number rows between unbounded preceding and current row
            ) >= {{ parameter('responses', 'measurable_serum') }},
            false
        )
        or coalesce(
            max(urine) over (
                partition by person_id order by assessment_number rows between unbounded preceding and current row
            ) >= {{ parameter('responses', 'measurable_urine') }},
            false
        ) as has_measurable_protein
    from assessments

),

followed as (

    select
        judged.person_id,
        judged.assessment_number,
        judged.assessed_date,
        judged.serum,
        judged.urine,
        case when not has_measurable_protein then flc_difference end as flc,
        judged.has_new_lesion,
        {{ first_known(
            'serum',
            'partition by judged.person_id order by assessment_number rows between 1 following and unbounded following'
        ) }}
            as next_serum,
        {{ first_known(
            'urine',
            'partition by judged.person_id order by assessment_number rows between 1 following and unbounded following'
        ) }}
            as next_urine,
        {{ first_known(
            'case when not has_measurable_protein then flc_difference end',
            'partition by judged.person_id order by assessment_number rows between 1 following and unbounded following'
        ) }}
            as next_flc,
        max(case when has_lab then assessment_number end) over (partition by judged.person_id) = assessment_number
        and myeloma_deaths.person_id is not null as is_last_before_myeloma_death
    from judged
    left join myeloma_deaths on judged.person_id = myeloma_deaths.person_id

)

select * from followed
