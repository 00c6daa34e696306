-- One row per person and line after which another began that may tell of failure, with the day it began.
-- Definition: algorithms 3.3 rule 3: not where the same drug merely came back, nor where a transplant or infusion
-- followed a documented partial response.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
line_responses as (select * from {{ ref('line_responses') }}),

lines_switched as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number - 1 as line_number,
        lines_of_therapy.line_start_date
    from lines_of_therapy
    left join line_responses
        on
            lines_of_therapy.person_id = line_responses.person_id
            and lines_of_therapy.line_number - 1 = line_responses.line_number
    where
        lines_of_therapy.line_number > 1
        and lines_of_therapy.start_reason != 'GAP'
        and not (lines_of_therapy.start_reason in ('CART', 'ASCT') and coalesce(line_responses.is_responder, false))

)

select * from lines_switched
