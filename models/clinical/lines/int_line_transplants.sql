-- One row per person and line with a transplant: the first, the last and the first drug given after it.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'core' and line_number is not null

),

transplants as (select * from {{ ref('transplants') }}),

transplanted as (

    select
        person_id,
        line_number,
        min(transplant_date) as first_transplant_date,
        max(transplant_date) as last_transplant_date
    from transplants
    group by 1, 2

),

line_transplants as (

    select
        transplanted.person_id,
        transplanted.line_number,
        transplanted.first_transplant_date,
        transplanted.last_transplant_date,
        min(exposures.start_date) as next_drug_date
    from transplanted
    left join exposures
        on
            transplanted.person_id = exposures.person_id
            and transplanted.line_number = exposures.line_number
            and transplanted.last_transplant_date < exposures.start_date
    group by 1, 2, 3, 4

)

select * from line_transplants
