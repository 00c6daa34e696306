-- CVP-O1: patients of the CAR-T arm before matching; for the other arm change the cohort. Paste into DuckDB.
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
    cohort_id = 'cart_vs_pom_cart'
    and grouped_by = 'everybody'
    and row_group in (
        'Demographics',
        'Comorbidities in the year before index',
        'Transplant and lines before index',
        'Drugs more than 60 days before index (bridging and lymphodepletion left out)',
        'Calendar'
    )
order by sort_order, level;
