{{ config(materialized='ephemeral') }}
-- One row per person, flag of the phenotype and day from which its value holds.
-- Definition: algorithms 1.4 rules 3 to 5, so that a study may take another tier or leave a flag out. has_* is 0 from
-- birth and 1 from the first code of the disease; the flags of patients hold from the diagnosis on.
-- Limits: is_treated, meets_claims_algorithm and is_possible_smoldering read the record as a whole, after the diagnosis
-- too: they choose a population and are no covariates. A flag that nothing settles has no row.

with patients as (select * from {{ ref('patients') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'phenotype_flags' and role not in ('relapse_code', 'bone_lesion')

),

coded as (

    select
        events.person_id,
        roles.role,
        min(events.start_date) as first_code_date
    from {{ ref('int_coded_events') }} as events
    inner join roles on events.concept_set_id = roles.concept_set_id
    inner join patients on events.person_id = patients.person_id
    group by 1, 2

),

never_coded as (

    select distinct
        patients.person_id,
        roles.role,
        make_date(coalesce(patients.year_of_birth, 1900), 1, 1) as first_date
    from patients
    cross join roles

),

flagged as (

    select
        patients.person_id,
        flags.name,
        case flags.name
            when 'is_treated' then patients.is_treated
            when 'meets_claims_algorithm' then patients.meets_claims_algorithm
            when 'is_incident' then patients.is_incident
            when 'is_left_truncated' then patients.is_left_truncated
            when 'is_under_age' then patients.is_under_age
            when 'is_possible_smoldering' then patients.is_possible_smoldering
        end as flag,
        patients.myeloma_diagnosis_date
    from patients
    cross join (
        values
        ('is_treated'), ('meets_claims_algorithm'), ('is_incident'),
        ('is_left_truncated'), ('is_under_age'), ('is_possible_smoldering')
    ) as flags (name)

),

everything as (

    select
        person_id,
        'has_' || role as name,
        0 as value_number,
        first_date as valid_from_date
    from never_coded
    union all
    select
        person_id,
        'has_' || role as name,
        1 as value_number,
        first_code_date as valid_from_date
    from coded
    union all
    select
        person_id,
        name,
        case when flag then 1 else 0 end as value_number,
        myeloma_diagnosis_date as valid_from_date
    from flagged
    where flag is not null

),

patient_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from everything

)

select * from patient_characteristics
