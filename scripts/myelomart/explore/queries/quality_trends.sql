-- Records that our concept sets found, by year: by domain, by how the code was found, and in or outside its dates.
with found as (
    select source_name, domain, resolved_by, year_recorded as year, record_count, out_of_date_count
    from qc.codes_by_year
    where year_recorded is not null
),

parts as (
    select year, domain as part, record_count as records from found where $by = 'domain'
    union all
    select year, source_name as part, record_count as records from found where $by = 'source'
    union all
    select year, coalesce(resolved_by, 'not known') as part, record_count as records from found where $by = 'way'
    union all
    select year, 'outside the dates of their code' as part, out_of_date_count as records from found where $by = 'dates'
)

select year, part, sum(records) as records
from parts
group by all
order by year, part
