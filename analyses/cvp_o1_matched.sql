-- CVP-O1: patients of the matched arms: persons with each level, of those in whom it is known; means of numbers.
-- Run in the folder that holds results/, for the pairs are made in Python. Paste into DuckDB.
with pairs as (

    select * from read_parquet('results/cart_vs_pom/matched_pairs.parquet')

),

described as (

    select
        cohorts.label as arm,
        covariates.label,
        covariates.sort_order,
        covariates.value_kind,
        case covariates.value_kind
            when 'category' then study_covariates.value_text
            when 'binary' then 'yes'
            else 'mean'
        end as level,
        study_covariates.value_number
    from pairs
    inner join studies.cohorts on pairs.cohort_id = cohorts.cohort_id
    inner join studies.study_covariates
        on pairs.cohort_id = study_covariates.cohort_id and pairs.person_id = study_covariates.person_id
    inner join studies.covariates
        on
            study_covariates.study_id = covariates.study_id
            and study_covariates.covariate_id = covariates.covariate_id
    where pairs.analysis_id = 'cart_vs_pom_baseline'

)

select
    arm,
    label,
    level,
    case value_kind
        when 'category' then count(*)
        when 'binary' then count(*) filter (where value_number = 1)
        else avg(value_number)
    end as persons_or_mean
from described
group by arm, label, sort_order, level, value_kind
order by arm, sort_order, level;
