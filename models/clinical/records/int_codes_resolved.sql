-- One row per source code and concept set that it stands for, with the first and last day on which it does.
-- Definition: the first of these that holds (resolved_by): the source's vocabulary, a concept id of the seed, the
-- source code itself (all in int_source_code_matches), a drug's name in the source's own text (int_codes_by_name).
-- Where the record's own code was reused, the dates of its meaning hold whatever its standard concept says: J9380 was
-- vincristine once and maps to teclistamab today.
-- Limits: by_name reads drug text only, and only where nothing else resolved.

with by_code as (select * from {{ ref('int_source_code_matches') }}),
codes_by_name as (select * from {{ ref('int_codes_by_name') }}),

by_name as (

    select
        codes_by_name.code_key,
        codes_by_name.concept_set_id,
        cast(null as {{ dbt.type_string() }}) as vocabulary_id,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        false as is_reused,
        4 as resolution_rank
    from codes_by_name
    left join by_code on codes_by_name.code_key = by_code.code_key
    where by_code.code_key is null

),

everything as (

    select * from by_code
    union all
    select * from by_name

),

governing as (

    select
        everything.*,
        is_reused or not bool_or(is_reused) over (partition by code_key, concept_set_id) as is_governing
    from everything

),

spans as (

    select
        code_key,
        concept_set_id,
        min(resolution_rank) as resolution_rank,
        min(case when is_governing then coalesce(valid_from, date '0001-01-01') end) as valid_from,
        max(case when is_governing then coalesce(valid_to, date '9999-12-31') end) as valid_to
    from governing
    group by 1, 2

),

codes_resolved as (

    select
        code_key,
        concept_set_id,
        valid_from,
        valid_to,
        case resolution_rank
            when 1 then 'vocabulary'
            when 2 then 'seed_concept'
            when 3 then 'source_code'
            when 4 then 'by_name'
        end as resolved_by
    from spans

)

select * from codes_resolved
