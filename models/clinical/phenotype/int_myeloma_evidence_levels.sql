-- One row per person with at least one myeloma diagnosis: which of the stricter published definitions the person meets.
-- Definition: specification phenotype 1.4 rule 3. Any row is the sensitive level, one of int_myeloma_diagnoses the
-- default. is_treated, a supported diagnosis and a myeloma drug; meets_claims_algorithm, one inpatient diagnosis or two
-- others on separate days within 90 days.
-- Limits: inpatient is told by the type of the record or of its visit; a source that says neither has no inpatient
-- ones.

with events as (select * from {{ ref('int_coded_events') }}),
supported as (select * from {{ ref('int_myeloma_diagnoses') }}),
stays as (select * from events where concept_set_id in ('visit_inpatient', 'visit_er_inpatient')),
inpatient_types as (select * from {{ ref('diagnosis_record_types') }} where record_type = 'inpatient'),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'myeloma_phenotype' and role = 'diagnosis'),

treated as (

    select distinct exposures.person_id
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_myeloma_specific

),

diagnosis_days as (

    select
        events.person_id,
        events.start_date as diagnosis_date,
        bool_or(inpatient_types.type_concept_id is not null or stays.person_id is not null) as is_inpatient
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join inpatient_types on events.type_concept_id = inpatient_types.type_concept_id
    left join stays
        on events.person_id = stays.person_id and events.start_date between stays.start_date and stays.end_date
    group by 1, 2

),

spaced_days as (

    select
        diagnosis_days.*,
        {{ days_between('lag(diagnosis_date) over (partition by person_id order by diagnosis_date)', 'diagnosis_date') }}
            as days_since_previous
    from diagnosis_days

),

myeloma_evidence_levels as (

    select
        spaced_days.person_id,
        bool_or(supported.person_id is not null and treated.person_id is not null) as is_treated,
        bool_or(
            spaced_days.is_inpatient
            or coalesce(
                spaced_days.days_since_previous <= {{ parameter('myeloma_phenotype', 'outpatient_days') }}, false
            )
        ) as meets_claims_algorithm
    from spaced_days
    left join supported on spaced_days.person_id = supported.person_id
    left join treated on spaced_days.person_id = treated.person_id
    group by 1

)

select * from myeloma_evidence_levels
