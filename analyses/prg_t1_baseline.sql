-- PRG-T1: baseline characteristics by extramedullary disease (1 any, 0 none) with the number in whom each is known.
-- Paste into DuckDB.
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
        'Demographics',
        'Performance',
        'Myeloma',
        'Blood counts and kidney',
        'Prior treatment',
        'Cytogenetics',
        'Soft tissue at baseline',
        'Response on day 90'
    )
order by sort_order, group_value, level;
