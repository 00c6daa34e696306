-- One row per patient and line of therapy: from when to when its responses are judged.
-- Definition: responses count after line_index_date (the infusion of a CAR-T line, else the start of the line) up to
-- the day the next line starts; the baseline is looked for on or before baseline_date, the start of lymphodepletion
-- or else the index; with baseline_before_bridging the start of bridging goes before both (algorithms 4.2, 4.3 rule
-- 5).

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
patients as (select * from {{ ref('patients') }}),

with_next as (

    select
        person_id,
        line_number,
        line_start_date,
        line_index_date,
        case when {{ parameter('responses', 'baseline_before_bridging') }} = 1 then bridging_start_date end
            as bridging_start_date,
        lead(line_start_date) over (partition by person_id order by line_number) as next_line_start_date
    from lines_of_therapy

),

response_lines as (

    select
        with_next.person_id,
        with_next.line_number,
        with_next.line_start_date,
        with_next.line_index_date as index_date,
        coalesce(
            with_next.bridging_start_date, min(cell_therapies.lymphodepletion_start_date), with_next.line_index_date
        ) as baseline_date,
        min(cell_therapies.infusion_date) as infusion_date,
        with_next.next_line_start_date,
        patients.death_date,
        patients.last_contact_date
    from with_next
    inner join patients on with_next.person_id = patients.person_id
    left join cell_therapies
        on
            with_next.person_id = cell_therapies.person_id
            and with_next.line_index_date = cell_therapies.infusion_date
    group by
        with_next.person_id,
        with_next.line_number,
        with_next.line_start_date,
        with_next.line_index_date,
        with_next.bridging_start_date,
        with_next.next_line_start_date,
        patients.death_date,
        patients.last_contact_date

)

select * from response_lines
