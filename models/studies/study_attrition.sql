{{ config(materialized='view') }}
-- One row per study, cohort and step: how many entered it, left at it and stayed; cohorts.cohort_attrition as a view
-- for Python, which reads the schema studies alone.

select * from {{ ref('cohort_attrition') }}
