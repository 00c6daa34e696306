-- One row per rule set and exposure to a myeloma drug, with the part it plays in treatment.
-- Definition: algorithms 2.3 rule 2. Steroids stay steroids. Conditioning: melphalan and the like from 7 days before to
-- 1 day after a transplant. Mobilisation: cyclophosphamide or etoposide on at most 2 days from 60 to 8 days before a
-- transplant, not used earlier. Lymphodepletion: fludarabine, cyclophosphamide or bendamustine in the 14 days before
-- a CAR-T infusion. All else is core; bridging is told apart in int_line_steps. Cover ends at the recorded end when
-- that is at most 90 days away, else at the assumed one (algorithms 0); the last dose is the last day that is
-- recorded.
-- Limits: reads the future (a transplant or infusion that is still to come), as any record of these roles must.

with exposures as (

    select
        exposures.*,
        drug_classes.is_conditioning,
        drug_classes.is_mobilising,
        drug_classes.is_lymphodepleting
    from {{ ref('int_drug_exposures_covered') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient

),

line_rules as (

    select * from {{ ref('int_line_rules') }}

),

transplants as (

    select * from {{ ref('int_transplants_found') }}

),

cell_therapies as (

    select * from {{ ref('int_cell_therapies_found') }}

),

first_uses as (

    select
        person_id,
        ingredient,
        min(start_date) as first_use_date
    from exposures
    group by 1, 2

),

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
        around_transplants.rule_set,
        around_transplants.person_id,
        around_transplants.ingredient,
        around_transplants.start_date
    from around_transplants
    inner join first_uses
        on around_transplants.person_id = first_uses.person_id and around_transplants.ingredient = first_uses.ingredient
    where
        around_transplants.date_count <= around_transplants.mobilisation_max_dates
        and around_transplants.first_date = first_uses.first_use_date

),

lymphodepletion as (

    select distinct
        line_rules.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date
    from exposures
    inner join cell_therapies on exposures.person_id = cell_therapies.person_id
    inner join line_rules
        on
            {{ days_between('exposures.start_date', 'cell_therapies.infusion_date') }} between 1 and line_rules.ld_window_days
    where exposures.is_lymphodepleting

),

drug_exposures_by_role as (

    select
        line_rules.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.drug_class,
        case
            when exposures.usual_role = 'steroid' then 'steroid'
            when conditioning.person_id is not null then 'conditioning'
            when lymphodepletion.person_id is not null then 'lymphodepletion'
            when mobilisation.person_id is not null then 'mobilisation'
            else 'core'
        end as role,
        exposures.start_date,
        case
            when
                {{ days_between('exposures.start_date', 'exposures.recorded_end_date') }}
                <= coalesce(line_rules.longest_cover_days, 100000)
                then exposures.recorded_end_date
            else exposures.assumed_end_date
        end as end_date,
        coalesce(
            case
                when
                    {{ days_between('exposures.start_date', 'exposures.recorded_end_date') }}
                    <= coalesce(line_rules.longest_cover_days, 100000)
                    then exposures.recorded_end_date
            end,
            exposures.supplied_until_date,
            exposures.start_date
        ) as last_dose_date,
        exposures.is_stopped_for_toxicity
    from exposures
    cross join line_rules
    left join conditioning
        on
            line_rules.rule_set = conditioning.rule_set
            and exposures.person_id = conditioning.person_id
            and exposures.ingredient = conditioning.ingredient
            and exposures.start_date = conditioning.start_date
    left join mobilisation
        on
            line_rules.rule_set = mobilisation.rule_set
            and exposures.person_id = mobilisation.person_id
            and exposures.ingredient = mobilisation.ingredient
            and exposures.start_date = mobilisation.start_date
    left join lymphodepletion
        on
            line_rules.rule_set = lymphodepletion.rule_set
            and exposures.person_id = lymphodepletion.person_id
            and exposures.ingredient = lymphodepletion.ingredient
            and exposures.start_date = lymphodepletion.start_date

)

select * from drug_exposures_by_role
