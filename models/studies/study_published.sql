-- One row per number that the source documents print, for comparison beside ours: their own results, and in a study
-- that collects evidence the numbers that they cite, with what is known of the study they are cited from.
-- Definition: published_places says where it stands in our outputs: analysis, covariate or endpoint, level, group and
-- cohort; unanswered_reason why nothing of ours can stand beside it. A number that repeats another stands only where it
-- has a place of its own. issue_id names the contradictions that touch it. Limits: a number without a place has no
-- output of ours beside it.

with published_results as (select * from {{ ref('published_results') }}),
cited_studies as (select * from {{ ref('cited_studies') }}),
published_places as (select * from {{ ref('published_places') }}),
unanswered_statements as (select * from {{ ref('unanswered_statements') }}),

study_published as (

    select
        published_results.row_id,
        coalesce(published_places.study_id, published_results.study_id) as study_id,
        published_places.analysis_id,
        published_places.covariate_id,
        published_places.endpoint_id,
        published_places.level,
        published_places.group_value,
        published_places.pool,
        published_places.pool_patients,
        published_places.cohort_id,
        unanswered_statements.reason as unanswered_reason,
        published_results.table_figure,
        published_results.result_origin,
        published_results.cited_study,
        cited_studies.published_year as cited_year,
        cited_studies.publication as cited_publication,
        cited_studies.min_prior_lines as cited_min_prior_lines,
        cited_studies.max_prior_lines as cited_max_prior_lines,
        cited_studies.needs_triple_class as cited_needs_triple_class,
        cited_studies.status as cited_status,
        published_results.population,
        published_results.arm_or_group,
        published_results.comparator,
        published_results.endpoint,
        published_results.category,
        published_results.statistic,
        published_results.estimate,
        published_results.estimate_status,
        published_results.unit,
        published_results.ci_low,
        published_results.ci_high,
        published_results.iqr_low,
        published_results.iqr_high,
        published_results.range_low,
        published_results.range_high,
        published_results.p_value,
        published_results.p_operator,
        published_results.numerator,
        published_results.denominator,
        published_results.timepoint_months,
        published_results.time_anchor,
        published_results.comparison_id,
        published_results.repeat_of,
        published_results.issue_id
    from published_results
    left join published_places on published_results.row_id = published_places.row_id
    left join unanswered_statements on published_results.row_id = unanswered_statements.row_id
    left join cited_studies on published_results.cited_study = cited_studies.cited_study
    where
        published_places.row_id is not null
        or (published_results.repeat_of is null and published_results.result_origin = 'own')

)

select * from study_published
