{{ config(materialized='ephemeral') }}
-- One row per person, infusion and characteristic of its course: product, toxicity and response hold from the
-- infusion, what followed the progression from the progression.
-- Definition: int_infusion_courses, each fact a row.
-- Limits: they look ahead of the day from which they hold: they describe and group, and must not be adjusted for.

with infusions as (select * from {{ ref('int_infusion_courses') }}),

texts as (

    select
        infusions.person_id,
        names.name,
        cast(null as boolean) as flag,
        case names.name
            when 'car_t_product' then nullif(infusions.product, 'unknown')
            when 'course_after_infusion' then infusions.course
            when 'progression_timing'
                then case
                    when infusions.progression_date is null then 'no progression'
                    when
                        {{ days_between('infusions.infusion_date', 'infusions.progression_date') }}
                        <= {{ parameter('progressions', 'refractory_days') }}
                        then 'refractory: within 60 days'
                    else 'relapsed: after 60 days'
                end
            when 'infusion_best_response' then infusions.best_response
            when 'day90_response' then infusions.day90_response
            when 'first_therapy_after_progression' then infusions.first_therapy
            when 'first_salvage_group' then infusions.therapy_group_salvage
        end as value_text,
        case
            when names.name in ('first_therapy_after_progression', 'first_salvage_group')
                then infusions.progression_date
            else infusions.infusion_date
        end as valid_from_date
    from infusions
    cross join (
        values
        ('car_t_product'),
        ('course_after_infusion'),
        ('progression_timing'),
        ('infusion_best_response'),
        ('day90_response'),
        ('first_therapy_after_progression'),
        ('first_salvage_group')
    ) as names (name)

),

flags as (

    select
        infusions.person_id,
        names.name,
        case names.name
            when 'infusion_is_responder' then infusions.is_response
            when 'infusion_is_complete_response'
                then case when infusions.is_completeness_known then infusions.depth >= 5 end
            when 'day90_is_responder' then infusions.is_day90_response
            when 'day90_is_complete_response'
                then case when infusions.is_day90_completeness_known then infusions.day90_depth >= 5 end
            when 'infusion_any_crs' then infusions.has_crs
            when 'infusion_severe_crs' then infusions.crs_grade >= infusions.severe_grade
            when 'infusion_any_neurotoxicity' then infusions.has_icans
            when 'infusion_severe_neurotoxicity' then infusions.icans_grade >= infusions.severe_grade
            when 'day30_severe_anemia' then infusions.anemia_grade >= infusions.severe_grade
            when 'day30_severe_neutropenia' then infusions.neutropenia_grade >= infusions.severe_grade
            when 'day30_severe_thrombocytopenia' then infusions.thrombocytopenia_grade >= infusions.severe_grade
            when 'has_progressed' then infusions.progression_date is not null
        end as flag,
        cast(null as {{ dbt.type_string() }}) as value_text,
        infusions.infusion_date as valid_from_date
    from infusions
    cross join (
        values
        ('infusion_is_responder'),
        ('infusion_is_complete_response'),
        ('day90_is_responder'),
        ('day90_is_complete_response'),
        ('infusion_any_crs'),
        ('infusion_severe_crs'),
        ('infusion_any_neurotoxicity'),
        ('infusion_severe_neurotoxicity'),
        ('day30_severe_anemia'),
        ('day30_severe_neutropenia'),
        ('day30_severe_thrombocytopenia'),
        ('has_progressed')
    ) as names (name)

),

everything as (

    select * from texts
    union all
    select * from flags

),

course_characteristics as (

    select
        person_id,
        name,
        case when flag then 1.0 when not flag then 0.0 end as value_number,
        value_text,
        valid_from_date
    from everything
    where valid_from_date is not null

)

select * from course_characteristics
