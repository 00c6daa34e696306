-- One row per source, laboratory test, code, unit and text of a result that could not be read: that stands without a
-- number in core.labs, or without a result among the tests of residual disease.
-- Definition: no number could be read, or the unit is none that the test is known in; a report of residual disease that
-- says neither yes nor no (specification responses 4.6). '' where no unit or text is given. Suspicious, not wrong: a
-- text such as «pending» holds no number.

with labs as (select * from {{ ref('labs') }} where quality_reason in ('no_number', 'no_known_unit')),
events as (select * from {{ ref('int_coded_events') }} where domain = 'measurement'),
source_codes as (select * from {{ ref('int_source_codes') }}),

mrd_tests as (

    select * from {{ ref('int_mrd_tests') }}
    where is_present is null and result_text is not null

),

labs_unread as (

    select
        labs.source_name,
        labs.lab,
        coalesce(source_codes.source_code, '') as source_code,
        coalesce(labs.source_unit, '') as source_unit,
        coalesce(trim(labs.source_text), '') as source_text,
        labs.quality_reason as reason,
        count(*) as result_count,
        count(distinct labs.person_id) as person_count
    from labs
    inner join events
        on
            labs.source_name = events.source_name
            and labs.record_id = events.record_id
            and labs.lab = events.concept_set_id
    left join source_codes on events.code_key = source_codes.code_key
    group by 1, 2, 3, 4, 5, 6

),

mrd_tests_unread as (

    select
        mrd_tests.source_name,
        mrd_tests.concept_set_id as lab,
        coalesce(source_codes.source_code, '') as source_code,
        '' as source_unit,
        mrd_tests.result_text as source_text,
        'no_reading' as reason,
        count(*) as result_count,
        count(distinct mrd_tests.person_id) as person_count
    from mrd_tests
    left join source_codes on mrd_tests.code_key = source_codes.code_key
    group by 1, 2, 3, 4, 5, 6

),

results_unread as (

    select * from labs_unread
    union all
    select * from mrd_tests_unread

)

select * from results_unread
