-- One row per source code and concept set that it stands for, with the first and last day on which it does.
-- Definition: the sets that claim the code (int_code_matches), less those that concept_set_exclusions takes from it: by
-- another set that claims or names it too (a plasmacytoma is no myeloma, lidocaine with epinephrine no vasopressor), or
-- by a word of its text or of its concept's name (route_words: eye drops of dexamethasone). An excluding set that in
-- this source holds what the set itself lists is the wider one, and takes nothing.
-- Limits: a product for local use whose text says nothing of it counts as given.

with code_matches as (select * from {{ ref('int_code_matches') }}),
codes_by_name as (select * from {{ ref('int_codes_by_name') }}),
source_codes as (select * from {{ ref('int_source_codes') }}),
members as (select * from {{ ref('int_concept_set_members') }}),
concept_set_concepts as (select * from {{ ref('int_concept_set_concepts') }}),
exclusions as (select * from {{ ref('concept_set_exclusions') }}),
route_words as (select * from {{ ref('route_words') }}),

wider_sets as (

    select distinct
        concept_set_concepts.source_name,
        exclusions.concept_set_id,
        exclusions.excluding_set_id
    from exclusions
    inner join members on exclusions.concept_set_id = members.concept_set_id
    inner join concept_set_concepts
        on
            exclusions.excluding_set_id = concept_set_concepts.concept_set_id
            and members.concept_id = concept_set_concepts.concept_id

),

claims as (

    select
        code_key,
        concept_set_id
    from code_matches
    union
    select
        code_key,
        concept_set_id
    from codes_by_name

),

excluded_by_set as (

    select
        code_matches.code_key,
        code_matches.concept_set_id
    from code_matches
    inner join exclusions on code_matches.concept_set_id = exclusions.concept_set_id
    inner join claims
        on code_matches.code_key = claims.code_key and exclusions.excluding_set_id = claims.concept_set_id
    inner join source_codes on code_matches.code_key = source_codes.code_key
    left join wider_sets
        on
            source_codes.source_name = wider_sets.source_name
            and exclusions.concept_set_id = wider_sets.concept_set_id
            and exclusions.excluding_set_id = wider_sets.excluding_set_id
    where wider_sets.excluding_set_id is null

),

excluded_by_word as (

    select
        code_matches.code_key,
        code_matches.concept_set_id
    from code_matches
    inner join exclusions on code_matches.concept_set_id = exclusions.concept_set_id
    inner join route_words on exclusions.excluding_route = route_words.route
    inner join source_codes on code_matches.code_key = source_codes.code_key
    where
        {{ plain_words('source_codes.source_code') }} like '%' || {{ plain_words('route_words.source_text') }} || '%'
        or {{ plain_words('source_codes.concept_name') }} like '%' || {{ plain_words('route_words.source_text') }} || '%'

),

excluded as (

    select * from excluded_by_set
    union
    select * from excluded_by_word

),

codes_resolved as (

    select code_matches.*
    from code_matches
    left join excluded
        on code_matches.code_key = excluded.code_key and code_matches.concept_set_id = excluded.concept_set_id
    where excluded.code_key is null

)

select * from codes_resolved
