-- One row per patient, tier of low IgG and episode: values below the tier's bound in a row.
-- Definition: immunoglobulin_tiers (algorithms 7.1; one of them below the record's lower normal limit), of IgG without
-- the M-protein where that could be subtracted. is_confounded: the patient has serum M-protein within 30 days of the
-- episode's first day, which total IgG contains, so that the polyclonal IgG is lower still; false where it was
-- subtracted or the clone is known to make no IgG; NULL when it was not measured.
-- Limits: the heavy chain is rarely recorded, so that the flag is often all there is.

with labs as (

    select * from {{ ref('int_labs_by_day') }}
    where lab = 'm_protein_serum'

),

tiers as (select * from {{ ref('immunoglobulin_tiers') }}),
immunoglobulins as (select * from {{ ref('int_immunoglobulins_measured') }}),

compared as (

    select
        immunoglobulins.*,
        tiers.term,
        immunoglobulins.lowest
        < case tiers.basis when 'lower_limit' then tiers.below * immunoglobulins.lower_limit else tiers.below end
            as is_low
    from immunoglobulins
    inner join tiers on immunoglobulins.lab = tiers.lab

),

flagged as (

    select
        compared.*,
        sum(case when is_low then 0 else 1 end) over (
            partition by person_id, term order by measured_date rows between unbounded preceding and current row
        ) as episode_number
    from compared
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
        min(lowest) as lowest,
        bool_and(is_subtracted or coalesce(not makes_igg, false)) as is_without_m_protein
    from flagged
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
        episodes.lowest,
        case when episodes.is_without_m_protein then false else bool_or(labs.highest > 0) end as is_confounded
    from episodes
    left join labs
        on
            episodes.person_id = labs.person_id
            and abs({{ days_between('episodes.start_date', 'labs.measured_date') }})
            <= {{ parameter('responses', 'imaging_window') }}
    group by
        episodes.person_id, episodes.term, episodes.lab, episodes.start_date, episodes.end_date, episodes.lowest,
        episodes.is_without_m_protein

)

select * from low_immunoglobulins
