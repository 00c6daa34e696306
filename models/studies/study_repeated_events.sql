{{ config(materialized='view') }}
-- One row per study, cohort, member, endpoint of which every occurrence counts, and day; outcomes.repeated_events as a
-- view for Python, which reads the schema studies alone.

select * from {{ ref('repeated_events') }}
