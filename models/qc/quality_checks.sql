-- One row per source and check at the door that did not pass without a failing row.
-- Definition: noted (fewer rows than the threshold), warning or blocking, with what it means for a study.

with quality_checks as (

    select
        checks.*,
        table_name || coalesce('.' || column_name, '') as checked
    from {{ ref('stg_landing__quality_checks') }} as checks
    where failing > 0

)

select * from quality_checks
