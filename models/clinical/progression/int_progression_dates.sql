-- One row per person, date and source of a progression known without knowing the line of therapy.
-- Definition: the site's own records (structured), and laboratory or imaging progression against the running nadir
-- of the person's history (algorithms 4.3 and 5.1), of the sources that are switched on. Lines of therapy read this
-- table, so it must not read them.

with walked as (

    select * from {{ ref('int_progressions_walked') }}
    where is_progression

),

structured as (select * from {{ ref('int_structured_progressions') }}),

everything as (

    select
        person_id,
        assessed_date as progression_date,
        case when is_imaging then 'imaging' else 'laboratory' end as source
    from walked
    union all
    select
        person_id,
        progression_date,
        'structured' as source
    from structured

),

progression_dates as (

    select * from everything
    where
        case source
            when 'laboratory' then {{ parameter('progressions', 'source_laboratory') }}
            when 'imaging' then {{ parameter('progressions', 'source_imaging') }}
            else {{ parameter('progressions', 'source_structured') }}
        end = 1

)

select * from progression_dates
