-- One row per source with shifted dates and rule that asks for the calendar: it is not to be trusted there.
-- Definition: a source whose dates are moved, per person or per site, keeps intervals and loses the calendar. Cohorts
-- that begin or end on a day, what a study asks of the calendar (known_characteristics.asks_for_calendar: a year, the
-- label of a day), and codes that hold from or to a day, choose by the shifted day.
-- Limits: nothing is left out for them; the study says so in its warnings (study_warnings).

with sources as (select * from {{ ref('landed_sources') }}),
cohorts as (select * from {{ ref('cohorts') }}),
criteria as (select * from {{ ref('cohort_criteria') }}),
covariates as (select * from {{ ref('covariates') }}),
strata as (select * from {{ ref('strata') }}),
members as (select * from {{ ref('concept_set_members') }}),

calendar_names as (

    select characteristic from {{ ref('known_characteristics') }}
    where asks_for_calendar

),

calendar_rules as (

    select
        study_id,
        'cohort' as rule_kind,
        label as rule_name,
        index_from as rule_from,
        index_to as rule_to
    from cohorts
    where index_from is not null or index_to is not null
    union
    select
        cohorts.study_id,
        'criterion' as rule_kind,
        criteria.label as rule_name,
        null as rule_from,
        null as rule_to
    from criteria
    inner join cohorts on criteria.cohort_id = cohorts.cohort_id
    inner join calendar_names on criteria.characteristic = calendar_names.characteristic
    union
    select
        covariates.study_id,
        'covariate' as rule_kind,
        covariates.label as rule_name,
        null as rule_from,
        null as rule_to
    from covariates
    inner join calendar_names on covariates.characteristic = calendar_names.characteristic
    union
    select
        strata.study_id,
        'stratum' as rule_kind,
        strata.label as rule_name,
        null as rule_from,
        null as rule_to
    from strata
    inner join calendar_names on strata.characteristic = calendar_names.characteristic
    union
    select
        null as study_id,
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
        cast(calendar_rules.study_id as {{ dbt.type_string() }}) as study_id,
        calendar_rules.rule_kind,
        calendar_rules.rule_name,
        cast(calendar_rules.rule_from as date) as rule_from,
        cast(calendar_rules.rule_to as date) as rule_to
    from sources
    cross join calendar_rules
    where sources.dates_shifted is not null

)

select * from in_doubt
