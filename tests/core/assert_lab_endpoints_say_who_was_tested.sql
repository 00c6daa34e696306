-- An endpoint that a laboratory value decides names the test whose intensity studies.study_test_intensity reports.
with endpoints as (

    select * from {{ ref('endpoints') }}

),

endpoint_rules as (

    select * from {{ ref('endpoint_rules') }}
    where role = 'event'

),

event_groups as (

    select * from {{ ref('event_groups') }}

),

lab_terms as (

    select term from {{ ref('toxicity_grades') }}
    union
    select term from {{ ref('immunoglobulin_tiers') }}

)

select distinct
    endpoints.study_id,
    endpoints.endpoint_id
from endpoints
inner join endpoint_rules
    on endpoints.study_id = endpoint_rules.study_id and endpoints.endpoint_id = endpoint_rules.endpoint_id
inner join event_groups on endpoint_rules.event_group = event_groups.event_group_id
left join lab_terms on event_groups.event_type = 'adverse_event' and event_groups.event_code = lab_terms.term
where
    (event_groups.event_type = 'lab' or lab_terms.term is not null)
    and nullif(endpoints.tested_event_group, '') is null
