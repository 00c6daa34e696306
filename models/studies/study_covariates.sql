-- One row per study, cohort, member and covariate: its value at index. What Python may read of baseline_covariates.

with baseline_covariates as (select * from {{ ref('baseline_covariates') }})

select * from baseline_covariates
