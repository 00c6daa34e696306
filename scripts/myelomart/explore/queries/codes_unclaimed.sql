-- Codes of the source that look as if a concept set should claim them, and none does.
select source_name, domain, source_code, concept_id, points_to, found_by, record_count as records, person_count as persons
from qc.codes_unclaimed
order by records desc, source_code
