-- One row per patient of whom a diagnosis code says what the clone makes: its heavy chain, or nothing.
-- Definition: concept sets of myeloma by its immunoglobulin, and of non-secretory myeloma.
-- Limits: ICD-10-CM has no code for the heavy chain, so that most American sources leave it unknown.

with events as (

    select * from {{ ref('int_coded_events') }}
    where
        concept_set_id in ('myeloma_igg', 'myeloma_iga', 'myeloma_igd', 'light_chain_myeloma', 'nonsecretory_myeloma')

),

isotypes_coded as (

    select
        person_id,
        min(start_date) as first_date,
        min(
            case concept_set_id
                when 'myeloma_igg' then 'IgG'
                when 'myeloma_iga' then 'IgA'
                when 'myeloma_igd' then 'IgD'
                when 'light_chain_myeloma' then 'light chain only'
            end
        ) as heavy_chain,
        bool_or(concept_set_id = 'nonsecretory_myeloma') as is_nonsecretory
    from events
    group by 1

)

select * from isotypes_coded
