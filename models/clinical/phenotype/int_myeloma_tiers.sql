-- One row per candidate with at least one myeloma diagnosis: which of the four published definitions the person meets.
-- Definition: algorithms 1.4 rule 3. is_sensitive, one diagnosis; is_default, a supported one; is_treated, a supported
-- one and a myeloma drug; meets_claims_algorithm, one inpatient diagnosis or two others on separate days within 90
-- days.
-- Limits: inpatient is told by the type of the record or of its visit; a source that says neither has no inpatient
-- ones.

with events as (select * from {{ ref('int_coded_events') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'myeloma_phenotype' and role = 'diagnosis'

),

visits as (

    select * from {{ ref('int_coded_events') }}
    where concept_set_id in ('visit_inpatient', 'visit_er_inpatient')

),

record_types as (

    select * from {{ ref('diagnosis_record_types') }}
    where record_type = 'inpatient'

),

supported as (select * from {{ ref('int_myeloma_diagnoses') }}),

treated as (

    select distinct exposures.person_id
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_myeloma_specific

),

diagnoses as (

    select
        events.person_id,
        events.start_date as diagnosis_date,
        bool_or(record_types.type_concept_id is not null or visits.person_id is not null) as is_inpatient
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join record_types on events.type_concept_id = record_types.type_concept_id
    left join visits
        on events.person_id = visits.person_id and events.start_date between visits.start_date and visits.end_date
    group by 1, 2

),

spaced as (

    select
        diagnoses.*,
        {{ days_between('lag(diagnosis_date) over (partition by person_id order by diagnosis_date)', 'diagnosis_date') }}
            as days_since_previous
    from diagnoses

),

myeloma_tiers as (

    select
        spaced.person_id,
        true as is_sensitive,
        bool_or(supported.person_id is not null) as is_default,
        bool_or(supported.person_id is not null and treated.person_id is not null) as is_treated,
        bool_or(
            spaced.is_inpatient
            or coalesce(spaced.days_since_previous <= {{ parameter('myeloma_phenotype', 'outpatient_days') }}, false)
        ) as meets_claims_algorithm
    from spaced
    left join supported on spaced.person_id = supported.person_id
    left join treated on spaced.person_id = treated.person_id
    group by 1

)

select * from myeloma_tiers
