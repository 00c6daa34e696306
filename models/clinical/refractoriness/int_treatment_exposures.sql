-- One row per person and thing the person was exposed to (a drug, a class, a set of drugs), with the first day.
-- Definition: specification refractoriness 3.1 (Rajkumar 2011): any administration counts, conditioning and bridging
-- too, lymphodepletion does not; where min_exposure_admin asks for more than one, the day of the last of so many.
-- Triple-class and penta-drug: int_class_combinations; combination chemotherapy: cisplatin and etoposide, which DCEP
-- and PACE share; alkylating agent: any alkylator, cisplatin among them (specification studies D3.2 and D3.3).

with exposures as (

    select
        drug_exposures.*,
        row_number() over (partition by person_id, ingredient order by start_date) as administration_number
    from {{ ref('drug_exposures') }} as drug_exposures
    where drug_exposures.role not in ('lymphodepletion')

),

drugs as (

    select
        person_id,
        ingredient,
        drug_class,
        min(start_date) as exposed_date
    from exposures
    where administration_number = {{ parameter('refractoriness', 'min_exposure_admin') }}
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
        class_combinations.name,
        max(ranked.exposed_date) as exposed_date
    from ranked
    inner join {{ ref('int_class_combinations') }} as class_combinations
        on
            ranked.ingredient = class_combinations.part
            or (ranked.drug_class = class_combinations.part and ranked.rank_in_class = class_combinations.drug_count)
    group by 1, 2, class_combinations.part_count
    having count(*) = class_combinations.part_count

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
