-- One row per patient and line of therapy: from when to when its responses are judged.
-- Definition: responses count after line_index_date (the infusion of a CAR-T line, else the start of the line) up to
-- the day the next line starts; the baseline is looked for on or before baseline_date, the start of lymphodepletion or
-- else the index; with baseline_before_bridging the start of bridging goes before both (specification responses 4.2,
-- 4.3 rule 5, Kumar 2016).

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),

lines_with_next as (

    select
        lines_of_therapy.*,
        lead(line_start_date) over (partition by person_id order by line_number) as next_line_start_date
    from lines_of_therapy

),

response_lines as (

    select
        lines_with_next.person_id,
        lines_with_next.line_number,
        lines_with_next.line_index_date as index_date,
        coalesce(
            case
                when {{ parameter('responses', 'baseline_before_bridging') }} = 1 then lines_with_next.bridging_start_date
            end,
            cell_therapies.lymphodepletion_start_date,
            lines_with_next.line_index_date
        ) as baseline_date,
        cell_therapies.infusion_date,
        lines_with_next.next_line_start_date,
        patients.death_date,
        patients.last_contact_date
    from lines_with_next
    inner join patients on lines_with_next.person_id = patients.person_id
    left join cell_therapies
        on
            lines_with_next.person_id = cell_therapies.person_id
            and lines_with_next.line_index_date = cell_therapies.infusion_date

)

select * from response_lines
