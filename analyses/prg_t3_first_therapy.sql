-- PRG-T3: first therapy after the progression by extramedullary disease (1 any, 0 none); unknown is counted, and not
-- part of persons_known. Paste into DuckDB.
select
    row_group,
    label,
    group_value,
    level,
    case when level = 'median' then round(median_value, 1) else persons end as persons_or_median,
    persons_known,
    persons_asked as persons,
    smallest,
    largest
from studies.study_summaries
where
    cohort_id = 'patterns_progressed'
    and grouped_by = 'baseline_emd'
    and row_group in (
        'First therapy after progression'
    )
order by sort_order, group_value, level;
