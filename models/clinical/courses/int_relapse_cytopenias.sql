-- One row per person, infusion with a progression, and blood count: the CTCAE grade nearest to the progression.
-- Definition: the value nearest in time at most pattern_window (30) days before or after it, the earlier of two as near
-- (definitions 3.2: the value closest to T0; CTCAE of the version in force).
-- Limits: without a value there is no row: unknown, not none.

with progressions as (

    select * from {{ ref('progressions') }}
    where infusion_date is not null

),

labs_graded as (

    select * from {{ ref('int_labs_graded') }}
    where
        term in ('anemia', 'leukopenia', 'neutropenia', 'thrombocytopenia')
        and ctcae_version = {{ parameter('labs', 'ctcae_version') }}

),

ranked as (

    select
        progressions.person_id,
        progressions.progression_date,
        labs_graded.term,
        labs_graded.grade,
        row_number() over (
            partition by progressions.person_id, progressions.progression_date, labs_graded.term
            order by
                abs({{ days_between('progressions.progression_date', 'labs_graded.measured_date') }}),
                labs_graded.measured_date,
                labs_graded.grade desc
        ) as nearness
    from progressions
    inner join labs_graded
        on
            progressions.person_id = labs_graded.person_id
            and abs({{ days_between('progressions.progression_date', 'labs_graded.measured_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}
    where labs_graded.grade is not null

),

relapse_cytopenias as (

    select
        person_id,
        progression_date,
        term,
        grade
    from ranked
    where nearness = 1

)

select * from relapse_cytopenias
