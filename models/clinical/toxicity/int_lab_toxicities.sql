-- One row per patient, laboratory term and episode: values of grade 1 or more in a row.
-- Definition: an episode begins with the first grade of 1 or more after a grade of 0 (or none before) and ends with the
-- last one before the next 0; its grade is the highest (specification labs 7.1), of the CTCAE version in force.
-- Limits: how long it lasted between two tests is not known.

with lab_grades as (

    select * from {{ ref('lab_grades') }}
    where grade is not null and ctcae_version = {{ parameter('labs', 'ctcae_version') }}

),

numbered_grades as (

    select
        lab_grades.*,
        sum(case when grade = 0 then 1 else 0 end) over (
            partition by person_id, term order by measured_date rows between unbounded preceding and current row
        ) as episode_number
    from lab_grades

),

lab_toxicities as (

    select
        person_id,
        term,
        lab,
        ctcae_version,
        episode_number,
        min(measured_date) as start_date,
        max(measured_date) as end_date,
        max(grade) as grade
    from numbered_grades
    where grade >= 1
    group by 1, 2, 3, 4, 5

)

select * from lab_toxicities
