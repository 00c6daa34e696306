-- Records that our concept sets found, by year and domain: a gap or a jump is a change of the source.
select year_recorded as year, domain, sum(record_count) as records
from qc.codes_by_year
where year_recorded is not null
group by all
order by year, domain
