-- One row per patient and line of therapy that the disease progressed on: the first progression of the line, and
-- where it is known from.
-- Definition: the earliest confirmed progression after the line's index, up to the day the next line starts, over all
-- sources; on one day laboratory goes before imaging and marrow and those before the site's own record (specification
-- progression 5.1). A code of relapse counts only where no other source knows of a progression of the line (rule 2).
-- The start of a new line is no progression. A parameter (progressions, source_<name>) switches a source off: then
-- another may date the progression later, or none.

with responses_confirmed as (select * from {{ ref('int_responses_confirmed') }} where is_progression_confirmed),
structured as (select * from {{ ref('int_structured_progressions') }}),
coded_relapses as (select * from {{ ref('int_coded_relapses') }}),
response_lines as (select * from {{ ref('int_response_lines') }}),

derived_progressions as (

    select
        person_id,
        line_number,
        assessed_date as progression_date,
        driver as source,
        case driver when 'laboratory' then 1 when 'imaging' then 2 else 3 end as source_rank
    from responses_confirmed

),

recorded_progressions as (

    select
        response_lines.person_id,
        response_lines.line_number,
        structured.progression_date,
        'structured' as source,
        4 as source_rank
    from response_lines
    inner join structured
        on
            response_lines.person_id = structured.person_id
            and response_lines.index_date < structured.progression_date
            and coalesce(response_lines.next_line_start_date, date '9999-12-31') >= structured.progression_date

),

ranked_progressions as (

    select
        progressions.*,
        row_number() over (
            partition by person_id, line_number
            order by case when source = 'code' then 1 else 0 end, progression_date, source_rank
        ) as progression_rank
    from (
        select * from derived_progressions
        union all
        select * from recorded_progressions
        union all
        select
            person_id,
            line_number,
            relapse_date as progression_date,
            'code' as source,
            5 as source_rank
        from coded_relapses
    ) as progressions
    where
        case source
            when 'laboratory' then {{ parameter('progressions', 'source_laboratory') }}
            when 'imaging' then {{ parameter('progressions', 'source_imaging') }}
            when 'marrow' then {{ parameter('progressions', 'source_marrow') }}
            when 'code' then {{ parameter('progressions', 'source_code') }}
            else {{ parameter('progressions', 'source_structured') }}
        end = 1

),

line_progressions as (

    select
        ranked_progressions.person_id,
        ranked_progressions.line_number,
        ranked_progressions.progression_date,
        ranked_progressions.source,
        response_lines.index_date,
        response_lines.infusion_date,
        response_lines.next_line_start_date
    from ranked_progressions
    inner join response_lines
        on
            ranked_progressions.person_id = response_lines.person_id
            and ranked_progressions.line_number = response_lines.line_number
    where ranked_progressions.progression_rank = 1

)

select * from line_progressions
