-- One row per patient, abnormality and day on which it was tested, with the result and the share of cells that have it.
-- Definition: tests whose code names the abnormality (concept_set_roles, cytogenetics). The result is the answer as
-- result_texts reads it, else a number: copies, where the unit says so, else percent of cells, of which any is
-- positive. A gain is 3 copies or more (an amplification of 4 is the same), a deletion less than 2, a biallelic one
-- none. Positive wins over negative on the same day (specification cytogenetics 12.2).
-- Limits: a report in words that lists no probe, and karyotypes, are not read.

with events as (select * from {{ ref('int_coded_events') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),

roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'cytogenetics'),
result_texts as (select * from {{ ref('result_texts') }}),

answers_read as (

    select
        events.person_id,
        roles.role as abnormality,
        events.start_date as tested_date,
        case when events.unit_text = '%' then events.value_number end as clone_percent,
        coalesce(lower(events.unit_text) like '%copies%' or lower(events.unit_text) like '%copy%', false)
            as is_in_copies,
        events.value_number,
        coalesce(answers.is_present, words.is_present) as is_present
    from events
    inner join patients on events.person_id = patients.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join result_texts as answers
        on cast(events.value_concept_id as {{ dbt.type_string() }}) = answers.source_text
    left join result_texts as words on lower(trim(events.value_text)) = words.source_text

),

results as (

    select
        person_id,
        abnormality,
        tested_date,
        clone_percent,
        case
            when is_present is not null then is_present
            when not is_in_copies then value_number > 0
            when abnormality = 'gain_1q21' then value_number >= {{ parameter('cytogenetics', 'gain_copies') }}
            when abnormality like 'del_%' then value_number < {{ parameter('cytogenetics', 'normal_copies') }}
        end as is_positive
    from answers_read
    union all
    select
        person_id,
        'del_1p32_biallelic' as abnormality,
        tested_date,
        clone_percent,
        value_number < 1 as is_positive
    from answers_read
    where abnormality = 'del_1p32' and is_in_copies

),

cytogenetic_tests as (

    select
        person_id,
        abnormality,
        tested_date,
        bool_or(is_positive) as is_positive,
        max(clone_percent) as clone_percent
    from results
    where is_positive is not null
    group by 1, 2, 3

)

select * from cytogenetic_tests
