-- One row per person and line of therapy with a CAR-T infusion: what came of it.
-- Definition: first_therapy is the group of the next line, or hospice when palliative care was recorded after the
-- progression and no line followed (004: Table 3). course is exclusive and exhaustive, so that a flow chart closes
-- (002: supplemental Figure 1).
-- Limits: palliative care that nobody coded reads as died or lost; a next line begun without a documented
-- progression is a course of its own.

with infused as (select * from {{ ref('int_infused_lines') }}),

palliative_care as (

    select * from {{ ref('int_coded_events') }}
    where concept_set_id = 'palliative_care'

),

palliated as (

    select
        infused.person_id,
        infused.line_number,
        min(palliative_care.start_date) as palliative_date
    from infused
    inner join palliative_care
        on infused.person_id = palliative_care.person_id and infused.progression_date <= palliative_care.start_date
    group by 1, 2

),

infusions_followed as (

    select
        infused.*,
        palliated.palliative_date,
        case
            when infused.progression_date is null and infused.next_line_date is not null
                then 'next_line_without_progression'
            when infused.progression_date is null and infused.death_date is not null then 'died_without_progression'
            when infused.progression_date is null then 'no_progression'
            when infused.next_line_date is not null then 'treated_after_progression'
            when palliated.palliative_date is not null then 'palliative_care_only'
            when infused.death_date is not null then 'died_after_progression'
            else 'lost_after_progression'
        end as course,
        case
            when infused.progression_date is null then null
            when infused.next_line_date is not null then infused.therapy_group_progression
            when palliated.palliative_date is not null then 'hospice'
        end as first_therapy
    from infused
    left join palliated
        on infused.person_id = palliated.person_id and infused.line_number = palliated.line_number

)

select * from infusions_followed
