-- One row per patient and line of therapy with a test of residual disease from the day after its index to the day the
-- next line starts.
-- Definition: specification responses 4.3 rule 9 and 4.6 (Kumar 2016): negative by any assay; negative at
-- mrd_sensitivity in a complete response, an overall response of up to marrow_window days on either side of the test;
-- sustained when two negatives of the line are mrd_sustained_days apart with nothing but negatives between.
-- Limits: a negative test with no overall response near it is unknown, as is one whose assay does not see the
-- threshold.

with response_lines as (select * from {{ ref('int_response_lines') }}),
overall_responses as (select * from {{ ref('int_overall_responses') }} where response_rank is not null),

assessments as (

    select * from {{ ref('mrd_assessments') }}
    where threshold = {{ parameter('responses', 'mrd_sensitivity') }}

),

line_tests as (

    select
        response_lines.person_id,
        response_lines.line_number,
        assessments.tested_date,
        assessments.result,
        assessments.is_negative,
        min(assessments.tested_date) over (
            partition by response_lines.person_id, response_lines.line_number, assessments.negative_since
        ) as negative_since
    from response_lines
    inner join assessments
        on
            response_lines.person_id = assessments.person_id
            and response_lines.index_date < assessments.tested_date
            and coalesce(response_lines.next_line_start_date, date '9999-12-31') >= assessments.tested_date

),

complete_responses as (

    select
        line_tests.person_id,
        line_tests.line_number,
        line_tests.tested_date,
        bool_or(overall_responses.response_rank >= {{ response_rank('CR') }}) as is_complete
    from line_tests
    inner join overall_responses
        on
            line_tests.person_id = overall_responses.person_id
            and line_tests.line_number = overall_responses.line_number
            and not overall_responses.is_after_line
            and abs({{ days_between('line_tests.tested_date', 'overall_responses.assessed_date') }})
            <= {{ parameter('responses', 'marrow_window') }}
    group by 1, 2, 3

),

tests_judged as (

    select
        line_tests.person_id,
        line_tests.line_number,
        line_tests.result = 'negative' or coalesce(line_tests.is_negative, false) as is_negative_any,
        line_tests.is_negative and complete_responses.is_complete as is_negative_in_complete_response,
        case
            when line_tests.is_negative
                then
                    {{ days_between('line_tests.negative_since', 'line_tests.tested_date') }}
                    >= {{ parameter('responses', 'mrd_sustained_days') }}
            else line_tests.is_negative
        end as is_sustained
    from line_tests
    left join complete_responses
        on
            line_tests.person_id = complete_responses.person_id
            and line_tests.line_number = complete_responses.line_number
            and line_tests.tested_date = complete_responses.tested_date

),

line_mrd as (

    select
        person_id,
        line_number,
        bool_or(is_negative_any) as is_mrd_negative_any,
        case
            when bool_or(is_negative_in_complete_response) then true
            when count(is_negative_in_complete_response) = count(*) then false
        end as is_mrd_negative,
        bool_or(is_sustained) as is_mrd_sustained
    from tests_judged
    group by 1, 2

)

select * from line_mrd
