-- Lines of a person and rule set are numbered 1, 2, 3 … and each begins after the one before it ended.

with lines as (

    select
        rule_set,
        person_id,
        line_number,
        line_start_date,
        row_number() over (partition by rule_set, person_id order by line_start_date, line_number) as expected_number,
        lag(line_end_date) over (partition by rule_set, person_id order by line_number) as previous_end_date
    from {{ ref('lines_of_therapy_by_rule_set') }}

)

select * from lines
where line_number != expected_number or line_start_date <= previous_end_date
