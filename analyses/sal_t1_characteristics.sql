-- SAL-T1: clinical and disease characteristics: persons with each, of those in whom it is known; medians with range.
-- Paste into DuckDB.
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
        study_covariates.cohort_id = 'salvage_relapsed'
        and covariates.row_group in ('Demographics', 'Disease characteristics', 'Cytogenetics', 'History', 'Prior treatment exposure', 'Prior treatment refractoriness', 'Relapse characteristics')

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
