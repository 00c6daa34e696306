{{ config(materialized='view') }}
-- One row per study, cohort, member and endpoint: time, ending and reason; outcomes.time_to_event as a view for Python,
-- which reads the schema studies alone.

select * from {{ ref('time_to_event') }}
