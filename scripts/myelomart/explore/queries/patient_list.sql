-- Persons with myeloma who fit the filters, with what a list says of each.
with patients as (select * from core.patients),

lines as (
    select person_id, count(*) as lines, max(line_number) as last_line
    from core.lines_of_therapy
    group by person_id
),

infusions as (
    select person_id, min(infusion_date) as infused, min_by(product, infusion_date) as product
    from core.cell_therapies
    group by person_id
),

refractory as (
    select distinct person_id
    from core.refractoriness
    where status in ('CONFIRMED', 'PROBABLE') and ($refractory_to is null or ingredient = $refractory_to or drug_class = $refractory_to)
),

dropped as (
    select person_id, failed_step, is_member
    from cohorts.cohort_decisions
    where cohort_id = $cohort
)

select
    patients.person_id as person,
    patients.sex,
    patients.year_of_birth as born,
    year(patients.myeloma_diagnosis_date) as diagnosed,
    coalesce(lines.lines, 0) as lines,
    infusions.product as cells,
    patients.death_date is not null as died,
    dropped.failed_step as left_at_step
from patients
left join lines on patients.person_id = lines.person_id
left join infusions on patients.person_id = infusions.person_id
left join dropped on patients.person_id = dropped.person_id
where
    ($cells = 'any' or ($cells = 'yes') = (infusions.person_id is not null))
    and ($refractory_to is null or patients.person_id in (select person_id from refractory))
    and ($cohort is null or dropped.person_id is not null)
    and ($step is null or ($step = -9 and dropped.is_member) or dropped.failed_step = $step)
    and coalesce(lines.lines, 0) >= $fewest_lines
order by patients.person_id
limit $most
