-- One row per person with multiple myeloma and any laboratory value by a year after the diagnosis: a sign of organ
-- damage?
-- Definition: algorithms 1.4 rule 5: hemoglobin under 10 g/dL, creatinine over 2 mg/dL or calcium over 11 mg/dL.
-- Limits: takes any cause for the myeloma's; bone disease is in int_phenotype_codes.

with patients as (select * from {{ ref('int_myeloma_patients') }}),
labs as (select * from {{ ref('int_labs_by_day') }}),

organ_damages as (

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

)

select * from organ_damages
