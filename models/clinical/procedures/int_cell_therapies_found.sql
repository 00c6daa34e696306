-- One row per person and infusion of a CAR-T product, with the way to it, before lines of therapy are known.
-- Definition: specification procedures 2.3 rule 4. Apheresis is the last between 180 and 14 days before the infusion
-- (int_infusions_found), a claim line's only where there is no other, else the infusion minus 42 days
-- (is_apheresis_imputed), and never on or before an earlier infusion: what lies before that is the way to that one.
-- Lymphodepletion begins with the first of its drugs in the 14 days before.
-- Limits: cells that were kept from an earlier apheresis and infused again have an assumed one.

with events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'cell_therapy' and role = 'apheresis'),
claim_lines as (select * from {{ ref('infusion_code_ranks') }} where is_of_stay),

infusions as (

    select
        infusions_found.*,
        lag(infusion_date) over (partition by person_id order by infusion_date) as previous_infusion_date
    from {{ ref('int_infusions_found') }} as infusions_found

),

lymphodepleting_doses as (

    select drug_exposures.*
    from {{ ref('int_drug_exposures_deduplicated') }} as drug_exposures
    inner join {{ ref('drug_classes') }} as drug_classes on drug_exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_lymphodepleting

),

ranked_aphereses as (

    select
        infusions.person_id,
        infusions.infusion_date,
        events.start_date as apheresis_date,
        row_number() over (
            partition by infusions.person_id, infusions.infusion_date
            order by claim_lines.vocabulary_id is not null, events.start_date desc, events.record_id
        ) as preference
    from infusions
    inner join events on infusions.person_id = events.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join claim_lines on events.vocabularies = claim_lines.vocabulary_id
    where
        {{ days_between('infusions.infusion_date', 'events.start_date') }}
        between {{ parameter('cell_therapies', 'apheresis_search_from') }}
        and {{ parameter('cell_therapies', 'apheresis_search_to') }}
        and (infusions.previous_infusion_date is null or infusions.previous_infusion_date < events.start_date)

),

aphereses as (select * from ranked_aphereses where preference = 1),

lymphodepletions as (

    select
        infusions.person_id,
        infusions.infusion_date,
        min(lymphodepleting_doses.start_date) as lymphodepletion_start_date
    from infusions
    inner join lymphodepleting_doses on infusions.person_id = lymphodepleting_doses.person_id
    where
        {{ days_between('lymphodepleting_doses.start_date', 'infusions.infusion_date') }}
        between 1 and {{ parameter('cell_therapies', 'ld_window_days') }}
    group by 1, 2

),

cell_therapies_found as (

    select
        infusions.person_id,
        infusions.infusion_date,
        infusions.product,
        infusions.target,
        coalesce(
            aphereses.apheresis_date,
            greatest(
                infusions.infusion_date
                - cast({{ parameter('cell_therapies', 'vein_to_vein_default_days') }} as integer),
                infusions.previous_infusion_date + 1
            )
        ) as apheresis_date,
        aphereses.apheresis_date is null as is_apheresis_imputed,
        lymphodepletions.lymphodepletion_start_date
    from infusions
    left join aphereses
        on
            infusions.person_id = aphereses.person_id
            and infusions.infusion_date = aphereses.infusion_date
    left join lymphodepletions
        on
            infusions.person_id = lymphodepletions.person_id
            and infusions.infusion_date = lymphodepletions.infusion_date

)

select * from cell_therapies_found
