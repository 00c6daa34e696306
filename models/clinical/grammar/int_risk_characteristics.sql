{{ config(materialized='ephemeral') }}
-- One row per person, risk characteristic and day from which its value holds: cytogenetic risk under each definition,
-- the abnormalities themselves, and the stage, as a source recorded it or as laboratory values give it.
-- Definition: 1 true, 0 false; unknown has no row (specification cytogenetics 12). Of chromosome 1 the gain of 1q is
-- what panels test; a deletion of 1p32 counts where it was found. iss_stage is the stage a source recorded and the
-- derived one only where none is; the stage at an infusion is descriptive.

with cytogenetic_risks as (select * from {{ ref('int_cytogenetic_risks') }}),

cytogenetic_states as (

    select
        states.*,
        case when del_1p32 then true else gain_1q21 end as has_chromosome_1_abnormality
    from {{ ref('int_cytogenetic_states') }} as states

),

recorded_stages as (

    select
        person_id,
        lower(staging_system) || '_stage' as name,
        stage,
        staged_date
    from {{ ref('int_recorded_stages') }}

),

derived_stages as (select * from {{ ref('int_stages_derived') }}),

recorded_systems as (

    select distinct
        person_id,
        name
    from recorded_stages

),

stage_numbers as (

    {{ characteristic_rows(
        'derived_stages',
        numbers=['iss_stage', 'r_iss_stage', 'r2_iss_stage'],
        valid_from='anchor_date',
        named="names.name || case anchor when 'infusion' then '_at_infusion' else '' end",
    ) }}

),

stages as (

    select
        stage_numbers.person_id,
        stage_numbers.name,
        case stage_numbers.value_number when 1 then 'I' when 2 then 'II' when 3 then 'III' when 4 then 'IV' end
            as stage,
        stage_numbers.valid_from_date
    from stage_numbers
    left join recorded_systems
        on stage_numbers.person_id = recorded_systems.person_id and stage_numbers.name = recorded_systems.name
    where recorded_systems.person_id is null
    union all
    select
        person_id,
        name,
        stage,
        staged_date as valid_from_date
    from recorded_stages

),

risk_characteristics as (

    {{ characteristic_rows('cytogenetic_risks', numbers=[
        'high_risk_s2', 'high_risk_s4', 'high_risk_cgs2025',
        'high_risk_s2_lenient', 'high_risk_s4_lenient', 'high_risk_cgs2025_lenient',
    ]) }}
    union all
    {{ characteristic_rows('cytogenetic_states', numbers={
        'has_del_17p': 'del_17p',
        'has_t_4_14': 't_4_14',
        'has_t_14_16': 't_14_16',
        'has_t_14_20': 't_14_20',
        'has_t_11_14': 't_11_14',
        'has_gain_1q21': 'gain_1q21',
        'has_hyperdiploidy': 'hyperdiploidy',
        'has_chromosome_1_abnormality': 'has_chromosome_1_abnormality',
    }) }}
    union all
    {{ characteristic_rows('stages', texts=['stage'], named='stages.name') }}

)

select * from risk_characteristics
