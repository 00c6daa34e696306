-- LTF-F2: best response of those whose response could be assessed; the others are NULL. Paste into DuckDB.
select
    value_text as best_response,
    count(*) as persons,
    sum(count(*)) filter (where value_text is not null) over () as persons_assessed
from studies.study_covariates
where cohort_id = 'followup_infused' and covariate_id = 'best_response'
group by value_text
order by best_response;
