-- One row per source, test or finding, code, unit and text of a result that could not be read.
-- Definition: of core.labs what has no number though a result is recorded, or a unit that the test is not known in; of
-- findings (immunofixation, imaging, residual disease) an answer that says neither present nor absent. '' where no unit
-- or text is given; a text of more than unread_text_length characters is not shown, only counted, as it may tell who
-- the patient is. Suspicious, not wrong: a text such as «pending» holds no result.

with labs as (select * from {{ ref('labs') }} where quality_reason in ('no_number', 'no_known_unit')),
answers_read as (select * from {{ ref('int_answers_read') }} where is_present is null and has_answer),
events as (select * from {{ ref('int_coded_events') }} where domain = 'measurement'),
mrd_tests as (select * from {{ ref('int_mrd_tests') }} where is_present is null and result_text is not null),
source_codes as (select * from {{ ref('int_source_codes') }}),

unread as (

    select
        labs.source_name,
        labs.person_id,
        labs.lab,
        events.code_key,
        coalesce(labs.source_unit, '') as source_unit,
        coalesce(trim(labs.source_text), '') as whole_text,
        labs.quality_reason as reason
    from labs
    inner join events
        on
            labs.source_name = events.source_name
            and labs.record_id = events.record_id
            and labs.lab = events.concept_set_id
    union all
    select
        source_name,
        person_id,
        finding as lab,
        code_key,
        '' as source_unit,
        coalesce(trim(value_text), '') as whole_text,
        'no_answer' as reason
    from answers_read
    union all
    select
        source_name,
        person_id,
        concept_set_id as lab,
        code_key,
        '' as source_unit,
        result_text as whole_text,
        'no_reading' as reason
    from mrd_tests

),

results_unread as (

    select
        unread.source_name,
        unread.lab,
        coalesce(source_codes.source_code, '') as source_code,
        unread.source_unit,
        case
            when length(unread.whole_text) <= {{ parameter('labs', 'unread_text_length') }} then unread.whole_text
            else '(a longer text)'
        end as source_text,
        unread.reason,
        count(*) as result_count,
        count(distinct unread.person_id) as person_count
    from unread
    left join source_codes on unread.code_key = source_codes.code_key
    group by 1, 2, 3, 4, 5, 6

)

select * from results_unread
