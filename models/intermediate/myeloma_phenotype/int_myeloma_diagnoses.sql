-- One row per person with a supported myeloma diagnosis: the earliest such date and the rule that supports it.
-- Definition: algorithms 1.4. A: another diagnosis date min_gap_days to max_gap_days later; B: a myeloma-specific drug
-- from tx_before_days before to tx_after_days after; C: a CAR-T infusion against BCMA on or after the date; D: a tumor
-- registry's record within registry_days.
-- Limits: a diagnosis date without any of these is taken for a rule-out code.

with events as (

    select * from {{ ref('int_events_found') }}

),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'myeloma_phenotype' and role = 'diagnosis'

),

drug_exposures as (

    select drug_exposures.*
    from {{ ref('int_drug_exposures_covered') }} as drug_exposures
    inner join {{ ref('drug_classes') }} as drug_classes on drug_exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_myeloma_specific

),

cell_therapies as (

    select * from {{ ref('int_cell_therapies_found') }}
    where target = 'bcma'

),

diagnosis_dates as (

    select distinct
        events.person_id,
        events.start_date as diagnosis_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id

),

by_second_diagnosis as (

    select
        diagnosis_dates.person_id,
        diagnosis_dates.diagnosis_date,
        'A' as myeloma_rule
    from diagnosis_dates
    inner join diagnosis_dates as later_dates
        on
            diagnosis_dates.person_id = later_dates.person_id
            and {{ days_between('diagnosis_dates.diagnosis_date', 'later_dates.diagnosis_date') }}
            between {{ parameter('myeloma_phenotype', 'min_gap_days') }}
            and coalesce({{ parameter('myeloma_phenotype', 'max_gap_days') }}, 100000)

),

by_drug as (

    select
        diagnosis_dates.person_id,
        diagnosis_dates.diagnosis_date,
        'B' as myeloma_rule
    from diagnosis_dates
    inner join drug_exposures
        on
            diagnosis_dates.person_id = drug_exposures.person_id
            and {{ days_between('diagnosis_dates.diagnosis_date', 'drug_exposures.start_date') }}
            between -{{ parameter('myeloma_phenotype', 'tx_before_days') }}
            and {{ parameter('myeloma_phenotype', 'tx_after_days') }}

),

by_cell_therapy as (

    select
        diagnosis_dates.person_id,
        diagnosis_dates.diagnosis_date,
        'C' as myeloma_rule
    from diagnosis_dates
    inner join cell_therapies
        on
            diagnosis_dates.person_id = cell_therapies.person_id
            and diagnosis_dates.diagnosis_date <= cell_therapies.infusion_date

),

registry_dates as (

    select distinct
        events.person_id,
        events.start_date as registered_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    inner join {{ ref('diagnosis_record_types') }} as record_types
        on events.type_concept_id = record_types.type_concept_id
    where record_types.record_type = 'registry'

),

by_registry as (

    select
        diagnosis_dates.person_id,
        diagnosis_dates.diagnosis_date,
        'D' as myeloma_rule
    from diagnosis_dates
    inner join registry_dates
        on
            diagnosis_dates.person_id = registry_dates.person_id
            and abs({{ days_between('diagnosis_dates.diagnosis_date', 'registry_dates.registered_date') }})
            <= {{ parameter('myeloma_phenotype', 'registry_days') }}

),

supported as (

    select * from by_second_diagnosis
    union
    select * from by_drug
    union
    select * from by_cell_therapy
    union
    select * from by_registry

),

myeloma_diagnoses as (

    select
        person_id,
        diagnosis_date as myeloma_diagnosis_date,
        min(myeloma_rule) as myeloma_rule,
        row_number() over (partition by person_id order by diagnosis_date) as diagnosis_rank
    from supported
    group by 1, 2

)

select
    person_id,
    myeloma_diagnosis_date,
    myeloma_rule
from myeloma_diagnoses
where diagnosis_rank = 1
