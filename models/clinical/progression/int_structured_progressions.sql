-- One row per person and day on which a site's own record says that the disease progressed.
-- Definition: a charted response of progression, or a charted progression answered as present (PD_STRUCTURED of
-- specification progression 5.1).

with charted_responses as (select * from {{ ref('int_charted_responses') }} where response = 'PD'),

findings as (select * from {{ ref('int_findings') }} where finding = 'myeloma_progression' and is_present),

structured_progressions as (

    select
        person_id,
        charted_date as progression_date
    from charted_responses
    union
    select
        person_id,
        found_date as progression_date
    from findings

)

select * from structured_progressions
