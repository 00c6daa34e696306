-- One row per patient, tier of low IgG and episode: values below the tier's bound in a row.
-- Definition: immunoglobulin_tiers (specification labs 7.1; one of them below the record's lower normal limit), of the
-- day's lowest IgG. In IgG myeloma (what the diagnosis code says of the clone) the M-protein is subtracted first, the
-- value nearest in time, at most lab_window days away. is_confounded: the patient has serum M-protein within 30 days of
-- the episode's first day, which total IgG contains, so that the polyclonal IgG is lower still; false where it was
-- subtracted or the clone is known to make no IgG; NULL when it was not measured.
-- Limits: the heavy chain is rarely recorded, so that most values are total IgG and the flag is often all there is.

with labs as (select * from {{ ref('int_labs_by_day') }}),
tiers as (select * from {{ ref('immunoglobulin_tiers') }}),
isotypes as (select * from {{ ref('int_isotypes_coded') }}),

immunoglobulins as (

    select
        labs.person_id,
        labs.lab,
        labs.measured_date,
        labs.lowest,
        labs.lower_limit,
        isotypes.heavy_chain = 'IgG' as makes_igg
    from labs
    inner join (select distinct lab from tiers) as gradable_labs on labs.lab = gradable_labs.lab
    left join isotypes on labs.person_id = isotypes.person_id

),

m_proteins as (

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
            <= {{ parameter('responses', 'lab_window') }}
    where immunoglobulins.makes_igg
    group by 1, 2, 3

),

tier_values as (

    select
        immunoglobulins.person_id,
        immunoglobulins.lab,
        immunoglobulins.measured_date,
        tiers.term,
        m_proteins.m_protein is not null or coalesce(not immunoglobulins.makes_igg, false) as is_without_m_protein,
        greatest(immunoglobulins.lowest - coalesce(m_proteins.m_protein, 0), 0)
        < case tiers.basis when 'lower_limit' then tiers.below * immunoglobulins.lower_limit else tiers.below end
            as is_low
    from immunoglobulins
    inner join tiers on immunoglobulins.lab = tiers.lab
    left join m_proteins
        on
            immunoglobulins.person_id = m_proteins.person_id
            and immunoglobulins.lab = m_proteins.lab
            and immunoglobulins.measured_date = m_proteins.measured_date

),

numbered_values as (

    select
        tier_values.*,
        sum(case when is_low then 0 else 1 end) over (
            partition by person_id, term order by measured_date rows between unbounded preceding and current row
        ) as episode_number
    from tier_values
    where is_low is not null

),

episodes as (

    select
        person_id,
        term,
        lab,
        episode_number,
        min(measured_date) as start_date,
        max(measured_date) as end_date,
        bool_and(is_without_m_protein) as is_without_m_protein
    from numbered_values
    where is_low
    group by 1, 2, 3, 4

),

low_immunoglobulins as (

    select
        episodes.person_id,
        episodes.term,
        episodes.lab,
        episodes.start_date,
        episodes.end_date,
        case when episodes.is_without_m_protein then false else bool_or(labs.highest > 0) end as is_confounded
    from episodes
    left join labs
        on
            episodes.person_id = labs.person_id
            and labs.lab = 'm_protein_serum'
            and abs({{ days_between('episodes.start_date', 'labs.measured_date') }})
            <= {{ parameter('responses', 'imaging_window') }}
    group by
        episodes.person_id, episodes.term, episodes.lab, episodes.start_date, episodes.end_date,
        episodes.is_without_m_protein

)

select * from low_immunoglobulins
