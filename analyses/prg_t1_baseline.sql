-- PRG-T1: baseline characteristics by extramedullary disease (1 any, 0 none) with the number in whom each is known.
-- Paste into DuckDB.
with asked as (

    select
        covariates.sort_order,
        covariates.row_group,
        covariates.label,
        covariates.value_kind,
        coalesce(groups.value_text, cast(cast(groups.value_number as integer) as varchar), 'unknown') as group_value,
        study_covariates.value_text,
        study_covariates.value_number
    from studies.study_covariates
    inner join studies.covariates
        on
            study_covariates.study_id = covariates.study_id
            and study_covariates.covariate_id = covariates.covariate_id
    left join studies.study_covariates as groups
        on
            study_covariates.cohort_id = groups.cohort_id
            and study_covariates.person_id = groups.person_id
            and groups.covariate_id = 'baseline_emd'
    where
        study_covariates.cohort_id = 'patterns_progressed'
        and covariates.row_group in ('Demographics', 'Performance', 'Myeloma', 'Blood counts and kidney', 'Prior treatment', 'Cytogenetics', 'Soft tissue at baseline', 'Response on day 90')

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
    group_value,
    coalesce(level, 'unknown') as level,
    case when any_value(value_kind) = 'number' then round(median(value_number), 1) else count(*) filter (where is_counted) end
        as persons_or_median,
    sum(count(*) filter (where is_known)) over (partition by sort_order, group_value) as persons_known,
    sum(count(*)) over (partition by sort_order, group_value) as persons,
    min(value_number) filter (where value_kind = 'number') as smallest,
    max(value_number) filter (where value_kind = 'number') as largest
from levels
group by sort_order, row_group, label, group_value, level
order by sort_order, group_value, level nulls last;
