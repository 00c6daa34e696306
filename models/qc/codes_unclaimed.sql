-- One row per source code of myeloma patients that no concept set names although it looks relevant, and per code that
-- a set names only to say that it names nothing (J9999).
-- Definition: unresolved, and either its text holds a word of relevant_words (the first letters of a listed drug, an
-- ending of such names, a local name of a test or a procedure), or it is a billing code of a drug or biological
-- (HCPCS J, Q or C with four digits), or a measurement without a standard concept (a local laboratory code).
-- trial_person_count: how many of its persons take part in a trial by another code (Z00.6): an unnamed drug of theirs
-- is an exposure (specification exposures 0.9), but for J3490.
-- Suspicious, not wrong: a code to look at once, the most frequent first, and to add to a concept set where it
-- belongs.

with source_codes as (select * from {{ ref('int_source_codes') }}),
codes_resolved as (select * from {{ ref('int_codes_resolved') }}),
records as (select * from {{ ref('int_screened_records') }}),
events as (select * from {{ ref('int_coded_events') }}),
words as (select * from {{ ref('relevant_words') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'codes_unclaimed'),

codes_claimed as (

    select
        codes_resolved.code_key,
        bool_and(roles.concept_set_id is not null) as names_nothing,
        min(roles.concept_set_id) as concept_set_id
    from codes_resolved
    left join roles on codes_resolved.concept_set_id = roles.concept_set_id and roles.role = 'names_nothing'
    group by 1

),

by_word as (

    select
        source_codes.code_key,
        min(words.points_to) as points_to
    from source_codes
    inner join words
        on
            source_codes.domain = words.domain
            and upper(source_codes.source_code) like '%' || upper(words.word) || '%'
    group by 1

),

codes_found as (

    select
        source_codes.*,
        coalesce(codes_claimed.concept_set_id, by_word.points_to) as points_to,
        case
            when codes_claimed.names_nothing then 'a code that names no drug'
            when by_word.code_key is not null then 'a word in it'
            when
                source_codes.domain in ('drug', 'procedure', 'device')
                and regexp_extract(source_codes.plain_code, '^[JQC][0-9]{4}$', 0) != ''
                then 'a billing code of a drug'
            when source_codes.domain = 'measurement' and coalesce(source_codes.concept_id, 0) = 0 then 'a local test'
        end as found_by
    from source_codes
    left join codes_claimed on source_codes.code_key = codes_claimed.code_key
    left join by_word on source_codes.code_key = by_word.code_key
    where coalesce(codes_claimed.names_nothing, true)

),

trial_persons as (

    select distinct events.person_id
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id and roles.role = 'trial'

),

codes_in_trials as (

    select
        records.code_key,
        count(distinct records.person_id) as person_count
    from records
    inner join trial_persons on records.person_id = trial_persons.person_id
    inner join codes_found on records.code_key = codes_found.code_key
    where codes_found.found_by is not null
    group by 1

),

codes_unclaimed as (

    select
        codes_found.source_name,
        codes_found.domain,
        coalesce(codes_found.source_code, '') as source_code,
        coalesce(codes_found.concept_id, 0) as concept_id,
        coalesce(codes_found.source_concept_id, 0) as source_concept_id,
        codes_found.points_to,
        codes_found.found_by,
        codes_found.record_count,
        codes_found.person_count,
        coalesce(codes_in_trials.person_count, 0) as trial_person_count
    from codes_found
    left join codes_in_trials on codes_found.code_key = codes_in_trials.code_key
    where codes_found.found_by is not null

)

select * from codes_unclaimed
