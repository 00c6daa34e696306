-- LTF-F3: persons and events behind each factor's ratio, by the factor's value; unknown values are in no row. The
-- complete response is an outcome of yes or no, the others are events after index. Paste into DuckDB.
with analyses as (

    select * from studies.study_analyses where output_id = 'LTF-F3'

),

factors as (

    select
        analyses.analysis_id,
        analyses.outcome_covariate_id,
        analyses.endpoint_ids,
        study_covariates.cohort_id,
        study_covariates.person_id,
        study_covariates.covariate_id,
        case
            when covariates.value_kind = 'number' then 'any number'
            else coalesce(study_covariates.value_text, cast(cast(study_covariates.value_number as integer) as varchar))
        end as factor_value
    from analyses
    inner join studies.covariates
        on
            analyses.study_id = covariates.study_id
            and list_contains(string_split(analyses.row_groups, ';'), covariates.row_group)
    inner join studies.study_covariates
        on
            analyses.treated_cohort_id = study_covariates.cohort_id
            and covariates.covariate_id = study_covariates.covariate_id
            and (study_covariates.value_text is not null or study_covariates.value_number is not null)

),

outcomes as (

    select
        cohort_id,
        person_id,
        endpoint as outcome,
        event = 1 as is_event
    from studies.study_endpoints
    where not had_prior_event
    union all
    select
        cohort_id,
        person_id,
        covariate_id as outcome,
        value_number = 1 as is_event
    from studies.study_covariates
    where value_number is not null

)

select
    factors.analysis_id,
    outcomes.outcome,
    factors.covariate_id,
    factors.factor_value,
    count(*) as persons,
    count(*) filter (where outcomes.is_event) as persons_with_event
from factors
inner join outcomes
    on
        factors.cohort_id = outcomes.cohort_id
        and factors.person_id = outcomes.person_id
        and (
            factors.outcome_covariate_id = outcomes.outcome
            or list_contains(string_split(factors.endpoint_ids, ';'), outcomes.outcome)
        )
group by all
order by factors.analysis_id, outcomes.outcome, factors.covariate_id, factors.factor_value;
