-- QA-O1: the cited numbers as they stand, each with the count of this cohort that stands beside it. Paste into DuckDB.
with own as (

    select
        covariate_id,
        count(*) filter (where value_number = 1) as own_persons,
        count(value_number) as own_known
    from studies.study_covariates
    where cohort_id = 'evidence_car_t'
    group by all

)

select
    study_published.row_id,
    study_published.cited_study,
    study_published.arm_or_group,
    study_published.endpoint,
    study_published.statistic,
    study_published.estimate,
    study_published.ci_low,
    study_published.ci_high,
    study_published.issue_id,
    own.own_persons,
    own.own_known
from studies.study_published
left join own on study_published.covariate_id = own.covariate_id and study_published.level = '1'
where study_published.study_id = 'evidence'
order by study_published.row_id;
