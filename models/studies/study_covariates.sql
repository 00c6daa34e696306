{{ config(materialized='view') }}
-- One row per study, cohort, member and covariate: its value at index; cohorts.baseline_covariates as a view for
-- Python, which reads the schema studies alone.

select * from {{ ref('baseline_covariates') }}
