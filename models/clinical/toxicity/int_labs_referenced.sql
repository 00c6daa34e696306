{{ config(materialized='view') }}
-- One row per patient, gradable laboratory test and day, beside what its grade is measured against.
-- Definition: normal limits of the record, else of the site, else of lab_reference_ranges by sex (algorithms 7.1); the
-- baseline of the treatment that runs on that day.
-- Limits: hemoglobin of a patient of unknown sex has no fallback limit.

with labs as (select * from {{ ref('int_labs_by_day') }}),

graded_labs as (

    select distinct lab from {{ ref('toxicity_grades') }}

),

patients as (select * from {{ ref('patients') }}),
site_limits as (select * from {{ ref('int_lab_site_limits') }}),
reference_ranges as (select * from {{ ref('lab_reference_ranges') }}),
baselines as (select * from {{ ref('int_lab_baselines') }}),

labs_referenced as (

    select
        labs.person_id,
        labs.lab,
        labs.measured_date,
        labs.lowest,
        labs.highest,
        coalesce(labs.lower_limit, site_limits.lower_limit, reference_ranges.lower_limit) as lower_limit,
        coalesce(labs.upper_limit, site_limits.upper_limit, reference_ranges.upper_limit) as upper_limit,
        baselines.baseline
    from labs
    inner join graded_labs on labs.lab = graded_labs.lab
    inner join patients on labs.person_id = patients.person_id
    left join site_limits on labs.site_id = site_limits.site_id and labs.lab = site_limits.lab
    left join reference_ranges
        on
            labs.lab = reference_ranges.lab
            and reference_ranges.sex in ('any', patients.sex)
    left join baselines
        on
            labs.person_id = baselines.person_id
            and labs.lab = baselines.lab
            and labs.measured_date >= baselines.start_date
            and labs.measured_date < baselines.next_start_date

)

select * from labs_referenced
