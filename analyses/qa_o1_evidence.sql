-- QA-O1: the cited numbers as they stand, each with the count of the cohort that stands beside it: of a yes-or-no fact, or
-- of who had an event at any time; or why none can. Paste into DuckDB.
with own as (

    select
        cohort_id,
        covariate_id as measure,
        count(*) filter (where value_number = 1) as own_persons,
        count(value_number) as own_known
    from studies.study_covariates
    where study_id = 'evidence'
    group by all
    union all
    select
        cohort_id,
        endpoint as measure,
        count(*) filter (where event = 1) as own_persons,
        count(*) as own_known
    from studies.study_endpoints
    where study_id = 'evidence' and not had_prior_event
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
    study_published.unanswered_reason,
    own.cohort_id,
    own.own_persons,
    own.own_known
from studies.study_published
left join own
    on
        coalesce(study_published.cohort_id, 'evidence_car_t') = own.cohort_id
        and coalesce(study_published.covariate_id, study_published.endpoint_id) = own.measure
        and study_published.statistic in ('percent', 'pooled_proportion')
where study_published.study_id = 'evidence'
order by study_published.row_id;
