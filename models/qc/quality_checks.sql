-- One row per source and check at the door that did not pass without a failing row.
-- Definition: noted (fewer rows than the threshold), warning or blocking, with what it means for a study.

select
    source_name,
    table_name,
    column_name,
    check_name,
    category,
    level,
    severity,
    status,
    counted,
    failing,
    share,
    threshold,
    person_count,
    myeloma_person_count,
    meaning,
    what_to_do,
    table_name || coalesce('.' || column_name, '') as checked
from {{ landed('quality_checks', 'landing') }}
where failing > 0
