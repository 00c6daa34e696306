-- One row per person with multiple myeloma.
-- Definition: the phenotype of algorithms 1.4 (int_myeloma_diagnoses) with the persons' own data; the relapsed or
-- refractory date is the earlier of the start of the second line and the first progression after the first line began.
-- Limits: rrmm_tier CODE_ONLY (only a billing code says relapse) has a date in no study by default.

with patients as (

    select * from {{ ref('int_patients_observed') }}

),

lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

progressions as (

    select * from {{ ref('int_progression_dates') }}

),

second_lines as (

    select
        person_id,
        max(case when line_number = 1 then line_start_date end) as first_line_date,
        max(case when line_number = 2 then line_start_date end) as second_line_date
    from lines_of_therapy
    group by 1

),

first_progressions as (

    select
        second_lines.person_id,
        min(progressions.progression_date) as progression_date
    from second_lines
    inner join progressions
        on
            second_lines.person_id = progressions.person_id
            and second_lines.first_line_date < progressions.progression_date
    group by 1

),

with_rrmm as (

    select
        patients.person_id,
        patients.source_name,
        patients.source_person_id,
        patients.site_id,
        patients.year_of_birth,
        patients.sex,
        patients.race,
        patients.ethnicity,
        patients.myeloma_diagnosis_date,
        patients.myeloma_rule,
        least(second_lines.second_line_date, first_progressions.progression_date) as rrmm_date,
        patients.observation_start_date,
        patients.last_contact_date,
        patients.death_date,
        patients.data_cut_date
    from patients
    left join second_lines on patients.person_id = second_lines.person_id
    left join first_progressions on patients.person_id = first_progressions.person_id

)

select * from with_rrmm
