-- One row per patient.
-- Definition: the phenotype of specification phenotype 1.4 (int_myeloma_diagnoses) with the person's own data.
-- rrmm_date is the earlier of the start of the second line and the first progression after the first line began;
-- rrmm_tier says what it rests on: TREATED (a second line, or a CAR-T infusion outside the first), PD_ONLY, or
-- CODE_ONLY (a billing code alone, of which rrmm_date takes no notice). Nobody is left out for a flag.
-- Limits: a death whose date is followed by treatment is not believed (is_death_invalidated); who died on an unknown
-- day has no death_date and is_death_date_unknown (qc.deaths_in_doubt lists both).

with patients as (select * from {{ ref('int_myeloma_patients') }}),
flags as (select * from {{ ref('int_patient_flags') }}),
evidence_levels as (select * from {{ ref('int_myeloma_evidence_levels') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),

line_dates as (

    select
        person_id,
        max(case when line_number = 1 then line_start_date end) as first_line_date,
        max(case when line_number = 2 then line_start_date end) as second_line_date
    from lines_of_therapy
    group by 1

),

first_progressions as (

    select
        line_dates.person_id,
        min(progressions.progression_date) as progression_date
    from line_dates
    inner join progressions
        on
            line_dates.person_id = progressions.person_id
            and line_dates.first_line_date < progressions.progression_date
    group by 1

),

patients_described as (

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
        least(
            coalesce(line_dates.second_line_date, first_progressions.progression_date),
            coalesce(first_progressions.progression_date, line_dates.second_line_date)
        ) as rrmm_date,
        case
            when line_dates.second_line_date is not null then 'TREATED'
            when first_progressions.progression_date is not null then 'PD_ONLY'
            when flags.relapse_code_date is not null then 'CODE_ONLY'
        end as rrmm_tier,
        patients.observation_start_date,
        patients.last_contact_date,
        patients.death_date,
        patients.data_cut_date,
        patients.is_death_invalidated,
        patients.is_death_date_unknown,
        evidence_levels.is_treated,
        evidence_levels.meets_claims_algorithm,
        flags.is_incident,
        flags.is_left_truncated,
        flags.has_one_diagnosis_date,
        flags.is_under_age,
        flags.is_possible_smoldering,
        flags.has_smoldering_myeloma,
        flags.has_plasma_cell_leukemia,
        flags.has_al_amyloidosis,
        flags.has_waldenstrom,
        flags.has_solitary_plasmacytoma
    from patients
    inner join flags on patients.person_id = flags.person_id
    inner join evidence_levels on patients.person_id = evidence_levels.person_id
    left join line_dates on patients.person_id = line_dates.person_id
    left join first_progressions on patients.person_id = first_progressions.person_id

)

select * from patients_described
