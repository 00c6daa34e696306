-- LTF-F4: infused cells by earlier transplant and by the time from it: known, median and quartiles. Paste into DuckDB.
with analyses as (

    select * from studies.study_analyses where output_id = 'LTF-F4'

),

cells as (

    select
        analyses.analysis_id,
        covariates.covariate_id,
        grouping_covariates.label || ': ' || coalesce(
            given.value_text,
            case given.value_number when 1 then 'yes' when 0 then 'no' end
        ) as arm,
        measured.value_number
    from analyses
    inner join studies.covariates
        on
            analyses.study_id = covariates.study_id
            and list_contains(string_split(analyses.row_groups, ';'), covariates.row_group)
    inner join studies.covariates as grouping_covariates
        on
            analyses.study_id = grouping_covariates.study_id
            and analyses.group_covariate_id = grouping_covariates.covariate_id
    inner join studies.study_covariates as measured
        on
            analyses.treated_cohort_id = measured.cohort_id
            and covariates.covariate_id = measured.covariate_id
    inner join studies.study_covariates as given
        on
            measured.cohort_id = given.cohort_id
            and measured.person_id = given.person_id
            and analyses.group_covariate_id = given.covariate_id

)

select
    analysis_id,
    covariate_id,
    arm,
    count(*) as persons,
    count(value_number) as persons_known,
    quantile_cont(value_number, 0.25) as lower_quartile,
    quantile_cont(value_number, 0.5) as median_value,
    quantile_cont(value_number, 0.75) as upper_quartile
from cells
where arm is not null
group by all
order by analysis_id, covariate_id, arm;
