{{ config(materialized='ephemeral') }}
-- One row per person, infusion and subset of the infused CAR-T cells, in percent of them.
-- Definition: 003:55: naive CD62L+ CD45RA+, central memory CD62L+ CD45RA-, effector memory CD62L- CD45RA-, effector
-- CD62L- CD45RA+; the last value from the apheresis to the infusion, as the laboratory reported it.
-- Limits: no vocabulary of OMOP has a code for the subsets: a source names its own in concept_set_members (vocabulary
-- local).

with cell_therapies as (select * from {{ ref('cell_therapies') }}),

events as (

    select
        person_id,
        start_date,
        value_number,
        case concept_set_id
            when 'infused_naive_cells' then 'infused_naive_percent'
            when 'infused_central_memory_cells' then 'infused_central_memory_percent'
            when 'infused_effector_memory_cells' then 'infused_effector_memory_percent'
            when 'infused_effector_cells' then 'infused_effector_percent'
        end as name
    from {{ ref('int_coded_events') }}
    where value_number is not null

),

infused_cell_characteristics as (

    select
        cell_therapies.person_id,
        events.name,
        max_by(
            events.value_number, {{ days_between('cell_therapies.apheresis_date', 'events.start_date') }} * 1000
            + events.value_number
        ) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cell_therapies.infusion_date as valid_from_date
    from cell_therapies
    inner join events
        on
            cell_therapies.person_id = events.person_id
            and events.start_date between cell_therapies.apheresis_date and cell_therapies.infusion_date
    where events.name is not null
    group by cell_therapies.person_id, events.name, cell_therapies.infusion_date

)

select * from infused_cell_characteristics
