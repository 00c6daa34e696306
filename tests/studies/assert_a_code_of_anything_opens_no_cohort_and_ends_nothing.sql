-- A code whose caveat says «any …» (any therapeutic infusion, any white cell apheresis) does not say what was done. Its set
-- may support an event that is found otherwise, but it is never an index event or an endpoint itself, nor a toxicity, a
-- transplant or a diagnosis of myeloma, of which endpoints are made.

with members as (select * from {{ ref('concept_set_members') }}),
event_groups as (select * from {{ ref('event_groups') }}),
cohorts as (select * from {{ ref('cohorts') }}),
endpoint_rules as (select * from {{ ref('endpoint_rules') }}),
roles as (select * from {{ ref('concept_set_roles') }}),

sets_of_anything as (

    select distinct concept_set_id from members
    where not is_placeholder and lower(caveat) like 'any %'

),

uses as (

    select
        event_groups.event_code as concept_set_id,
        'the index event of cohort ' || cohorts.cohort_id as used_as
    from cohorts
    inner join event_groups on cohorts.index_event_group = event_groups.event_group_id
    where event_groups.event_type = 'coded'
    union all
    select
        event_groups.event_code as concept_set_id,
        'endpoint ' || endpoint_rules.endpoint_id as used_as
    from endpoint_rules
    inner join event_groups on endpoint_rules.event_group = event_groups.event_group_id
    where event_groups.event_type = 'coded'
    union all
    select
        concept_set_id,
        'role ' || role || ' of ' || algorithm as used_as
    from roles
    where algorithm in ('adverse_events', 'transplant', 'myeloma_phenotype')

)

select uses.*
from uses
inner join sets_of_anything on uses.concept_set_id = sets_of_anything.concept_set_id
