-- Records that a concept set found, by source, year and code; and those outside the dates of their code.
select source_name, year_recorded as year, source_code, resolved_by, record_count as records, person_count as persons, out_of_date_count as out_of_date
from qc.codes_by_year
where concept_set_id = $set
order by source_name, year, records desc, source_code
