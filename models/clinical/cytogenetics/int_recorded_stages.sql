-- One row per person, staging system and day on which a source recorded the stage itself.
-- Definition: a record whose code names the system and whose text names the stage (stage_names).
-- Limits: a stage computed from laboratory values is not here; a text that stage_names does not list is unknown.

with records as (select * from {{ ref('int_screened_records') }} where domain in ('measurement', 'observation')),
stage_names as (select * from {{ ref('stage_names') }}),

recorded_stages as (

    select distinct
        records.person_id,
        stage_names.staging_system,
        stage_names.stage,
        records.start_date as staged_date
    from records
    inner join stage_names
        on
            {{ plain_code('records.source_code') }} = stage_names.source_code
            and upper(trim(records.value_text)) = stage_names.source_text

)

select * from recorded_stages
