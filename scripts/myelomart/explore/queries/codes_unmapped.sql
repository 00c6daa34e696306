-- Codes of concept sets that the source's vocabulary does not hold; those found in another way are marked.
select source_name, concept_set_id, vocabulary_id, code, name, record_count as records, is_found_otherwise
from qc.codes_unmapped
order by records desc, concept_set_id, vocabulary_id, code
