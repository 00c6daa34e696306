-- PRG-T2: patterns of progression with the number assessed for each. Paste into DuckDB.
select
    row_group,
    label,
    level,
    case when level = 'median' then round(median_value, 1) else persons end as persons_or_median,
    persons_known,
    persons_asked as persons,
    smallest,
    largest
from studies.study_summaries
where
    cohort_id = 'patterns_progressed'
    and grouped_by = 'everybody'
    and row_group in (
        'Time to progression',
        'Sites of progression',
        'Soft tissue at progression',
        'Isolated patterns'
    )
order by sort_order, level;
