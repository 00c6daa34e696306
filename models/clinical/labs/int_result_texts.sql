-- One row per text or concept id in which a result is given, and what it means: whether something is there, and the
-- number it stands for where the test is a quantity.
-- Definition: the rows of result_texts, and the sentences about a monoclonal protein, read clause by clause with
-- result_words: a clause that negates a finding says absent («No M-spike detected», «not observed»), one that only
-- names it says present («faint IgG kappa band»), a heading («Monoclonal protein:») neither; a pattern that is normal
-- is absent. The text says present when one of its clauses does, else absent when one does. Absent stands for 0.
-- Limits: a text with a word of doubt, of more than 8 clauses, or with a finding that a later clause takes back without
-- naming one («IgG kappa, no longer detected») is not read.

with records as (select * from {{ ref('int_screened_records') }} where value_text is not null),
codes_resolved as (select * from {{ ref('int_codes_resolved') }}),
result_texts as (select * from {{ ref('result_texts') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'result_sentences'),

result_words as (

    select
        meaning,
        {{ plain_words('word') }} as words
    from {{ ref('result_words') }}

),

whole_texts as (

    select
        {{ plain_words('source_text') }} as words,
        bool_or(is_present) as is_present,
        max(number_if_quantity) as number_if_quantity
    from result_texts
    where trim({{ plain_words('source_text') }}) != ''
    group by 1

),

clause_numbers as (

    select numbers.clause_number
    from (values (1), (2), (3), (4), (5), (6), (7), (8)) as numbers (clause_number)

),

sentences as (

    select distinct
        lower(trim(records.value_text)) as source_text,
        replace(
            replace(translate(lower(trim(records.value_text)), '.;,', '|||'), ':', ':|'), ' but ', '|'
        ) as clauses
    from records
    inner join codes_resolved on records.code_key = codes_resolved.code_key
    inner join roles on codes_resolved.concept_set_id = roles.concept_set_id
    left join result_texts on lower(trim(records.value_text)) = result_texts.source_text
    where result_texts.source_text is null

),

clauses as (

    select
        sentences.source_text,
        clause_numbers.clause_number,
        trim(split_part(sentences.clauses, '|', cast(clause_numbers.clause_number as integer))) as clause
    from sentences
    cross join clause_numbers
    where length(sentences.clauses) - length(replace(sentences.clauses, '|', '')) < 8

),

clauses_worded as (

    select
        clauses.source_text,
        clauses.clause_number,
        bool_or(result_words.meaning = 'finding') as names_finding,
        bool_or(result_words.meaning in ('finding', 'statement')) as is_about_result,
        bool_or(result_words.meaning = 'negation') as is_negated,
        bool_or(result_words.meaning = 'aside') as is_aside,
        bool_or(result_words.meaning = 'doubt') as is_doubtful,
        bool_or(result_words.meaning = 'normal') as is_normal,
        clauses.clause like '%:' as is_heading,
        bool_or(whole_clauses.is_present) as whole_is_present,
        max(whole_clauses.number_if_quantity) as whole_number
    from clauses
    left join result_words on {{ plain_words('clauses.clause') }} like '%' || result_words.words || '%'
    left join whole_texts as whole_clauses
        on clauses.clause not like '%:' and {{ plain_words('clauses.clause') }} = whole_clauses.words
    group by 1, 2, clauses.clause

),

clauses_read as (

    select
        source_text,
        clause_number,
        whole_number,
        coalesce(names_finding, false) as names_finding,
        coalesce(is_doubtful, false) as is_doubtful,
        case
            when is_aside then null
            when whole_is_present is not null then whole_is_present
            when is_about_result and is_negated and is_normal then null
            when is_about_result and is_negated then false
            when is_heading or (names_finding and is_normal) then null
            when names_finding then true
            when is_about_result and is_normal then false
        end as is_present
    from clauses_worded

),

sentences_read as (

    select
        source_text,
        bool_or(is_present) as is_present,
        max(whole_number) as whole_number
    from clauses_read
    group by 1
    having
        not bool_or(is_doubtful)
        and bool_or(is_present) is not null
        and not coalesce(
            min(case when is_present then clause_number end)
            < max(case when not is_present and not names_finding then clause_number end),
            false
        )

),

result_texts_read as (

    select
        source_text,
        is_present,
        number_if_quantity
    from result_texts
    union all
    select
        source_text,
        is_present,
        cast(case when not is_present then 0 else whole_number end as double) as number_if_quantity
    from sentences_read

)

select * from result_texts_read
