-- One row per patient, anchor, sign of neurotoxicity and day, from a year before the anchor to a year after it.
-- Definition: codes of ICANS (grade: the coded one), the elements of icans_elements as charted (ICE score,
-- consciousness, seizure, motor findings, edema; grade: the worst that the day's value gives), neurological diagnoses
-- (icans_sign; late_sign: parkinsonism and palsies of cranial nerves) and their treatment by its dose
-- (int_icans_treatments; specification toxicity 8.1, 8.3 rule 7, Lee 2019).

with time_zeros as (select * from {{ ref('int_toxicity_time_zeros') }}),
events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'adverse_events'),
treatments as (select * from {{ ref('int_icans_treatments') }}),
elements as (select * from {{ ref('icans_elements') }}),
result_texts as (select * from {{ ref('result_texts') }} where not is_present),

element_names as (select distinct element from elements),

recorded_signs as (

    select
        person_id,
        'icans_code' as sign,
        start_date as sign_date,
        try_cast(nullif(replace(concept_set_id, 'icans_grade_', ''), 'icans') as integer) as grade
    from events
    where concept_set_id = 'icans' or concept_set_id like 'icans_grade_%'
    union all
    select
        events.person_id,
        roles.role as sign,
        events.start_date as sign_date,
        cast(null as integer) as grade
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role in ('icans_sign', 'late_sign')
    union all
    select
        person_id,
        'icans_treatment' as sign,
        start_date as sign_date,
        cast(null as integer) as grade
    from treatments
    union all
    select
        events.person_id,
        element_names.element as sign,
        events.start_date as sign_date,
        elements.grade
    from events
    inner join element_names on events.concept_set_id = element_names.element
    left join elements
        on
            events.concept_set_id = elements.element
            and coalesce(events.value_number, 0) between elements.value_low and elements.value_high
    left join result_texts on lower(trim(events.value_text)) = result_texts.source_text
    where result_texts.source_text is null

),

icans_signs as (

    select
        time_zeros.person_id,
        time_zeros.anchor_date,
        recorded_signs.sign,
        {{ days_between('time_zeros.anchor_date', 'recorded_signs.sign_date') }} as day,
        max(recorded_signs.grade) as grade
    from time_zeros
    inner join recorded_signs
        on
            time_zeros.person_id = recorded_signs.person_id
            and {{ days_between('time_zeros.anchor_date', 'recorded_signs.sign_date') }}
            between -1 * {{ parameter('adverse_events', 'late_sign_lookback') }}
            and {{ parameter('adverse_events', 'late_neurotoxicity_to') }}
    group by 1, 2, 3, 4

)

select * from icans_signs
