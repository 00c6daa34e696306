-- One row per rule set and exposure to a drug that prepares a transplant, with the part it plays there.
-- Definition: algorithms 2.3 rule 2. Conditioning: melphalan and the like from 7 days before to 1 day after a
-- transplant. Mobilisation: cyclophosphamide or etoposide on at most 2 days from 60 to 8 days before a transplant, not
-- used earlier; a drug that conditions does not mobilise.
-- Limits: reads the future (a transplant that is still to come), as any record of these roles must.

with exposures as (

    select
        exposures.*,
        drug_classes.is_conditioning,
        drug_classes.is_mobilising,
        min(exposures.start_date) over (partition by exposures.person_id, exposures.ingredient) as first_use_date
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient

),

line_rules as (select * from {{ ref('int_line_rules') }}),
transplants as (select * from {{ ref('int_transplants_found') }}),

conditioning as (

    select distinct
        line_rules.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date
    from exposures
    inner join transplants on exposures.person_id = transplants.person_id
    inner join line_rules
        on
            {{ days_between('exposures.start_date', 'transplants.first_code_date') }}
            <= line_rules.conditioning_days_before
            and {{ days_between('transplants.transplant_date', 'exposures.start_date') }}
            <= line_rules.conditioning_days_after
    where exposures.is_conditioning

),

around_transplants as (

    select
        line_rules.rule_set,
        line_rules.mobilisation_max_dates,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        exposures.first_use_date,
        transplants.transplant_date,
        count(*) over (
            partition by line_rules.rule_set, exposures.person_id, exposures.ingredient, transplants.transplant_date
        ) as date_count,
        min(exposures.start_date) over (
            partition by line_rules.rule_set, exposures.person_id, exposures.ingredient, transplants.transplant_date
        ) as first_date
    from exposures
    inner join transplants on exposures.person_id = transplants.person_id
    inner join line_rules
        on
            {{ days_between('exposures.start_date', 'transplants.transplant_date') }}
            between line_rules.mobilisation_days_until and line_rules.mobilisation_days_before
    where exposures.is_mobilising

),

mobilisation as (

    select distinct
        rule_set,
        person_id,
        ingredient,
        start_date
    from around_transplants
    where date_count <= mobilisation_max_dates and first_date = first_use_date

),

transplant_drugs as (

    select
        conditioning.*,
        'conditioning' as role
    from conditioning
    union all
    select
        mobilisation.*,
        'mobilisation' as role
    from mobilisation
    left join conditioning
        on
            mobilisation.rule_set = conditioning.rule_set
            and mobilisation.person_id = conditioning.person_id
            and mobilisation.ingredient = conditioning.ingredient
            and mobilisation.start_date = conditioning.start_date
    where conditioning.person_id is null

)

select * from transplant_drugs
