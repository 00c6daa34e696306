-- PRG-F1: received, by product (unknown products are no commercial ones), and when the progression came.
-- Paste into DuckDB.
select
    coalesce(products.value_text, 'all') as product,
    count(*) as received,
    count(*) filter (where timings.value_text != 'no progression') as progressed,
    count(*) filter (where timings.value_text = 'refractory: within 60 days') as refractory,
    count(*) filter (where timings.value_text = 'relapsed: after 60 days') as relapsed
from studies.study_covariates as timings
inner join studies.study_covariates as products
    on
        timings.cohort_id = products.cohort_id
        and timings.person_id = products.person_id
        and products.covariate_id = 'product'
where timings.cohort_id = 'patterns_received' and timings.covariate_id = 'progression_timing'
group by rollup (products.value_text)
order by received desc;
