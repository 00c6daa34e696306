-- LTF-F2: incidence of relapse among patients in complete response, death competing (Aalen-Johansen). Paste into DuckDB.
select
    'followup_relapse' as analysis_id,
    endpoint,
    'all' as population,
    'All' as arm,
    time_days,
    at_risk,
    events,
    competing_events + censored as censored,
    incidence as survival
from studies.study_cumulative_incidence
where cohort_id = 'followup_complete_response' and endpoint = 'relapse'
order by time_days;
