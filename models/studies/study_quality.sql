-- One row per source and finding about the data that came in, with how many records it concerns: what a reader of any
-- study must know. Definition: checks at the door that some row failed, rows set aside, codes used outside the dates in
-- which they mean what a concept set says, codes that look relevant and that no set names, results that stay unread,
-- deaths in doubt. Details are in schema qc.

with quality_checks as (select * from {{ ref('quality_checks') }}),
rows_set_aside as (select * from {{ ref('rows_set_aside') }}),
codes_by_year as (select * from {{ ref('codes_by_year') }}),
codes_unclaimed as (select * from {{ ref('codes_unclaimed') }}),
diagnoses_unclaimed as (select * from {{ ref('diagnoses_unclaimed') }}),
results_unread as (select * from {{ ref('results_unread') }}),
deaths_in_doubt as (select * from {{ ref('deaths_in_doubt') }}),

study_quality as (

    select
        source_name,
        'Checks at the door' as finding_group,
        status || ': ' || checked || ', ' || replace(check_name, '_', ' ') as finding,
        cast(failing as bigint) as found_count,
        cast(counted as bigint) as of_count,
        meaning
    from quality_checks
    union all
    select
        source_name,
        'Rows set aside' as finding_group,
        table_name || ': ' || reason as finding,
        cast(count(*) as bigint) as found_count,
        cast(null as bigint) as of_count,
        'these rows, or cells of them, could not be used' as meaning
    from rows_set_aside
    group by source_name, table_name, reason
    union all
    select
        source_name,
        'Codes' as finding_group,
        'codes used outside their dates' as finding,
        cast(sum(out_of_date_count) as bigint) as found_count,
        cast(sum(record_count) as bigint) as of_count,
        'records of known codes on a day on which the code did not yet, or no longer, mean this' as meaning
    from codes_by_year
    group by source_name
    union all
    select
        source_name,
        'Codes' as finding_group,
        'codes that no concept set names' as finding,
        cast(count(*) as bigint) as found_count,
        cast(null as bigint) as of_count,
        'codes of myeloma patients that look relevant and are read by no study' as meaning
    from codes_unclaimed
    group by source_name
    union all
    select
        source_name,
        'Codes' as finding_group,
        'diagnoses that name myeloma and that no concept set recognises' as finding,
        cast(sum(record_count) as bigint) as found_count,
        cast(null as bigint) as of_count,
        'who has no other diagnosis is in no cohort (qc.diagnoses_unclaimed)' as meaning
    from diagnoses_unclaimed
    group by source_name
    union all
    select
        source_name,
        'Results' as finding_group,
        case reason
            when 'no_number' then 'results without a number that could be read'
            when 'no_answer' then 'findings that say neither present nor absent'
            else 'results in a unit that the test is not known in'
        end as finding,
        cast(sum(result_count) as bigint) as found_count,
        cast(null as bigint) as of_count,
        'these tests count as not done (qc.results_unread)' as meaning
    from results_unread
    group by source_name, reason
    union all
    select
        source_name,
        'Deaths' as finding_group,
        doubt as finding,
        cast(count(*) as bigint) as found_count,
        cast(null as bigint) as of_count,
        'what the records say and what was taken is in qc.deaths_in_doubt' as meaning
    from deaths_in_doubt
    group by source_name, doubt

)

select * from study_quality
