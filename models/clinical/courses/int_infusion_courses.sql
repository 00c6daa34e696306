-- One row per person and line of therapy with a CAR-T infusion: product, responses, toxicity and what followed,
-- together.
-- Definition: responses as int_infusion_responses reports them, with PR or better a response; toxicity is the
-- highest grade of the episodes that belong to the infusion, severe from severe_grade (3); cytopenia that of day 30
-- (003).
-- Limits: no record of CRS or neurotoxicity is none.

with infusions as (select * from {{ ref('int_infusions_followed') }}),

responses as (

    select * from {{ ref('int_infusion_responses') }}
    where is_infusion

),

categories as (select * from {{ ref('response_categories') }}),

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

infusion_courses as (

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
    left join categories as best_categories on responses.depth = best_categories.response_rank
    left join categories as day90_categories on responses.day90_depth = day90_categories.response_rank
    left join toxicities
        on infusions.person_id = toxicities.person_id and infusions.infusion_date = toxicities.anchor_date
    left join cytopenias
        on infusions.person_id = cytopenias.person_id and infusions.infusion_date = cytopenias.infusion_date

)

select * from infusion_courses
