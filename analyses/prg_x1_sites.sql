-- PRG-X1: sites of extramedullary and paramedullary disease at baseline and at progression, with their base.
-- Paste into DuckDB.
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
        'Soft tissue at baseline',
        'Sites at baseline',
        'Soft tissue at progression',
        'Sites at progression'
    )
order by sort_order, level;
