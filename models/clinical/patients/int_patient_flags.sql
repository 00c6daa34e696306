-- One row per patient: what a study may want to leave out, never left out here.
-- Definition: specification phenotype 1.4 rules 4 and 5. is_incident: observed for a year before the diagnosis and
-- without myeloma diagnosis or drug from 365 to 31 days before it; is_left_truncated: a myeloma drug more than 30 days
-- before the diagnosis, before the first day observed, or within 30 days of it where the diagnosis is older; or a first
-- record that tells of treatment before it: a remission coded on the day of the first diagnosis code, a state after
-- transplant or a history of the disease coded until 30 days after it, or maintenance as the first treatment within 30
-- days of it (one drug that maintains alone, no steroid within 30 days and no other drug in 60).
-- has_one_diagnosis_date: myeloma is coded on a single day; has_*: any code of the disease; is_possible_smoldering: no
-- core drug of drug_classes from 30 days before the diagnosis to a year after it and no organ damage by then (a
-- pathological fracture, hemoglobin under 10 g/dL, creatinine over 2 mg/dL or calcium over 11 mg/dL, whatever the
-- cause); null where neither came and the year was not observed to its end or to death.
-- Limits: lytic lesions without a fracture are rarely coded; organ damage that nobody measured counts as none.

with patients as (select * from {{ ref('int_myeloma_patients') }}),
labs as (select * from {{ ref('int_labs_by_day') }}),

core_drugs as (

    select
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        drug_classes.is_myeloma_specific,
        drug_classes.is_maintenance_alone,
        min(exposures.start_date) over (partition by exposures.person_id) as first_treatment_date
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.role = 'core'

),

steroids as (

    select exposures.*
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.role = 'steroid'

),

first_treatments as (

    select
        person_id,
        first_treatment_date,
        count(distinct ingredient) = 1 and bool_and(coalesce(is_maintenance_alone, false)) as is_maintenance
    from core_drugs
    where
        {{ days_between('first_treatment_date', 'start_date') }}
        < {{ parameter('myeloma_phenotype', 'maintenance_alone_days') }}
    group by 1, 2

),

first_maintenances as (

    select distinct
        first_treatments.person_id,
        first_treatments.first_treatment_date
    from first_treatments
    left join steroids
        on
            first_treatments.person_id = steroids.person_id
            and abs({{ days_between('first_treatments.first_treatment_date', 'steroids.start_date') }})
            <= {{ parameter('myeloma_phenotype', 'tx_before_days') }}
    where first_treatments.is_maintenance and steroids.person_id is null

),

coded_events as (

    select
        events.person_id,
        events.start_date,
        roles.role
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where
        roles.algorithm in ('phenotype_flags', 'left_truncation')
        or (roles.algorithm = 'myeloma_phenotype' and roles.role = 'diagnosis')

),

first_diagnoses as (

    select
        person_id,
        min(start_date) as first_diagnosis_date,
        count(distinct start_date) = 1 as has_one_diagnosis_date
    from coded_events
    where role = 'diagnosis'
    group by 1

),

histories as (

    select
        first_diagnoses.person_id,
        coalesce(
            bool_or(coded_events.role = 'remission' and coded_events.start_date = first_diagnoses.first_diagnosis_date)
            or bool_or(
                coded_events.role = 'history'
                and {{ days_between('first_diagnoses.first_diagnosis_date', 'coded_events.start_date') }}
                <= {{ parameter('myeloma_phenotype', 'history_days') }}
            )
            or bool_or(
                abs({{ days_between(
                    'first_diagnoses.first_diagnosis_date', 'first_maintenances.first_treatment_date'
                ) }}) <= {{ parameter('myeloma_phenotype', 'history_days') }}
            ),
            false
        ) as has_history,
        bool_or(first_diagnoses.has_one_diagnosis_date) as has_one_diagnosis_date
    from first_diagnoses
    left join coded_events on first_diagnoses.person_id = coded_events.person_id
    left join first_maintenances on first_diagnoses.person_id = first_maintenances.person_id
    group by 1

),

codes as (

    select
        patients.person_id,
        bool_or(coded_events.role = 'plasma_cell_leukemia') as has_plasma_cell_leukemia,
        bool_or(coded_events.role = 'al_amyloidosis') as has_al_amyloidosis,
        bool_or(coded_events.role = 'waldenstrom') as has_waldenstrom,
        bool_or(coded_events.role = 'solitary_plasmacytoma') as has_solitary_plasmacytoma,
        bool_or(coded_events.role = 'smoldering_myeloma') as has_smoldering_myeloma,
        min(case when coded_events.role = 'relapse_code' then coded_events.start_date end) as relapse_code_date,
        bool_or(
            coded_events.role = 'bone_lesion'
            and {{ days_between('patients.myeloma_diagnosis_date', 'coded_events.start_date') }}
            <= {{ parameter('myeloma_phenotype', 'tx_after_days') }}
        ) as has_bone_lesion,
        bool_or(
            coded_events.role = 'diagnosis'
            and {{ days_between('coded_events.start_date', 'patients.myeloma_diagnosis_date') }}
            between {{ parameter('myeloma_phenotype', 'incident_clear_until_days') }}
            and {{ parameter('myeloma_phenotype', 'incident_lookback_days') }}
        ) as has_earlier_diagnosis
    from patients
    left join coded_events on patients.person_id = coded_events.person_id
    group by 1

),

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

),

treatments as (

    select
        patients.person_id,
        min(case when core_drugs.is_myeloma_specific then core_drugs.start_date end) as first_drug_date,
        bool_or(
            {{ days_between('patients.myeloma_diagnosis_date', 'core_drugs.start_date') }}
            between -{{ parameter('myeloma_phenotype', 'tx_before_days') }}
            and {{ parameter('myeloma_phenotype', 'tx_after_days') }}
        ) as is_treated_in_time,
        bool_or(
            core_drugs.is_myeloma_specific
            and {{ days_between('core_drugs.start_date', 'patients.myeloma_diagnosis_date') }}
            between {{ parameter('myeloma_phenotype', 'incident_clear_until_days') }}
            and {{ parameter('myeloma_phenotype', 'incident_lookback_days') }}
        ) as has_earlier_drug
    from patients
    left join core_drugs on patients.person_id = core_drugs.person_id
    group by 1

),

patient_flags as (

    select
        patients.person_id,
        {{ days_between('patients.observation_start_date', 'patients.myeloma_diagnosis_date') }}
        >= {{ parameter('myeloma_phenotype', 'incident_lookback_days') }}
        and not coalesce(codes.has_earlier_diagnosis, false)
        and not coalesce(treatments.has_earlier_drug, false) as is_incident,
        coalesce(
            treatments.first_drug_date
            < patients.myeloma_diagnosis_date - cast({{ parameter('myeloma_phenotype', 'tx_before_days') }} as integer)
            or treatments.first_drug_date < patients.observation_start_date
            or (
                patients.myeloma_diagnosis_date < patients.observation_start_date
                and {{ days_between('patients.observation_start_date', 'treatments.first_drug_date') }}
                <= {{ parameter('myeloma_phenotype', 'tx_before_days') }}
            )
            or histories.has_history,
            false
        ) as is_left_truncated,
        coalesce(histories.has_one_diagnosis_date, false) as has_one_diagnosis_date,
        year(patients.myeloma_diagnosis_date) - patients.year_of_birth < {{ parameter('myeloma_phenotype', 'min_age') }}
            as is_under_age,
        coalesce(codes.has_plasma_cell_leukemia, false) as has_plasma_cell_leukemia,
        coalesce(codes.has_al_amyloidosis, false) as has_al_amyloidosis,
        coalesce(codes.has_waldenstrom, false) as has_waldenstrom,
        coalesce(codes.has_solitary_plasmacytoma, false) as has_solitary_plasmacytoma,
        coalesce(codes.has_smoldering_myeloma, false) as has_smoldering_myeloma,
        case
            when
                coalesce(treatments.is_treated_in_time, false)
                or coalesce(organ_damages.has_organ_damage, false)
                or coalesce(codes.has_bone_lesion, false)
                then false
            when
                patients.death_date is not null
                or {{ days_between('patients.myeloma_diagnosis_date', 'patients.last_contact_date') }}
                >= {{ parameter('myeloma_phenotype', 'tx_after_days') }}
                then true
        end as is_possible_smoldering,
        codes.relapse_code_date
    from patients
    inner join codes on patients.person_id = codes.person_id
    inner join treatments on patients.person_id = treatments.person_id
    left join histories on patients.person_id = histories.person_id
    left join organ_damages on patients.person_id = organ_damages.person_id

)

select * from patient_flags
