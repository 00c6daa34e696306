{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of a CAR-T infusion and its course, and day from which its value holds: product,
-- cells, toxicity and response from the infusion, what followed the progression from the progression.
-- Definition: int_infusion_courses and int_infusion_responses, with PR or better a response; toxicity is the highest
-- grade of the episodes that belong to the infusion, severe from severe_grade (3), cytopenia that of day 30
-- (specification studies D4). Of the infused cells (specification studies D4: naive CD62L+ CD45RA+, central memory
-- CD62L+ CD45RA-, effector memory CD62L- CD45RA-, effector CD62L- CD45RA+) the last value from the apheresis to the
-- infusion, in percent, as the laboratory reported it.
-- Limits: all but the product looks ahead of the day from which it holds: it describes and groups, and must not be
-- adjusted for. No record of CRS or neurotoxicity is none. No vocabulary of OMOP has a code for the subsets of cells:
-- a source names its own in concept_set_members (vocabulary local).

with infusion_courses as (select * from {{ ref('int_infusion_courses') }}),
infusion_responses as (select * from {{ ref('int_infusion_responses') }}),
response_categories as (select * from {{ ref('response_categories') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
coded_events as (select * from {{ ref('int_coded_events') }}),
adverse_events as (select * from {{ ref('adverse_events') }}),
cytopenias as (select * from {{ ref('cytopenias') }}),

limits as (

    select
        cast({{ parameter('progressions', 'refractory_days') }} as integer) as refractory_days,
        {{ parameter('courses', 'severe_grade') }} as severe_grade

),

toxicities as (

    select
        person_id,
        anchor_date,
        bool_or(term = 'crs') as has_crs,
        bool_or(term = 'icans') as has_icans,
        max(case when term = 'crs' then grade end) as crs_grade,
        max(case when term = 'icans' then grade end) as icans_grade
    from adverse_events
    where term in ('crs', 'icans')
    group by 1, 2

),

day30_cytopenias as (

    select
        person_id,
        infusion_date,
        max(case when term = 'anemia' then grade end) as anemia_grade,
        max(case when term = 'neutropenia' then grade end) as neutropenia_grade,
        max(case when term = 'thrombocytopenia' then grade end) as thrombocytopenia_grade
    from cytopenias
    where time_point = 30
    group by 1, 2

),

described_infusions as (

    select
        infusions.person_id,
        infusions.infusion_date,
        infusions.progression_date,
        nullif(infusions.product, 'unknown') as car_t_product,
        infusions.course as course_after_infusion,
        case
            when infusions.progression_date is null then 'no progression'
            when {{ days_between('infusions.infusion_date', 'infusions.progression_date') }} <= limits.refractory_days
                then 'refractory: within ' || cast(limits.refractory_days as {{ dbt.type_string() }}) || ' days'
            else 'relapsed: after ' || cast(limits.refractory_days as {{ dbt.type_string() }}) || ' days'
        end as progression_timing,
        infusions.first_therapy as first_therapy_after_progression,
        infusions.therapy_group_salvage as first_salvage_group,
        best_responses.response as infusion_best_response,
        best_responses.is_response as infusion_is_responder,
        case when responses.is_completeness_known then best_responses.response in ('CR', 'sCR') end
            as infusion_is_complete_response,
        charted_responses.response as infusion_charted_response,
        derived_responses.response as infusion_derived_response,
        charted_responses.is_response = derived_responses.is_response as infusion_responses_agree,
        (charted_responses.response in ('CR', 'sCR')) = (derived_responses.response in ('CR', 'sCR'))
            as infusion_complete_responses_agree,
        day90_responses.response as day90_response,
        day90_responses.is_response as day90_is_responder,
        case when responses.is_day90_completeness_known then day90_responses.response in ('CR', 'sCR') end
            as day90_is_complete_response,
        coalesce(toxicities.has_crs, false) as infusion_any_crs,
        coalesce(toxicities.crs_grade >= limits.severe_grade, false) as infusion_severe_crs,
        coalesce(toxicities.has_icans, false) as infusion_any_neurotoxicity,
        coalesce(toxicities.icans_grade >= limits.severe_grade, false) as infusion_severe_neurotoxicity,
        day30_cytopenias.anemia_grade >= limits.severe_grade as day30_severe_anemia,
        day30_cytopenias.neutropenia_grade >= limits.severe_grade as day30_severe_neutropenia,
        day30_cytopenias.thrombocytopenia_grade >= limits.severe_grade as day30_severe_thrombocytopenia,
        infusions.progression_date is not null as has_progressed
    from infusion_courses as infusions
    cross join limits
    left join infusion_responses as responses
        on
            infusions.person_id = responses.person_id
            and infusions.line_number = responses.line_number
            and responses.is_infusion
    left join response_categories as best_responses on responses.response_rank = best_responses.response_rank
    left join response_categories as charted_responses on responses.charted_rank = charted_responses.response_rank
    left join response_categories as derived_responses on responses.derived_rank = derived_responses.response_rank
    left join response_categories as day90_responses on responses.day90_response_rank = day90_responses.response_rank
    left join toxicities
        on infusions.person_id = toxicities.person_id and infusions.infusion_date = toxicities.anchor_date
    left join day30_cytopenias
        on
            infusions.person_id = day30_cytopenias.person_id
            and infusions.infusion_date = day30_cytopenias.infusion_date

),

cell_subsets as (

    select
        person_id,
        start_date,
        value_number,
        case concept_set_id
            when 'infused_naive_cells' then 'infused_naive_percent'
            when 'infused_central_memory_cells' then 'infused_central_memory_percent'
            when 'infused_effector_memory_cells' then 'infused_effector_memory_percent'
            when 'infused_effector_cells' then 'infused_effector_percent'
        end as subset
    from coded_events
    where value_number is not null

),

last_cell_subsets as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        cell_subsets.subset,
        max_by(
            cell_subsets.value_number,
            {{ days_between('cell_therapies.apheresis_date', 'cell_subsets.start_date') }} * 1000
            + cell_subsets.value_number
        ) as percent_of_cells
    from cell_therapies
    inner join cell_subsets
        on
            cell_therapies.person_id = cell_subsets.person_id
            and cell_subsets.start_date between cell_therapies.apheresis_date and cell_therapies.infusion_date
    where cell_subsets.subset is not null
    group by 1, 2, 3

),

course_characteristics as (

    {{ characteristic_rows(
        'described_infusions',
        numbers=[
            'infusion_is_responder', 'infusion_is_complete_response', 'infusion_responses_agree',
            'infusion_complete_responses_agree',
            'day90_is_responder', 'day90_is_complete_response',
            'infusion_any_crs', 'infusion_severe_crs', 'infusion_any_neurotoxicity', 'infusion_severe_neurotoxicity',
            'day30_severe_anemia', 'day30_severe_neutropenia', 'day30_severe_thrombocytopenia', 'has_progressed',
        ],
        texts=[
            'car_t_product', 'course_after_infusion', 'progression_timing', 'infusion_best_response', 'infusion_charted_response',
            'infusion_derived_response', 'day90_response',
        ],
        valid_from='infusion_date',
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'described_infusions',
        texts=['first_therapy_after_progression', 'first_salvage_group'],
        valid_from='progression_date',
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'last_cell_subsets', numbers=['percent_of_cells'], valid_from='infusion_date', named='subset'
    ) }}

)

select * from course_characteristics
