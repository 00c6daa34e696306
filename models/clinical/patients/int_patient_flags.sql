-- One row per person with multiple myeloma: what a study may want to leave out, never left out here.
-- Definition: algorithms 1.4 rules 4 and 5. is_incident: observed for a year before the diagnosis and without myeloma
-- diagnosis or drug from 365 to 31 days before it; is_left_truncated: a myeloma drug more than 30 days before the
-- diagnosis, before the first day observed, or within 30 days of it where the diagnosis is older; has_*: any code of
-- the disease; is_possible_smoldering: no core drug of drug_classes from 30 days before the diagnosis to a year after
-- it and no organ damage by then (int_organ_damages, or a pathological fracture); null where neither came and the year
-- was not observed to its end or to death.
-- Limits: lytic lesions without a fracture are rarely coded; organ damage that nobody measured counts as none.

with patients as (select * from {{ ref('int_myeloma_patients') }}),
coded as (select * from {{ ref('int_phenotype_codes') }}),

core_drugs as (

    select
        exposures.*,
        drug_classes.is_myeloma_specific
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.role = 'core'

),

damaged as (select * from {{ ref('int_organ_damages') }}),

treated as (

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
        and not coalesce(coded.has_earlier_diagnosis, false)
        and not coalesce(treated.has_earlier_drug, false) as is_incident,
        coalesce(
            treated.first_drug_date
            < patients.myeloma_diagnosis_date - cast({{ parameter('myeloma_phenotype', 'tx_before_days') }} as integer)
            or treated.first_drug_date < patients.observation_start_date
            or (
                patients.myeloma_diagnosis_date < patients.observation_start_date
                and {{ days_between('patients.observation_start_date', 'treated.first_drug_date') }}
                <= {{ parameter('myeloma_phenotype', 'tx_before_days') }}
            ),
            false
        ) as is_left_truncated,
        year(patients.myeloma_diagnosis_date) - patients.year_of_birth < {{ parameter('myeloma_phenotype', 'min_age') }}
            as is_under_age,
        coalesce(coded.has_plasma_cell_leukemia, false) as has_plasma_cell_leukemia,
        coalesce(coded.has_al_amyloidosis, false) as has_al_amyloidosis,
        coalesce(coded.has_waldenstrom, false) as has_waldenstrom,
        coalesce(coded.has_solitary_plasmacytoma, false) as has_solitary_plasmacytoma,
        coalesce(coded.has_smoldering_myeloma, false) as has_smoldering_myeloma,
        case
            when
                coalesce(treated.is_treated_in_time, false)
                or coalesce(damaged.has_organ_damage, false)
                or coalesce(coded.has_bone_lesion, false)
                then false
            when
                patients.death_date is not null
                or {{ days_between('patients.myeloma_diagnosis_date', 'patients.last_contact_date') }}
                >= {{ parameter('myeloma_phenotype', 'tx_after_days') }}
                then true
        end as is_possible_smoldering,
        coded.relapse_code_date
    from patients
    inner join coded on patients.person_id = coded.person_id
    inner join treated on patients.person_id = treated.person_id
    left join damaged on patients.person_id = damaged.person_id

)

select * from patient_flags
