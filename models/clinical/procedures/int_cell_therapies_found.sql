-- One row per person and infusion of a CAR-T product, before lines of therapy are known.
-- Definition: algorithms 2.3 rule 4. Apheresis is the last between 180 and 14 days before the infusion
-- (int_infusions_found), else the infusion minus 42 days (is_apheresis_imputed), and never on or before
-- an earlier infusion: what lies before that is the way to that one. Lymphodepletion begins with the first of its drugs
-- in the 14 days before.
-- Limits: cells that were kept from an earlier apheresis and infused again have an assumed one.

with events as (select * from {{ ref('int_coded_events') }}),

infusions as (

    select
        int_infusions_found.*,
        lag(infusion_date) over (partition by person_id order by infusion_number) as previous_infusion_date
    from {{ ref('int_infusions_found') }} as int_infusions_found

),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'cell_therapy'

),

aphereses as (

    select distinct
        events.person_id,
        events.start_date as apheresis_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role = 'apheresis'

),

with_apheresis as (

    select
        infusions.person_id,
        infusions.infusion_number,
        infusions.infusion_date,
        infusions.product,
        infusions.target,
        infusions.previous_infusion_date,
        max(aphereses.apheresis_date) as apheresis_date
    from infusions
    left join aphereses
        on
            infusions.person_id = aphereses.person_id
            and {{ days_between('infusions.infusion_date', 'aphereses.apheresis_date') }}
            between {{ parameter('cell_therapies', 'apheresis_search_from') }}
            and {{ parameter('cell_therapies', 'apheresis_search_to') }}
            and (
                infusions.previous_infusion_date is null
                or infusions.previous_infusion_date < aphereses.apheresis_date
            )
    group by 1, 2, 3, 4, 5, 6

),

lymphodepleting as (

    select drug_exposures.*
    from {{ ref('int_drug_exposures_deduplicated') }} as drug_exposures
    inner join {{ ref('drug_classes') }} as drug_classes on drug_exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_lymphodepleting

),

with_lymphodepletion as (

    select
        with_apheresis.person_id,
        with_apheresis.infusion_number,
        with_apheresis.infusion_date,
        with_apheresis.product,
        with_apheresis.target,
        with_apheresis.previous_infusion_date,
        with_apheresis.apheresis_date,
        min(lymphodepleting.start_date) as lymphodepletion_start_date
    from with_apheresis
    left join lymphodepleting
        on
            with_apheresis.person_id = lymphodepleting.person_id
            and {{ days_between('lymphodepleting.start_date', 'with_apheresis.infusion_date') }}
            between 1 and {{ parameter('cell_therapies', 'ld_window_days') }}
    group by 1, 2, 3, 4, 5, 6, 7

),

cell_therapies_found as (

    select
        person_id,
        cast(infusion_number as integer) as infusion_number,
        infusion_date,
        product,
        target,
        coalesce(
            apheresis_date,
            greatest(
                infusion_date - cast({{ parameter('cell_therapies', 'vein_to_vein_default_days') }} as integer),
                previous_infusion_date + 1
            )
        ) as apheresis_date,
        apheresis_date is null as is_apheresis_imputed,
        lymphodepletion_start_date
    from with_lymphodepletion

)

select * from cell_therapies_found
