-- One row per record of a test of residual disease of a patient, with its result read.
-- Definition: specification responses 4.6 (Kumar 2016). is_present: what the answer's concept, the whole text
-- (int_result_texts) or its words (mrd_words) say, else the number: 0 or below a limit is absent. level is the share of
-- cells found, sensitivity the least share the assay sees: a number with a unit of mrd_units is the level of a positive
-- test, the sensitivity of a negative one; one without a unit the sensitivity; a power of ten in the text the
-- sensitivity, or with a factor other than 1 before it the level of a positive test. method: of the code, else of the
-- text.
-- Limits: a text with a word of doubt, of two minds or of two numbers is not read (qc.results_unread); a code
-- that comes without a result, such as a claim, says only that the test was done.

with events as (select * from {{ ref('int_coded_events') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'mrd'),
result_texts as (select * from {{ ref('int_result_texts') }}),
operators as (select * from {{ ref('result_operators') }}),
mrd_units as (select * from {{ ref('mrd_units') }}),

mrd_words as (

    select
        meaning,
        {{ plain_words('word') }} as words
    from {{ ref('mrd_words') }}

),

records as (

    select
        events.person_id,
        events.source_name,
        events.domain,
        events.record_id,
        events.code_key,
        events.concept_set_id,
        roles.role as coded_method,
        events.start_date as tested_date,
        events.value_number,
        events.value_concept_id,
        events.operator_concept_id,
        nullif(lower(trim(events.value_text)), '') as result_text,
        nullif(trim(events.unit_text), '') as unit_text
    from events
    inner join patients on events.person_id = patients.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id

),

texts as (

    select distinct
        result_text,
        {{ plain_words('result_text') }} as words,
        replace(translate(result_text, '⁻−–×*⁰¹²³⁴⁵⁶⁷⁸⁹^', '---xx0123456789'), ' ', '') as plain_text
    from records
    where result_text is not null

),

words_found as (

    select
        texts.result_text,
        mrd_words.meaning,
        mrd_words.words
    from texts
    inner join mrd_words on texts.words like '%' || mrd_words.words || '%'

),

-- «detected» inside «not detected» says nothing of its own
words_counted as (

    select
        words_found.result_text,
        words_found.meaning
    from words_found
    left join words_found as longer_words
        on
            words_found.result_text = longer_words.result_text
            and words_found.meaning = 'present'
            and longer_words.meaning in ('absent', 'doubt')
            and longer_words.words like '%' || words_found.words || '%'
    where longer_words.words is null

),

texts_worded as (

    select
        result_text,
        coalesce(bool_or(meaning = 'doubt'), false)
        or (bool_or(meaning = 'absent') and bool_or(meaning = 'present')) as is_doubtful,
        bool_or(meaning = 'present') as names_present,
        bool_or(meaning = 'absent') as names_absent,
        bool_or(meaning = 'flow') as names_flow,
        bool_or(meaning = 'ngs') as names_ngs
    from words_counted
    group by 1

),

-- numbers inside a text: a power of ten, with or without a factor, a percentage, so many per million
text_numbers as (

    select
        result_text,
        regexp_extract(plain_text, '(10|1e)-0?[3-7]([^0-9].*)?(10|1e)-0?[3-7]([^0-9]|$)', 0) != ''
        or length(plain_text) - length(replace(plain_text, '%', '')) > 1
        or plain_text like '%permillion%permillion%' as has_two_numbers,
        nullif(regexp_extract(plain_text, '([0-9.]+)x10-0?[3-7]([^0-9]|$)', 1), '') as factor_text,
        coalesce(
            nullif(regexp_extract(plain_text, '(^|[^0-9./-])10-0?([3-7])([^0-9]|$)', 2), ''),
            nullif(regexp_extract(plain_text, '(^|[^0-9.])1(?:[.]0*)?e-0?([3-7])([^0-9]|$)', 2), '')
        ) as power_text,
        coalesce(
            try_cast(nullif(regexp_extract(plain_text, '([0-9]*[.]?[0-9]+)%', 1), '') as double) * 0.01,
            try_cast(
                nullif(regexp_extract(plain_text, '([0-9]*[.]?[0-9]+)[a-z]*permillion', 1), '') as double
            ) * 0.000001
        ) as share_in_text
    from texts

),

texts_read as (

    select
        texts.result_text,
        coalesce(texts_worded.is_doubtful, false) or text_numbers.has_two_numbers as is_doubtful,
        case
            when whole_texts.is_present is not null then whole_texts.is_present
            when texts_worded.names_present then true
            when texts_worded.names_absent then false
        end as is_present,
        case
            when texts_worded.names_flow and texts_worded.names_ngs then null
            when texts_worded.names_flow then 'flow'
            when texts_worded.names_ngs then 'ngs'
        end as method,
        try_cast(coalesce(text_numbers.factor_text, '1') || 'e-' || text_numbers.power_text as double) as power_of_ten,
        coalesce(try_cast(text_numbers.factor_text as double), 1) != 1 as has_factor,
        text_numbers.share_in_text
    from texts
    inner join text_numbers on texts.result_text = text_numbers.result_text
    left join texts_worded on texts.result_text = texts_worded.result_text
    left join result_texts as whole_texts on texts.result_text = whole_texts.source_text

),

numbers as (

    select
        records.*,
        coalesce(records.value_number, {{ result_number('records.result_text') }}) as number,
        coalesce(operators.operator, {{ result_operator('records.result_text') }}) in ('<', '<=') as is_below,
        coalesce(
            records.unit_text,
            case
                when records.value_number is null then nullif({{ result_unit('records.result_text') }}, '')
            end
        ) as number_unit
    from records
    left join operators on records.operator_concept_id = operators.operator_concept_id

),

numbers_read as (

    select
        numbers.*,
        case
            when numbers.number_unit is null and numbers.number <= {{ parameter('responses', 'mrd_number_at_most') }}
                then numbers.number
        end as bare_number,
        numbers.number * mrd_units.factor as share_in_number
    from numbers
    left join mrd_units on {{ plain_unit('numbers.number_unit') }} = {{ plain_unit('mrd_units.unit_text') }}

),

shares_read as (

    select
        numbers_read.*,
        texts_read.is_doubtful,
        texts_read.is_present as text_is_present,
        texts_read.method as text_method,
        texts_read.power_of_ten,
        coalesce(texts_read.has_factor, false) as has_factor,
        -- rounded, so that 0.001 % is 1e-5
        round(coalesce(numbers_read.share_in_number, texts_read.share_in_text), 12) as share_of_cells
    from numbers_read
    left join texts_read on numbers_read.result_text = texts_read.result_text

),

results as (

    select
        shares_read.*,
        case
            when coded_method = 'unknown' then coalesce(text_method, 'unknown')
            else coded_method
        end as method,
        case
            when is_doubtful then null
            when answers.is_present is not null then answers.is_present
            when text_is_present is not null then text_is_present
            when is_below and coalesce(power_of_ten, share_of_cells, bare_number) is not null then false
            else share_of_cells > 0
        end as is_present
    from shares_read
    left join result_texts as answers
        on cast(shares_read.value_concept_id as {{ dbt.type_string() }}) = answers.source_text

),

mrd_tests as (

    select
        person_id,
        source_name,
        domain,
        record_id,
        code_key,
        concept_set_id,
        tested_date,
        result_text,
        method,
        is_present,
        case
            when is_present is null then null
            when not is_present then coalesce(power_of_ten, nullif(share_of_cells, 0), nullif(bare_number, 0))
            when power_of_ten is not null and not has_factor then power_of_ten
            when power_of_ten is null then nullif(bare_number, 0)
        end as sensitivity,
        case
            when is_present then coalesce(nullif(share_of_cells, 0), case when has_factor then power_of_ten end)
        end as level
    from results

)

select * from mrd_tests
