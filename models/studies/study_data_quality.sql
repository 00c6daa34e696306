-- One row per study, source and check at the door that did not pass, for the report.
-- Definition: status blocking means that the build went on because it was told to (--accept-quality); rows_set_aside
-- counts the rows of the check's table that were not used, for whatever reason.
-- Limits: the checks are of a whole source, so a failure may lie outside the people of the study.

with studies as (

    select * from {{ ref('studies') }}

),

quality_checks as (

    select * from {{ ref('quality_checks') }}

),

rows_set_aside as (

    select
        source_name,
        table_name,
        count(*) as rows_set_aside
    from {{ ref('rows_set_aside') }}
    where action = 'row set aside'
    group by 1, 2

),

study_data_quality as (

    select
        studies.study_id,
        quality_checks.source_name,
        quality_checks.table_name,
        quality_checks.column_name,
        quality_checks.check_name,
        quality_checks.category,
        quality_checks.level,
        quality_checks.status,
        quality_checks.counted,
        quality_checks.failing,
        quality_checks.share,
        quality_checks.threshold,
        coalesce(rows_set_aside.rows_set_aside, 0) as rows_set_aside,
        quality_checks.meaning
    from quality_checks
    cross join studies
    left join rows_set_aside
        on
            quality_checks.source_name = rows_set_aside.source_name
            and quality_checks.table_name = rows_set_aside.table_name

)

select * from study_data_quality
