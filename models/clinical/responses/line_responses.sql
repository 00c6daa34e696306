-- One row per patient and line of therapy: how well the line worked.
-- Definition: best_response is the confirmed best response before the first confirmed progression or the next line
-- (specification responses 4.3 rule 6, Kumar 2016), relaxed_best_response the same without confirmation or marrow (rule
-- 8, for response rates, never for complete response); day90_response the overall response nearest day 90 in [60, 120],
-- PD after a confirmed progression or death before it (rule 7), NE without any; charted_best_response what the site
-- recorded. Residual disease (rule 9 and 4.6) is that of tests from the day after the index to the day the next line
-- starts: negative by any assay; negative at mrd_sensitivity in a complete response, an overall response of up to
-- marrow_window days on either side of the test; sustained when two negatives of the line are mrd_sustained_days apart
-- with nothing but negatives between.
-- Limits: is_evaluable false belongs in the denominator of all lines (intention to treat), not in that of the
-- evaluable. A negative test with no overall response near it is unknown, as is one whose assay does not see the
-- threshold.

with response_lines as (select * from {{ ref('int_response_lines') }}),
categories as (select * from {{ ref('response_categories') }}),
best_responses as (select * from {{ ref('int_best_overall_responses') }}),
overall_responses as (select * from {{ ref('int_overall_responses') }} where response_rank is not null),
charted_responses as (select * from {{ ref('int_charted_responses') }}),

mrd_assessments as (

    select * from {{ ref('mrd_assessments') }}
    where threshold = {{ parameter('responses', 'mrd_sensitivity') }}

),

line_tests as (

    select
        response_lines.person_id,
        response_lines.line_number,
        mrd_assessments.tested_date,
        mrd_assessments.result,
        mrd_assessments.is_negative,
        min(mrd_assessments.tested_date) over (
            partition by response_lines.person_id, response_lines.line_number, mrd_assessments.negative_since
        ) as negative_since
    from response_lines
    inner join mrd_assessments
        on
            response_lines.person_id = mrd_assessments.person_id
            and response_lines.index_date < mrd_assessments.tested_date
            and coalesce(response_lines.next_line_start_date, date '9999-12-31') >= mrd_assessments.tested_date

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

),

best_charted_responses as (

    select
        response_lines.person_id,
        response_lines.line_number,
        max(charted_responses.response_rank) as charted_rank
    from response_lines
    inner join charted_responses
        on
            response_lines.person_id = charted_responses.person_id
            and response_lines.index_date < charted_responses.charted_date
            and coalesce(response_lines.next_line_start_date, date '9999-12-31') >= charted_responses.charted_date
    group by 1, 2

),

lines as (

    select
        response_lines.person_id,
        response_lines.line_number,
        response_lines.index_date,
        best_responses.confirmed_rank,
        best_responses.relaxed_rank,
        case
            when
                {{ days_between(
                    'response_lines.index_date', 'least(best_responses.progression_date, response_lines.death_date)'
                ) }}
                <= {{ parameter('responses', 'day90') }}
                then {{ response_rank('PD') }}
            else best_responses.day90_rank
        end as day90_rank,
        best_responses.day90_best_rank,
        best_charted_responses.charted_rank,
        line_mrd.is_mrd_negative,
        line_mrd.is_mrd_negative_any,
        line_mrd.is_mrd_sustained,
        best_responses.first_response_date,
        best_responses.first_complete_response_date,
        best_responses.progression_date
    from response_lines
    left join best_responses
        on
            response_lines.person_id = best_responses.person_id
            and response_lines.line_number = best_responses.line_number
    left join line_mrd
        on response_lines.person_id = line_mrd.person_id and response_lines.line_number = line_mrd.line_number
    left join best_charted_responses
        on
            response_lines.person_id = best_charted_responses.person_id
            and response_lines.line_number = best_charted_responses.line_number

),

line_responses as (

    select
        lines.person_id,
        cast(lines.line_number as integer) as line_number,
        coalesce(confirmed_categories.response, 'NE') as best_response,
        case
            when lines.relaxed_rank >= {{ response_rank('CR') }} then 'CR_lab'
            else coalesce(relaxed_categories.response, 'NE')
        end as relaxed_best_response,
        coalesce(day90_categories.response, 'NE') as day90_response,
        coalesce(day90_best_categories.response, 'NE') as day90_best_response,
        charted_categories.response as charted_best_response,
        lines.confirmed_rank is not null as is_evaluable,
        confirmed_categories.is_response as is_responder,
        lines.is_mrd_negative,
        lines.is_mrd_negative_any,
        lines.is_mrd_sustained,
        lines.index_date as line_index_date,
        lines.first_response_date,
        lines.first_complete_response_date,
        lines.progression_date
    from lines
    left join categories as confirmed_categories on lines.confirmed_rank = confirmed_categories.response_rank
    left join categories as relaxed_categories on lines.relaxed_rank = relaxed_categories.response_rank
    left join categories as day90_categories on lines.day90_rank = day90_categories.response_rank
    left join categories as day90_best_categories on lines.day90_best_rank = day90_best_categories.response_rank
    left join categories as charted_categories on lines.charted_rank = charted_categories.response_rank

)

select * from line_responses
