-- One row per warning that a reader of the study must see.
-- Definition: what the study's definition asks for and the source never has.

with criteria_without_matches as (

    select * from {{ ref('criteria_without_matches') }}

),

study_warnings as (

    select
        study_id,
        asked_by || ' «' || label || '»: no patient has any event of the group ' || event_group as warning
    from criteria_without_matches

)

select * from study_warnings
