-- One row per cohort, person with the index event, and day on which a characteristic is read.
-- Definition: the index date itself (anchor_event_group 'index'), and for every anchor that a covariate of the study
-- names the last day with such an event on or before index: the infusion before a relapse, say.

with index_events as (select * from {{ ref('index_events') }}),
covariates as (select * from {{ ref('covariates') }}),
grouped_events as (select * from {{ ref('grouped_events') }}),

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
        max(grouped_events.event_date) as anchor_date
    from index_events
    inner join anchors on index_events.study_id = anchors.study_id
    inner join grouped_events
        on
            anchors.anchor_event_group = grouped_events.event_group
            and index_events.person_id = grouped_events.person_id
            and index_events.index_date >= grouped_events.event_date
    group by 1, 2, 3

)

select * from lookback_days
