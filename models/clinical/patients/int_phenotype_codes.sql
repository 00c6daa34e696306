-- One row per patient: what diagnosis codes say beside the myeloma.
-- Definition: algorithms 1.4 rules 4 and 5. has_*: any code of the disease; a fracture of bone counts in the first
-- year, an earlier diagnosis from 365 to 31 days before the one that counts.
-- Limits: null where a person has no such code at all.

with patients as (select * from {{ ref('int_myeloma_patients') }}),

events as (

    select
        events.*,
        roles.algorithm,
        roles.role
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'phenotype_flags' or (roles.algorithm = 'myeloma_phenotype' and roles.role = 'diagnosis')

),

phenotype_codes as (

    select
        patients.person_id,
        bool_or(events.role = 'plasma_cell_leukemia') as has_plasma_cell_leukemia,
        bool_or(events.role = 'al_amyloidosis') as has_al_amyloidosis,
        bool_or(events.role = 'waldenstrom') as has_waldenstrom,
        bool_or(events.role = 'solitary_plasmacytoma') as has_solitary_plasmacytoma,
        bool_or(events.role = 'smoldering_myeloma') as has_smoldering_myeloma,
        min(case when events.role = 'relapse_code' then events.start_date end) as relapse_code_date,
        bool_or(
            events.role = 'bone_lesion'
            and {{ days_between('patients.myeloma_diagnosis_date', 'events.start_date') }}
            <= {{ parameter('myeloma_phenotype', 'tx_after_days') }}
        ) as has_bone_lesion,
        bool_or(
            events.role = 'diagnosis'
            and {{ days_between('events.start_date', 'patients.myeloma_diagnosis_date') }}
            between {{ parameter('myeloma_phenotype', 'incident_clear_until_days') }}
            and {{ parameter('myeloma_phenotype', 'incident_lookback_days') }}
        ) as has_earlier_diagnosis
    from patients
    left join events on patients.person_id = events.person_id
    group by 1

)

select * from phenotype_codes
