-- PRG-F2: soft-tissue disease from baseline to progression: counts and percent of the row. Paste into DuckDB.
select
    baselines.value_text as at_baseline,
    progressions.value_text as at_progression,
    count(*) as persons,
    sum(count(*)) over (partition by baselines.value_text) as persons_of_row,
    round(100.0 * count(*) / sum(count(*)) over (partition by baselines.value_text), 1) as percent_of_row
from studies.study_covariates as baselines
inner join studies.study_covariates as progressions
    on
        baselines.cohort_id = progressions.cohort_id
        and baselines.person_id = progressions.person_id
        and progressions.covariate_id = 'progression_soft_tissue'
where baselines.cohort_id = 'patterns_progressed' and baselines.covariate_id = 'baseline_soft_tissue'
group by baselines.value_text, progressions.value_text
order by at_baseline, at_progression;
