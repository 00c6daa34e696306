-- One row per rule set and exposure to a myeloma drug, with the part it plays in treatment.
-- Definition: specification procedures 2.3 rule 2. Steroids stay steroids; else the first of these that holds.
-- Conditioning: melphalan and the like from 7 days before to 1 day after a transplant. Lymphodepletion: fludarabine,
-- cyclophosphamide or bendamustine in the 14 days before a CAR-T infusion. Mobilisation: cyclophosphamide or etoposide
-- on at most 2 days from 60 to 8 days before a transplant, not used earlier. Then the roles without a coded event,
-- which is_role_assumed marks: of a transplant that is assumed itself, and int_roles_assumed. All else is core; what
-- bridges to an infusion is told apart by the state machine (int_line_doses). Cover ends at the recorded end when that
-- is at most 90 days away, else at the assumed one (specification exposures 0.9); the last dose is the last day that is
-- recorded.
-- Limits: reads the future (a transplant or an infusion that is still to come), as any record of these roles must.

with line_rules as (select * from {{ ref('int_line_rules') }}),
transplants as (select * from {{ ref('int_transplants_found') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),
roles_assumed as (select * from {{ ref('int_roles_assumed') }}),

exposures as (

    select
        exposures.*,
        drug_classes.is_conditioning,
        drug_classes.is_lymphodepleting,
        drug_classes.is_mobilising,
        min(exposures.start_date) over (partition by exposures.person_id, exposures.ingredient) as first_use_date
    from {{ ref('int_drug_exposures_deduplicated') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient

),

mobilising_doses as (

    select
        line_rules.rule_set,
        line_rules.mobilisation_max_dates,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        exposures.first_use_date,
        transplants.is_assumed,
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

-- role_rank 1 to 3: the event is coded; 4 to 6: it is assumed
preparing_doses as (

    select
        line_rules.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        'conditioning' as role,
        case when transplants.is_assumed then 4 else 1 end as role_rank
    from exposures
    inner join transplants on exposures.person_id = transplants.person_id
    inner join line_rules
        on
            {{ days_between('exposures.start_date', 'transplants.first_code_date') }}
            <= line_rules.conditioning_days_before
            and {{ days_between('transplants.transplant_date', 'exposures.start_date') }}
            <= line_rules.conditioning_days_after
    where exposures.is_conditioning
    union all
    select
        line_rules.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        'lymphodepletion' as role,
        2 as role_rank
    from exposures
    inner join cell_therapies on exposures.person_id = cell_therapies.person_id
    inner join line_rules
        on
            {{ days_between('exposures.start_date', 'cell_therapies.infusion_date') }} between 1 and line_rules.ld_window_days
    where exposures.is_lymphodepleting
    union all
    select
        rule_set,
        person_id,
        ingredient,
        start_date,
        'mobilisation' as role,
        case when is_assumed then 6 else 3 end as role_rank
    from mobilising_doses
    where date_count <= mobilisation_max_dates and first_date = first_use_date
    union all
    select
        line_rules.rule_set,
        roles_assumed.person_id,
        roles_assumed.ingredient,
        roles_assumed.start_date,
        roles_assumed.role,
        case roles_assumed.role when 'lymphodepletion' then 5 else 6 end as role_rank
    from roles_assumed
    cross join line_rules

),

preparing_roles as (

    select
        rule_set,
        person_id,
        ingredient,
        start_date,
        min_by(role, role_rank) as role,
        min(role_rank) >= 4 as is_assumed
    from preparing_doses
    group by 1, 2, 3, 4

),

ruled_exposures as (

    select
        line_rules.rule_set,
        exposures.*,
        case
            when
                line_rules.longest_cover_days is null
                or {{ days_between('exposures.start_date', 'exposures.recorded_end_date') }} <= line_rules.longest_cover_days
                then exposures.recorded_end_date
        end as believed_end_date
    from exposures
    cross join line_rules

),

drug_exposures_by_role as (

    select
        exposures.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.drug_class,
        case
            when exposures.usual_role = 'steroid' then 'steroid'
            else coalesce(preparing_roles.role, 'core')
        end as role,
        exposures.usual_role != 'steroid' and coalesce(preparing_roles.is_assumed, false) as is_role_assumed,
        exposures.start_date,
        coalesce(exposures.believed_end_date, exposures.assumed_end_date) as end_date,
        coalesce(exposures.believed_end_date, exposures.supplied_until_date, exposures.start_date) as last_dose_date,
        exposures.daily_milligrams,
        exposures.is_stopped_for_toxicity
    from ruled_exposures as exposures
    left join preparing_roles
        on
            exposures.rule_set = preparing_roles.rule_set
            and exposures.person_id = preparing_roles.person_id
            and exposures.ingredient = preparing_roles.ingredient
            and exposures.start_date = preparing_roles.start_date

)

select * from drug_exposures_by_role
