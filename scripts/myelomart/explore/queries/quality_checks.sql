-- The checks at the door that found something: how many of how many, against the limit.
select source_name, checked, check_name, severity, status, failing, counted, share, threshold, meaning, what_to_do
from qc.quality_checks
order by share / nullif(threshold, 0) desc nulls last, checked, check_name
