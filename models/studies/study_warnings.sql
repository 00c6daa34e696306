-- One row per warning that a reader of the study must see.
-- Definition: what the study's definition asks for and the source never has (an event, a covariate of every member),
-- the checks at the door that would have stopped the build had it not been told to go on, the sites whose refractory
-- patients are mostly told by a proxy, where the study asks who is refractory (specification refractoriness 3.3,
-- Rajkumar 2011), the members who died on a day that nobody knows, what asks for the calendar where a source has
-- shifted dates, and endpoints of low immunoglobulin that count an event of somebody whose polyclonal IgG was that low
-- before, hidden by M-protein (specification labs 7.1).

with criteria_without_matches as (select * from {{ ref('criteria_without_matches') }}),

unknown_covariates as (

    select
        covariates.study_id,
        covariates.row_group,
        covariates.label
    from {{ ref('baseline_covariates') }} as baseline_covariates
    inner join {{ ref('covariates') }} as covariates
        on
            baseline_covariates.study_id = covariates.study_id
            and baseline_covariates.covariate_id = covariates.covariate_id
    group by 1, 2, 3
    having count(baseline_covariates.value_number) + count(baseline_covariates.value_text) = 0

),

accepted_checks as (

    select
        studies.study_id,
        quality_checks.*
    from {{ ref('quality_checks') }} as quality_checks
    cross join {{ ref('studies') }} as studies
    where quality_checks.status = 'blocking'

),

asking_who_is_refractory as (

    select study_id from {{ ref('covariates') }}
    where characteristic like '%refractory%' and characteristic not like '%_confirmed'
    union
    select cohorts.study_id
    from {{ ref('cohort_criteria') }} as cohort_criteria
    inner join {{ ref('cohorts') }} as cohorts on cohort_criteria.cohort_id = cohorts.cohort_id
    where
        cohort_criteria.characteristic like '%refractory%' and cohort_criteria.characteristic not like '%_confirmed'

),

proxies as (

    select
        asking_who_is_refractory.study_id,
        refractoriness_proxies.*
    from {{ ref('refractoriness_proxies') }} as refractoriness_proxies
    cross join asking_who_is_refractory
    where refractoriness_proxies.is_mostly_proxy

),

deaths_without_a_day as (

    select
        cohorts.study_id,
        count(distinct cohort_members.person_id) as member_count,
        count(distinct case when patients.is_death_date_unknown then cohort_members.person_id end) as dead_count
    from {{ ref('cohort_members') }} as cohort_members
    inner join {{ ref('cohorts') }} as cohorts on cohort_members.cohort_id = cohorts.cohort_id
    inner join {{ ref('patients') }} as patients on cohort_members.person_id = patients.person_id
    group by 1

),

calendar_rules as (

    select
        study_id,
        source_name,
        {{ sorted_distinct_concat("rule_kind || ' «' || rule_name || '»'", ', ') }} as rules
    from {{ ref('calendar_rules_in_doubt') }}
    where study_id is not null
    group by 1, 2

),

codes_in_doubt as (

    select
        studies.study_id,
        codes_by_year.source_name,
        sum(codes_by_year.out_of_date_count) as record_count
    from {{ ref('codes_by_year') }} as codes_by_year
    inner join (
        select distinct source_name from {{ ref('calendar_rules_in_doubt') }}
    ) as shifted_sources on codes_by_year.source_name = shifted_sources.source_name
    cross join {{ ref('studies') }} as studies
    where codes_by_year.out_of_date_count > 0
    group by 1, 2

),

hidden_by_m_protein as (

    select distinct
        time_to_event.study_id,
        endpoints.label
    from {{ ref('time_to_event') }} as time_to_event
    inner join {{ ref('endpoints') }} as endpoints
        on time_to_event.study_id = endpoints.study_id and time_to_event.endpoint = endpoints.endpoint_id
    inner join {{ ref('endpoint_rules') }} as rules
        on endpoints.study_id = rules.study_id and endpoints.endpoint_id = rules.endpoint_id
    inner join {{ ref('event_groups') }} as event_groups on rules.event_group = event_groups.event_group_id
    inner join {{ ref('immunoglobulin_tiers') }} as tiers
        on event_groups.event_code = tiers.lab and rules.value_number = tiers.below
    inner join {{ ref('adverse_events') }} as adverse_events
        on
            time_to_event.person_id = adverse_events.person_id
            and tiers.term = adverse_events.term
            and time_to_event.start_date >= adverse_events.start_date
    where
        rules.role = 'event'
        and rules.value_operator = '<'
        and event_groups.event_type = 'lab'
        and tiers.basis = 'value'
        and time_to_event.event = 1

),

study_warnings as (

    select
        study_id,
        asked_by || ' «' || label || '»: no patient has any event of the group ' || event_group as warning
    from criteria_without_matches
    union all
    select
        study_id,
        'covariate «' || label || '» (' || row_group || '): unknown for every patient' as warning
    from unknown_covariates
    union all
    select
        study_id,
        'source ' || source_name || ': built although a blocking check failed, ' || replace(check_name, '_', ' ')
        || ' in ' || cast(failing as {{ dbt.type_string() }}) || ' of ' || cast(counted as {{ dbt.type_string() }})
        || ' rows of ' || table_name || coalesce(
            ' (' || cast(person_count as {{ dbt.type_string() }}) || ' people, '
            || cast(myeloma_person_count as {{ dbt.type_string() }}) || ' with myeloma)', ''
        ) || '. ' || meaning as warning
    from accepted_checks
    union all
    select
        study_id,
        'site ' || site_id || ': ' || cast(cast(round(100 * probable_share) as integer) as {{ dbt.type_string() }})
        || ' % of refractory drug courses rest on a switch of treatment and not on a recorded progression; read'
        || ' refractory there as refractory (proxy)' as warning
    from proxies
    union all
    select
        study_id,
        cast(dead_count as {{ dbt.type_string() }}) || ' of ' || cast(member_count as {{ dbt.type_string() }})
        || ' members died on an unknown day: they are followed to their last contact and count as no death, so survival'
        || ' is overstated (qc.deaths_in_doubt)' as warning
    from deaths_without_a_day
    where dead_count > 0
    union all
    select
        study_id,
        'source ' || source_name || ': its dates are shifted, so these choose by days that are not the true ones: '
        || rules || '. Intervals hold (qc.calendar_rules_in_doubt)' as warning
    from calendar_rules
    union all
    select
        study_id,
        'source ' || source_name || ': its dates are shifted, and '
        || cast(record_count as {{ dbt.type_string() }})
        || ' records were left out because their code holds only from or to a day (qc.codes_by_year)' as warning
    from codes_in_doubt
    union all
    select
        study_id,
        'endpoint «' || label || '»: the total is counted, M-protein with it. Of some whose value falls below it after'
        || ' index, what is left without the M-protein was below it before: no new toxicity (core.adverse_events)'
            as warning
    from hidden_by_m_protein

)

select * from study_warnings
