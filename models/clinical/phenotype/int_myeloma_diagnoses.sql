-- One row per person with a supported myeloma diagnosis: the earliest such date and the rule that supports it.
-- Definition: specification phenotype 1.4. A: another diagnosis date min_gap_days to max_gap_days later; B: a
-- myeloma-specific drug from tx_before_days before to tx_after_days after; C: an infusion of a named CAR-T product
-- against BCMA on or after the date; D: a tumor registry's record within registry_days.
-- Limits: a diagnosis date without any of these is taken for a rule-out code.

with events as (select * from {{ ref('int_coded_events') }}),
cell_therapies as (

    select * from {{ ref('int_cell_therapies_found') }}
    where target = 'bcma' and product != 'unknown'

),

registry_types as (select * from {{ ref('diagnosis_record_types') }} where record_type = 'registry'),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'myeloma_phenotype' and role = 'diagnosis'),

drug_exposures as (

    select drug_exposures.*
    from {{ ref('int_drug_exposures_deduplicated') }} as drug_exposures
    inner join {{ ref('drug_classes') }} as drug_classes on drug_exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_myeloma_specific

),

diagnosis_dates as (

    select
        events.person_id,
        events.start_date as diagnosis_date,
        bool_or(registry_types.type_concept_id is not null) as is_registered
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join registry_types on events.type_concept_id = registry_types.type_concept_id
    group by 1, 2

),

-- whatever supports a diagnosis date, with the days after that date between which it must lie (no last day: for ever)
supporting_dates as (

    select
        person_id,
        diagnosis_date as supporting_date,
        'A' as myeloma_rule,
        {{ parameter('myeloma_phenotype', 'min_gap_days') }} as from_day,
        {{ parameter('myeloma_phenotype', 'max_gap_days') }} as to_day
    from diagnosis_dates
    union all
    select
        person_id,
        start_date as supporting_date,
        'B' as myeloma_rule,
        -{{ parameter('myeloma_phenotype', 'tx_before_days') }} as from_day,
        {{ parameter('myeloma_phenotype', 'tx_after_days') }} as to_day
    from drug_exposures
    union all
    select
        person_id,
        infusion_date as supporting_date,
        'C' as myeloma_rule,
        0 as from_day,
        null as to_day
    from cell_therapies
    union all
    select
        person_id,
        diagnosis_date as supporting_date,
        'D' as myeloma_rule,
        -{{ parameter('myeloma_phenotype', 'registry_days') }} as from_day,
        {{ parameter('myeloma_phenotype', 'registry_days') }} as to_day
    from diagnosis_dates
    where is_registered

),

supported_dates as (

    select
        diagnosis_dates.person_id,
        diagnosis_dates.diagnosis_date as myeloma_diagnosis_date,
        min(supporting_dates.myeloma_rule) as myeloma_rule,
        row_number() over (
            partition by diagnosis_dates.person_id order by diagnosis_dates.diagnosis_date
        ) as diagnosis_rank
    from diagnosis_dates
    inner join supporting_dates
        on
            diagnosis_dates.person_id = supporting_dates.person_id
            and {{ days_between('diagnosis_dates.diagnosis_date', 'supporting_dates.supporting_date') }}
            >= supporting_dates.from_day
            and (
                supporting_dates.to_day is null
                or {{ days_between('diagnosis_dates.diagnosis_date', 'supporting_dates.supporting_date') }}
                <= supporting_dates.to_day
            )
    group by 1, 2

),

myeloma_diagnoses as (

    select
        person_id,
        myeloma_diagnosis_date,
        myeloma_rule
    from supported_dates
    where diagnosis_rank = 1

)

select * from myeloma_diagnoses
