-- One row per person with multiple myeloma: what a study may want to leave out, never left out here.
-- Definition: algorithms 1.4 rules 4 and 5. is_incident: observed for a year before the diagnosis and without myeloma
-- diagnosis or drug from 365 to 31 days before it; is_left_truncated: a myeloma drug before the first day observed or
-- within the first 30 days of an observation that began after the first diagnosis; has_*: any code of the disease;
-- is_possible_smoldering: no myeloma drug in the first year and no sign of organ damage (hemoglobin under 10 g/dL,
-- creatinine over 2 mg/dL, calcium over 11 mg/dL, pathological fracture) by then.
-- Limits: lytic lesions without a fracture are rarely coded; organ damage that nobody measured counts as none.

with patients as (

    select * from {{ ref('int_patients_observed') }}

),

coded as (

    select * from {{ ref('int_phenotype_codes') }}

),

myeloma_drugs as (

    select exposures.*
    from {{ ref('int_drug_exposures_covered') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_myeloma_specific

),

labs as (

    select * from {{ ref('int_labs_by_day') }}

),

treated as (

    select
        patients.person_id,
        min(myeloma_drugs.start_date) as first_drug_date,
        bool_or(
            {{ days_between('myeloma_drugs.start_date', 'patients.myeloma_diagnosis_date') }}
            between {{ parameter('myeloma_phenotype', 'incident_clear_until_days') }}
            and {{ parameter('myeloma_phenotype', 'incident_lookback_days') }}
        ) as has_earlier_drug
    from patients
    left join myeloma_drugs on patients.person_id = myeloma_drugs.person_id
    group by 1

),

damaged as (

    select
        patients.person_id,
        bool_or(
            (labs.lab = 'hemoglobin' and labs.value < {{ parameter('myeloma_phenotype', 'crab_hemoglobin_under') }})
            or (labs.lab = 'creatinine' and labs.value > {{ parameter('myeloma_phenotype', 'crab_creatinine_over') }})
            or (labs.lab = 'calcium' and labs.value > {{ parameter('myeloma_phenotype', 'crab_calcium_over') }})
        ) as has_organ_damage
    from patients
    inner join labs
        on
            patients.person_id = labs.person_id
            and {{ days_between('patients.myeloma_diagnosis_date', 'labs.measured_date') }}
            <= {{ parameter('myeloma_phenotype', 'tx_after_days') }}
    group by 1

),

patient_flags as (

    select
        patients.person_id,
        {{ days_between('patients.observation_start_date', 'patients.myeloma_diagnosis_date') }}
        >= {{ parameter('myeloma_phenotype', 'incident_lookback_days') }}
        and not coalesce(coded.has_earlier_diagnosis, false)
        and not coalesce(treated.has_earlier_drug, false) as is_incident,
        coalesce(
            treated.first_drug_date
            < patients.myeloma_diagnosis_date - cast({{ parameter('myeloma_phenotype', 'tx_before_days') }} as integer)
            or treated.first_drug_date < patients.observation_start_date,
            false
        ) as is_left_truncated,
        year(patients.myeloma_diagnosis_date) - patients.year_of_birth < {{ parameter('myeloma_phenotype', 'min_age') }}
            as is_under_age,
        coalesce(coded.has_plasma_cell_leukemia, false) as has_plasma_cell_leukemia,
        coalesce(coded.has_al_amyloidosis, false) as has_al_amyloidosis,
        coalesce(coded.has_waldenstrom, false) as has_waldenstrom,
        coalesce(coded.has_solitary_plasmacytoma, false) as has_solitary_plasmacytoma,
        coalesce(coded.has_smoldering_myeloma, false) as has_smoldering_myeloma,
        coalesce(
            {{ days_between('patients.myeloma_diagnosis_date', 'treated.first_drug_date') }}
            > {{ parameter('myeloma_phenotype', 'tx_after_days') }},
            true
        )
        and not coalesce(damaged.has_organ_damage, false)
        and not coalesce(coded.has_bone_lesion, false) as is_possible_smoldering,
        coded.relapse_code_date
    from patients
    inner join coded on patients.person_id = coded.person_id
    inner join treated on patients.person_id = treated.person_id
    left join damaged on patients.person_id = damaged.person_id

)

select * from patient_flags
