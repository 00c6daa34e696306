-- One row per source with shifted dates and rule that asks for the calendar: it is not to be trusted there.
-- Definition: a source whose dates are moved, per person or per site, keeps intervals and loses the calendar. Cohorts
-- that begin or end on a day, and codes that hold from or to a day, choose by the shifted day.
-- Limits: the rules are listed, and nothing is left out for them.

with sources as (select * from {{ ref('stg_landing__landed_sources') }}),

cohorts as (select * from {{ ref('cohorts') }}),

members as (select * from {{ ref('concept_set_members') }}),

calendar_rules as (

    select
        'cohort' as rule_kind,
        cohort_id as rule_name,
        index_from as rule_from,
        index_to as rule_to
    from cohorts
    where index_from is not null or index_to is not null
    union all
    select
        'code' as rule_kind,
        concept_set_id || ': ' || vocabulary_id || ' ' || code as rule_name,
        valid_from as rule_from,
        valid_to as rule_to
    from members
    where valid_from is not null or valid_to is not null

),

in_doubt as (

    select
        sources.source_name,
        sources.dates_shifted,
        calendar_rules.rule_kind,
        calendar_rules.rule_name,
        cast(calendar_rules.rule_from as date) as rule_from,
        cast(calendar_rules.rule_to as date) as rule_to
    from sources
    cross join calendar_rules
    where sources.dates_shifted is not null

)

select * from in_doubt
