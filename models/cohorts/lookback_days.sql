-- One row per cohort, person with the index event, and day on which a characteristic is read.
-- Definition: the index date itself (anchor_event_group 'index'), and for every anchor that a covariate of the study
-- names the last day with such an event on or before index: the infusion before a relapse, say.

with index_events as (select * from {{ ref('index_events') }}),
covariates as (select * from {{ ref('covariates') }}),
event_groups as (select * from {{ ref('event_groups') }}),
clinical_events as (select * from {{ ref('clinical_events') }}),

anchors as (

    select distinct
        study_id,
        anchor_event_group
    from covariates
    where anchor_event_group is not null

),

lookback_days as (

    select
        cohort_id,
        person_id,
        'index' as anchor_event_group,
        index_date as anchor_date
    from index_events
    union all
    select
        index_events.cohort_id,
        index_events.person_id,
        anchors.anchor_event_group,
        max(clinical_events.event_date) as anchor_date
    from index_events
    inner join anchors on index_events.study_id = anchors.study_id
    inner join event_groups on anchors.anchor_event_group = event_groups.event_group_id
    inner join clinical_events
        on
            index_events.person_id = clinical_events.person_id
            and event_groups.event_type = clinical_events.event_type
            and event_groups.event_code = clinical_events.event_code
            and index_events.index_date >= clinical_events.event_date
    group by 1, 2, 3

)

select * from lookback_days
