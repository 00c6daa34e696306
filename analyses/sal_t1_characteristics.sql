-- SAL-T1: clinical and disease characteristics: persons with each, of those in whom it is known; medians with range.
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
    cohort_id = 'salvage_relapsed'
    and grouped_by = 'everybody'
    and row_group in (
        'Demographics',
        'Disease characteristics',
        'Cytogenetics',
        'History',
        'Prior treatment exposure',
        'Prior treatment refractoriness',
        'Relapse characteristics'
    )
order by sort_order, level;
