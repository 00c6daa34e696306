-- One row per person and thing the person was exposed to (a drug, a class, a set of drugs), with the first day.
-- Definition: algorithms 3.1: any administration counts, conditioning and bridging too, lymphodepletion does not.
-- Triple-class: an immunomodulatory drug, a proteasome inhibitor and an anti-CD38 antibody; penta-drug: two, two and
-- one of them; combination chemotherapy: cisplatin and etoposide, which DCEP and PACE share; alkylating agent: any
-- alkylator, cisplatin among them (definitions 3.2 and 3.3).

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role not in ('lymphodepletion')

),

drugs as (

    select
        person_id,
        ingredient,
        drug_class,
        min(start_date) as exposed_date
    from exposures
    group by 1, 2, 3

),

ranked as (

    select
        drugs.*,
        row_number() over (partition by person_id, drug_class order by exposed_date, ingredient) as rank_in_class
    from drugs

),

combinations as (

    select
        ranked.person_id,
        class_counts.name,
        max(ranked.exposed_date) as exposed_date
    from ranked
    inner join {{ ref('class_combinations') }} as class_counts
        on ranked.drug_class = class_counts.drug_class and ranked.rank_in_class = class_counts.drug_count
    group by 1, 2, class_counts.class_count
    having count(*) = class_counts.class_count

),

memberships as (

    select
        person_id,
        ingredient as name,
        exposed_date
    from drugs
    union all
    select
        person_id,
        drug_class as name,
        exposed_date
    from drugs
    union all
    select
        person_id,
        'bispecific' as name,
        exposed_date
    from drugs
    where drug_class in ('bcma_bispecific', 'gprc5d_bispecific', 'other_bispecific')
    union all
    select
        person_id,
        'non_bcma_bispecific' as name,
        exposed_date
    from drugs
    where drug_class in ('gprc5d_bispecific', 'other_bispecific')
    union all
    select
        person_id,
        'alkylating_agent' as name,
        exposed_date
    from drugs
    where drug_class = 'alkylator' or ingredient = 'cisplatin'

),

first_uses as (

    select
        person_id,
        name,
        min(exposed_date) as exposed_date
    from memberships
    group by 1, 2

),

treatment_exposures as (

    select * from first_uses
    union all
    select * from combinations
    union all
    select
        person_id,
        case when name in ('imid', 'pi') then 'imid_and_pi' else 'combination_chemotherapy' end as name,
        max(exposed_date) as exposed_date
    from first_uses
    where name in ('imid', 'pi', 'cisplatin', 'etoposide')
    group by 1, 2
    having count(*) = 2

)

select * from treatment_exposures
