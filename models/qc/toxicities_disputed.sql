-- One row per patient and anchor whose cytokine release or neurotoxicity is told differently by its codes and its
-- signs.
-- Definition: a coded grade two or more away from the proxy of the signs, a code before the infusion, or treatment
-- for cytokine release without any recorded fever.

with crs as (select * from {{ ref('int_crs_graded') }}),
icans as (select * from {{ ref('int_icans_graded') }}),

toxicities_disputed as (

    select
        person_id,
        anchor_date,
        'crs' as term,
        case
            when is_discordant then 'coded and proxy grade lie two or more apart'
            when had_code_before then 'coded before the infusion'
            else 'treated without a recorded fever'
        end as reason,
        coded_grade,
        proxy_grade
    from crs
    where is_discordant or had_code_before or is_probable
    union all
    select
        person_id,
        anchor_date,
        'icans' as term,
        'coded and proxy grade lie two or more apart' as reason,
        coded_grade,
        proxy_grade
    from icans
    where is_discordant

)

select * from toxicities_disputed
