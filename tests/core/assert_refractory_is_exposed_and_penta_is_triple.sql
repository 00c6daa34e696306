-- Who is refractory to a drug was given it before; penta-drug refractory implies triple-class refractory no later; so too
-- for exposure.

with states as (

    select
        person_id,
        level as kind,
        max(case when state = 'penta_drug' then known_date end) as penta_date,
        max(case when state = 'triple_class' then known_date end) as triple_date
    from {{ ref('int_refractory_states') }}
    group by 1, 2

),

exposed as (

    select
        person_id,
        'exposed' as kind,
        max(case when name = 'penta_drug' then exposed_date end) as penta_date,
        max(case when name = 'triple_class' then exposed_date end) as triple_date
    from {{ ref('int_treatment_exposures') }}
    group by 1, 2

),

refractory_without_dose as (

    select
        refractoriness.person_id,
        refractoriness.ingredient as kind,
        refractoriness.evidence_date as penta_date,
        cast(null as date) as triple_date
    from {{ ref('refractoriness') }} as refractoriness
    left join {{ ref('int_treatment_exposures') }} as exposures
        on
            refractoriness.person_id = exposures.person_id
            and refractoriness.ingredient = exposures.name
            and refractoriness.evidence_date > exposures.exposed_date
    where refractoriness.status != 'EXPOSED' and exposures.person_id is null

)

select * from states
where penta_date is not null and (triple_date is null or triple_date > penta_date)
union all
select * from exposed
where penta_date is not null and (triple_date is null or triple_date > penta_date)
union all
select * from refractory_without_dose
