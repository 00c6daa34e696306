-- One row per patient, immunoglobulin of immunoglobulin_tiers and day: its lowest value, without the M-protein
-- where that is part of it.
-- Definition: algorithms 7.1: in IgG myeloma the M-protein is subtracted, the value nearest in time within
-- lab_window days. makes_igg is what the diagnosis code says of the clone, NULL where it says nothing.
-- Limits: the heavy chain is rarely recorded, so that most values are total IgG.

with labs as (select * from {{ ref('int_labs_by_day') }}),

tiers as (

    select distinct lab from {{ ref('immunoglobulin_tiers') }}

),

clones as (

    select
        person_id,
        heavy_chain = 'IgG' as makes_igg
    from {{ ref('int_isotypes_coded') }}

),

immunoglobulins as (

    select
        labs.*,
        clones.makes_igg
    from labs
    inner join tiers on labs.lab = tiers.lab
    left join clones on labs.person_id = clones.person_id

),

proteins as (

    select
        immunoglobulins.person_id,
        immunoglobulins.lab,
        immunoglobulins.measured_date,
        min_by(
            labs.value,
            abs({{ days_between('immunoglobulins.measured_date', 'labs.measured_date') }}) * 1000 + labs.value
        ) * {{ parameter('adverse_events', 'mg_dl_of_one_g_dl') }} as m_protein
    from immunoglobulins
    inner join labs
        on
            immunoglobulins.person_id = labs.person_id
            and labs.lab = 'm_protein_serum'
            and abs({{ days_between('immunoglobulins.measured_date', 'labs.measured_date') }})
            < {{ parameter('responses', 'lab_window') }}
    where immunoglobulins.makes_igg
    group by 1, 2, 3

),

immunoglobulins_measured as (

    select
        immunoglobulins.person_id,
        immunoglobulins.lab,
        immunoglobulins.measured_date,
        immunoglobulins.lower_limit,
        immunoglobulins.makes_igg,
        proteins.m_protein is not null as is_subtracted,
        greatest(immunoglobulins.lowest - coalesce(proteins.m_protein, 0), 0) as lowest
    from immunoglobulins
    left join proteins
        on
            immunoglobulins.person_id = proteins.person_id
            and immunoglobulins.lab = proteins.lab
            and immunoglobulins.measured_date = proteins.measured_date

)

select * from immunoglobulins_measured
