-- One row per patient, anchor, sign of neurotoxicity and day, from a year before the anchor to a year after it.
-- Definition: codes of ICANS (value: the grade), the elements of icans_elements as charted, neurological diagnoses
-- (icans_sign; late_sign: parkinsonism and palsies of cranial nerves) and their treatment by its dose
-- (int_icans_treatments; algorithms 8.1, 8.3 rule 7).

with anchors as (select * from {{ ref('int_toxicity_time_zeros') }}),
events as (select * from {{ ref('int_coded_events') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events' and role in ('icans_sign', 'late_sign')

),

treatments as (select * from {{ ref('int_icans_treatments') }}),

elements as (

    select distinct element from {{ ref('icans_elements') }}

),

result_texts as (

    select * from {{ ref('result_texts') }}
    where not is_present

),

everything as (

    select
        person_id,
        'icans_code' as sign,
        start_date as sign_date,
        try_cast(nullif(replace(concept_set_id, 'icans_grade_', ''), 'icans') as double) as value
    from events
    where concept_set_id = 'icans' or concept_set_id like 'icans_grade_%'
    union all
    select
        events.person_id,
        roles.role as sign,
        events.start_date as sign_date,
        cast(null as double) as value
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    union all
    select
        person_id,
        'icans_treatment' as sign,
        start_date as sign_date,
        cast(null as double) as value
    from treatments
    union all
    select
        events.person_id,
        elements.element as sign,
        events.start_date as sign_date,
        events.value_number as value
    from events
    inner join elements on events.concept_set_id = elements.element
    left join result_texts on lower(trim(events.value_text)) = result_texts.source_text
    where result_texts.source_text is null

),

icans_signs as (

    select distinct
        anchors.person_id,
        anchors.anchor_date,
        everything.sign,
        everything.value,
        {{ days_between('anchors.anchor_date', 'everything.sign_date') }} as day
    from anchors
    inner join everything
        on
            anchors.person_id = everything.person_id
            and {{ days_between('anchors.anchor_date', 'everything.sign_date') }}
            between -1 * {{ parameter('adverse_events', 'late_sign_lookback') }}
            and {{ parameter('adverse_events', 'late_neurotoxicity_to') }}

)

select * from icans_signs
