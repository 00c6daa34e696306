-- One row per person, line and drug given in it: was the myeloma refractory to the drug?
-- Definition: algorithms 3.3, the IMWG's progression on therapy or within 60 days of the last dose: CONFIRMED,
-- PROBABLE, or EXPOSED, which is neither and does not mean sensitive; what counts is in int_refractoriness_found.
-- evidence_date is the day on which the status became known, so that any earlier date sees EXPOSED.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role in ('core', 'bridging') and line_number is not null

),

found as (select * from {{ ref('int_refractoriness_found') }}),

given as (

    select
        person_id,
        line_number,
        ingredient,
        drug_class,
        min(start_date) as first_dose_date,
        max(last_dose_date) as last_dose_date
    from exposures
    group by 1, 2, 3, 4

),

refractoriness as (

    select
        given.person_id,
        given.line_number,
        given.ingredient,
        given.drug_class,
        coalesce(found.status, 'EXPOSED') as status,
        given.first_dose_date,
        given.last_dose_date,
        found.evidence_date
    from given
    left join found
        on
            given.person_id = found.person_id
            and given.line_number = found.line_number
            and given.ingredient = found.ingredient

)

select * from refractoriness
