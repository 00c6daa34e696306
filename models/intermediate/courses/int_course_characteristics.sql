{{ config(materialized='ephemeral') }}
-- One row per person, infusion and characteristic of its course: product, toxicity and response hold from the infusion,
-- what followed the progression from the progression.
-- Definition: responses as int_infusion_responses reports them, with PR or better a response; toxicity is the highest
-- grade of the episodes that belong to the infusion, severe from severe_grade (3); cytopenia that of day 30 (003).
-- Limits: they look ahead of the day from which they hold: they describe and group, and must not be adjusted for. No
-- record of CRS or neurotoxicity is none.

with infusions as (

    select * from {{ ref('int_infusions_followed') }}

),

responses as (

    select * from {{ ref('int_infusion_responses') }}
    where is_infusion

),

categories as (

    select * from {{ ref('response_categories') }}

),

toxicities as (

    select
        person_id,
        anchor_date,
        max(case when term = 'crs' then coalesce(grade, 0) end) as crs_grade,
        max(case when term = 'icans' then coalesce(grade, 0) end) as icans_grade,
        bool_or(term = 'crs') as has_crs,
        bool_or(term = 'icans') as has_icans
    from {{ ref('adverse_events') }}
    where term in ('crs', 'icans')
    group by 1, 2

),

cytopenias as (

    select
        person_id,
        infusion_date,
        max(case when term = 'anemia' then grade end) as anemia_grade,
        max(case when term = 'neutropenia' then grade end) as neutropenia_grade,
        max(case when term = 'thrombocytopenia' then grade end) as thrombocytopenia_grade
    from {{ ref('cytopenias') }}
    where time_point = 30
    group by 1, 2

),

gathered as (

    select
        infusions.*,
        responses.depth,
        responses.day90_depth,
        responses.is_completeness_known,
        responses.is_day90_completeness_known,
        best_categories.response as best_response,
        best_categories.is_response,
        day90_categories.response as day90_response,
        day90_categories.is_response as is_day90_response,
        coalesce(toxicities.has_crs, false) as has_crs,
        coalesce(toxicities.has_icans, false) as has_icans,
        coalesce(toxicities.crs_grade, 0) as crs_grade,
        coalesce(toxicities.icans_grade, 0) as icans_grade,
        cytopenias.anemia_grade,
        cytopenias.neutropenia_grade,
        cytopenias.thrombocytopenia_grade,
        {{ parameter('courses', 'severe_grade') }} as severe_grade
    from infusions
    left join responses
        on infusions.person_id = responses.person_id and infusions.line_number = responses.line_number
    left join categories as best_categories on responses.depth = best_categories.depth
    left join categories as day90_categories on responses.day90_depth = day90_categories.depth
    left join toxicities
        on infusions.person_id = toxicities.person_id and infusions.infusion_date = toxicities.anchor_date
    left join cytopenias
        on infusions.person_id = cytopenias.person_id and infusions.infusion_date = cytopenias.infusion_date

),

texts as (

    select
        gathered.person_id,
        names.name,
        cast(null as boolean) as flag,
        case names.name
            when 'car_t_product' then nullif(gathered.product, 'unknown')
            when 'course_after_infusion' then gathered.course
            when 'progression_timing'
                then case
                    when gathered.progression_date is null then 'no progression'
                    when
                        {{ days_between('gathered.infusion_date', 'gathered.progression_date') }}
                        <= {{ parameter('progressions', 'refractory_days') }}
                        then 'refractory: within 60 days'
                    else 'relapsed: after 60 days'
                end
            when 'infusion_best_response' then gathered.best_response
            when 'day90_response' then gathered.day90_response
            when 'first_therapy_after_progression' then gathered.first_therapy
            when 'first_salvage_group' then gathered.therapy_group_salvage
        end as value_text,
        case
            when names.name in ('first_therapy_after_progression', 'first_salvage_group') then gathered.progression_date
            else gathered.infusion_date
        end as valid_from_date
    from gathered
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
        gathered.person_id,
        names.name,
        case names.name
            when 'infusion_is_responder' then gathered.is_response
            when 'infusion_is_complete_response'
                then case when gathered.is_completeness_known then gathered.depth >= 5 end
            when 'day90_is_responder' then gathered.is_day90_response
            when 'day90_is_complete_response'
                then case when gathered.is_day90_completeness_known then gathered.day90_depth >= 5 end
            when 'infusion_any_crs' then gathered.has_crs
            when 'infusion_severe_crs' then gathered.crs_grade >= gathered.severe_grade
            when 'infusion_any_neurotoxicity' then gathered.has_icans
            when 'infusion_severe_neurotoxicity' then gathered.icans_grade >= gathered.severe_grade
            when 'day30_severe_anemia' then gathered.anemia_grade >= gathered.severe_grade
            when 'day30_severe_neutropenia' then gathered.neutropenia_grade >= gathered.severe_grade
            when 'day30_severe_thrombocytopenia' then gathered.thrombocytopenia_grade >= gathered.severe_grade
            when 'has_progressed' then gathered.progression_date is not null
        end as flag,
        cast(null as {{ dbt.type_string() }}) as value_text,
        gathered.infusion_date as valid_from_date
    from gathered
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

course_characteristics as (

    select * from texts
    union all
    select * from flags

)

select
    person_id,
    name,
    case when flag then 1.0 when not flag then 0.0 end as value_number,
    value_text,
    valid_from_date
from course_characteristics
where valid_from_date is not null
