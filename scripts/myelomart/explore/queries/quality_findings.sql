-- What is suspicious in the data, found while the warehouse was built.
select source_name, finding_group, finding, found_count, of_count, meaning
from studies.study_quality
order by source_name, finding_group, found_count desc, finding
