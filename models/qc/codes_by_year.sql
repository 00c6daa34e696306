-- One row per source, concept set, source code and year: how often the code was recorded among candidates, and how
-- often on a day on which it did not mean the set.
-- Definition: a zero before a code existed is expected; a zero after it is a finding (a feed that lost a code).

with records as (select * from {{ ref('int_screened_records') }}),
codes_resolved as (select * from {{ ref('int_codes_resolved') }}),

codes_by_year as (

    select
        records.source_name,
        codes_resolved.concept_set_id,
        records.domain,
        coalesce(records.source_code, '') as source_code,
        codes_resolved.resolved_by,
        cast(year(records.start_date) as integer) as year_recorded,
        count(*) as record_count,
        count(distinct records.person_id) as person_count,
        count(
            case
                when
                    records.start_date < codes_resolved.valid_from
                    or records.start_date > codes_resolved.valid_to
                    then 1
            end
        ) as out_of_date_count
    from records
    inner join codes_resolved on records.code_key = codes_resolved.code_key
    group by 1, 2, 3, 4, 5, 6

)

select * from codes_by_year
