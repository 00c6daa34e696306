-- One row per rule set and exposure to a myeloma drug, with the part it plays in treatment.
-- Definition: algorithms 2.3 rule 2. Steroids stay steroids. Conditioning and mobilisation: int_transplant_drugs.
-- Lymphodepletion: fludarabine, cyclophosphamide or bendamustine in the 14 days before a CAR-T infusion. All else is
-- core; bridging is told apart in int_line_steps. Cover ends at the recorded end when that is at most 90 days away,
-- else at the assumed one (algorithms 0); the last dose is the last day that is recorded.
-- Limits: reads the future (an infusion that is still to come), as any record of these roles must.

with exposures as (

    select
        exposures.*,
        drug_classes.is_lymphodepleting
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient

),

line_rules as (select * from {{ ref('int_line_rules') }}),
transplant_drugs as (select * from {{ ref('int_transplant_drugs') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),

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
            when transplant_drugs.role = 'conditioning' then 'conditioning'
            when lymphodepletion.person_id is not null then 'lymphodepletion'
            when transplant_drugs.role = 'mobilisation' then 'mobilisation'
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
        exposures.daily_milligrams,
        exposures.is_stopped_for_toxicity
    from exposures
    cross join line_rules
    left join transplant_drugs
        on
            line_rules.rule_set = transplant_drugs.rule_set
            and exposures.person_id = transplant_drugs.person_id
            and exposures.ingredient = transplant_drugs.ingredient
            and exposures.start_date = transplant_drugs.start_date
    left join lymphodepletion
        on
            line_rules.rule_set = lymphodepletion.rule_set
            and exposures.person_id = lymphodepletion.person_id
            and exposures.ingredient = lymphodepletion.ingredient
            and exposures.start_date = lymphodepletion.start_date

)

select * from drug_exposures_by_role
