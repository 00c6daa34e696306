-- One row per patient and day on which the disease was assessed.
-- Definition: a laboratory or imaging assessment, or a progression: whoever saw one has looked (specification endpoints
-- 5.2).

with assessments as (

    select * from {{ ref('int_disease_assessments') }}
    where has_lab or has_extramedullary is not null or has_new_bone_lesion is not null

),

progressions as (select * from {{ ref('progressions') }}),

assessed_days as (

    select
        person_id,
        assessed_date
    from assessments
    union
    select
        person_id,
        progression_date as assessed_date
    from progressions

)

select * from assessed_days
