-- Of two assessments of one line that know the serum alike, the one with more M-protein never has the deeper serum depth.
with points as (

    select * from {{ ref('int_point_responses') }}
    where serum_depth between 1 and 4

)

select
    higher.person_id,
    higher.line_number,
    higher.assessed_date
from points as higher
inner join points as lower
    on
        higher.person_id = lower.person_id
        and higher.line_number = lower.line_number
        and higher.serum > lower.serum
where higher.serum_depth > lower.serum_depth
