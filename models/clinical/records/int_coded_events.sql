-- One row per record of a screened person and concept set that its code stands for on its date.
-- Definition: the records that any concept set names (specification records 0.8); all clinical models read this table,
-- never the source's records.
-- A record whose route concept_set_exclusions takes from the set is none of it (dexamethasone into the eye).
-- Limits: a code that a set lists only between two dates (reused and young codes) counts only between them.

with records as (select * from {{ ref('int_screened_records') }}),
codes_resolved as (select * from {{ ref('int_codes_resolved') }}),
exclusions as (select * from {{ ref('concept_set_exclusions') }}),
route_words as (select * from {{ ref('route_words') }}),

route_texts as (select distinct route_text from records where route_text is not null),

excluded_routes as (

    select distinct
        exclusions.concept_set_id,
        route_texts.route_text
    from route_texts
    inner join route_words
        on {{ plain_words('route_texts.route_text') }} like '%' || {{ plain_words('route_words.source_text') }} || '%'
    inner join exclusions on route_words.route = exclusions.excluding_route

),

coded_events as (

    select
        records.person_id,
        codes_resolved.concept_set_id,
        records.domain,
        records.source_name,
        records.record_id,
        records.code_key,
        codes_resolved.vocabularies,
        records.type_concept_id,
        records.value_number,
        records.value_text,
        records.value_concept_id,
        records.unit_concept_id,
        records.unit_text,
        records.operator_concept_id,
        records.range_low,
        records.range_high,
        records.days_supply,
        records.quantity,
        records.route_text,
        records.stop_reason,
        records.qualifier_text,
        records.start_date,
        coalesce(records.end_date, records.start_date) as end_date
    from records
    inner join codes_resolved on records.code_key = codes_resolved.code_key
    left join excluded_routes
        on
            codes_resolved.concept_set_id = excluded_routes.concept_set_id
            and records.route_text = excluded_routes.route_text
    where
        records.start_date between codes_resolved.valid_from and codes_resolved.valid_to
        and excluded_routes.route_text is null

)

select * from coded_events
