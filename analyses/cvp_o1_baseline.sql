-- CVP-O1: patients of the CAR-T arm before matching; for the other arm change the cohort. Paste into DuckDB.
with asked as (

    select
        covariates.sort_order,
        covariates.row_group,
        covariates.label,
        covariates.value_kind,
        study_covariates.value_text,
        study_covariates.value_number
    from studies.study_covariates
    inner join studies.covariates
        on
            study_covariates.study_id = covariates.study_id
            and study_covariates.covariate_id = covariates.covariate_id
    where
        study_covariates.cohort_id = 'cart_vs_pom_cart'
        and covariates.row_group in ('Demographics', 'Comorbidities in the year before index', 'Transplant and lines before index', 'Drugs more than 60 days before index (bridging and lymphodepletion left out)', 'Calendar')

),

levels as (

    select
        *,
        case value_kind when 'category' then value_text when 'binary' then 'yes' else 'median' end as level,
        value_kind != 'binary' or value_number = 1 as is_counted,
        coalesce(value_text, cast(value_number as varchar)) is not null as is_known
    from asked

)

select
    row_group,
    label,
    coalesce(level, 'unknown') as level,
    case when any_value(value_kind) = 'number' then round(median(value_number), 1) else count(*) filter (where is_counted) end
        as persons_or_median,
    sum(count(*) filter (where is_known)) over (partition by sort_order) as persons_known,
    sum(count(*)) over (partition by sort_order) as persons,
    min(value_number) filter (where value_kind = 'number') as smallest,
    max(value_number) filter (where value_kind = 'number') as largest
from levels
group by sort_order, row_group, label, level
order by sort_order, level nulls last;
