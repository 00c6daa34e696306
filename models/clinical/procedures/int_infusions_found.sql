-- One row per person and infusion of a CAR-T product.
-- Definition: specification procedures 2.3 rule 4. Codes have ranks (infusion_code_ranks): the administration, the
-- product, its order, the stay or claim line. A code within cluster_days (30), or in one stay, of a better one is of
-- its infusion; what remains is one infusion where codes follow each other as closely, on the earliest of their days. A
-- stay's code makes an infusion of a person without any other, and no second one. The product is the most specific that
-- a code of the infusion names: by name, then by rank, then by nearness. target: BCMA, unless the product has another.
-- Limits: a code that names no product counts only for a person with myeloma and without a CD19 product; of two
-- infusions within 30 days the second is not seen.

with events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'cell_therapy'),
ranks as (select * from {{ ref('infusion_code_ranks') }}),
record_types as (select * from {{ ref('drug_record_types') }}),
stays as (select * from events where concept_set_id in ('visit_inpatient', 'visit_er_inpatient')),

ranked_records as (

    select
        events.person_id,
        events.start_date,
        roles.role as product,
        ranks.code_rank,
        ranks.is_of_stay,
        row_number() over (
            partition by events.person_id, events.start_date, roles.role, events.vocabularies, events.type_concept_id
            order by ranks.record_type is null, ranks.code_rank, ranks.vocabulary_id
        ) as preference
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join record_types on events.domain = 'drug' and events.type_concept_id = record_types.type_concept_id
    inner join ranks
        on
            '+' || events.vocabularies || '+' like '%+' || ranks.vocabulary_id || '+%'
            and (ranks.record_type is null or record_types.record_type = ranks.record_type)
    where roles.role in ('ide_cel', 'cilta_cel', 'other_bcma', 'unknown', 'other_target')

),

code_days as (

    select distinct
        person_id,
        start_date,
        product,
        code_rank,
        is_of_stay
    from ranked_records
    where preference = 1

),

neighbors as (

    select distinct
        code_days.person_id,
        code_days.start_date,
        code_days.code_rank,
        others.start_date as other_date,
        others.code_rank as other_rank
    from code_days
    inner join code_days as others on code_days.person_id = others.person_id
    left join stays
        on
            code_days.person_id = stays.person_id
            and code_days.start_date between stays.start_date and stays.end_date
            and others.start_date between stays.start_date and stays.end_date
    where
        abs({{ days_between('code_days.start_date', 'others.start_date') }})
        <= {{ parameter('cell_therapies', 'cluster_days') }}
        or stays.person_id is not null

),

superseded as (

    select distinct
        person_id,
        start_date,
        code_rank
    from neighbors
    where other_rank < code_rank

),

dating_days as (

    select
        code_days.person_id,
        code_days.start_date,
        bool_and(code_days.is_of_stay) as is_of_stay,
        lag(code_days.start_date) over (partition by code_days.person_id order by code_days.start_date) as previous_date
    from code_days
    left join superseded
        on
            code_days.person_id = superseded.person_id
            and code_days.start_date = superseded.start_date
            and code_days.code_rank = superseded.code_rank
    where superseded.person_id is null
    group by 1, 2

),

neighboring_days as (

    select distinct
        person_id,
        start_date,
        other_date
    from neighbors

),

numbered_days as (

    select
        dating_days.person_id,
        dating_days.start_date,
        dating_days.is_of_stay,
        sum(case when neighboring_days.person_id is null then 1 else 0 end) over (
            partition by dating_days.person_id order by dating_days.start_date
            rows between unbounded preceding and current row
        ) as infusion_number
    from dating_days
    left join neighboring_days
        on
            dating_days.person_id = neighboring_days.person_id
            and dating_days.start_date = neighboring_days.start_date
            and dating_days.previous_date = neighboring_days.other_date

),

dated_infusions as (

    select
        person_id,
        infusion_number,
        min(start_date) as infusion_date,
        max(start_date) as last_date,
        row_number() over (partition by person_id order by bool_and(is_of_stay), infusion_number) as believed_rank,
        bool_and(is_of_stay) as is_of_stay
    from numbered_days
    group by 1, 2

),

infusions as (

    select * from dated_infusions
    where believed_rank = 1 or not is_of_stay

),

-- every code that names a product speaks for the infusion nearest to it
products_named as (

    select
        code_days.person_id,
        code_days.product,
        code_days.code_rank,
        infusions.infusion_date,
        abs({{ days_between('infusions.infusion_date', 'code_days.start_date') }}) as days_away,
        row_number() over (
            partition by code_days.person_id, code_days.start_date, code_days.product, code_days.code_rank
            order by abs({{ days_between('infusions.infusion_date', 'code_days.start_date') }}), infusions.infusion_date
        ) as nearness
    from infusions
    inner join code_days on infusions.person_id = code_days.person_id
    inner join neighboring_days
        on
            code_days.person_id = neighboring_days.person_id
            and code_days.start_date = neighboring_days.start_date
            and neighboring_days.other_date between infusions.infusion_date and infusions.last_date

),

specific_products as (

    select
        products_named.*,
        row_number() over (
            partition by person_id, infusion_date
            order by product = 'unknown', code_rank, days_away, product
        ) as preference
    from products_named
    where nearness = 1

),

infusions_found as (

    select
        person_id,
        infusion_date,
        product,
        case
            when product = 'other_target' then 'other'
            when product = 'unknown' and bool_or(product = 'other_target') over (partition by person_id) then 'other'
            else 'bcma'
        end as target
    from specific_products
    where preference = 1

)

select * from infusions_found
