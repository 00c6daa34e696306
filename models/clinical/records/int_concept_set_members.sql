{{ config(materialized='ephemeral') }}
-- One row per member of a concept set that stands for a code (placeholders do not), with the code as it is compared.

with members as (select * from {{ ref('concept_set_members') }}),

concept_set_members as (

    select
        {{ stable_id(['concept_set_id', 'vocabulary_id', 'code', 'valid_from']) }} as member_id,
        concept_set_id,
        vocabulary_id,
        code,
        name,
        {{ plain_code('code') }} as plain_code,
        concept_id,
        include_descendants,
        is_reused,
        is_verified,
        valid_from,
        valid_to
    from members
    where not is_placeholder

)

select * from concept_set_members
