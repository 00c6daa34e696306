-- One row per person, ingredient and span of time, in the form of the OMOP CDM's DRUG_ERA.
-- Definition: exposures to a myeloma drug (core.drug_exposures) join while no more days than the parameter era_gap_days
-- lie between the end of what came before and the next start; gap_days are the days within the era without cover.
-- Limits: a drug without an RxNorm ingredient in seeds/clinical_rules/drug_classes has no era; days of one start are
-- one exposure, so that drug_exposure_count is below that of the source's records.

with drug_classes as (select * from {{ ref('drug_classes') }}),

exposures as (

    select
        person_id,
        ingredient,
        start_date,
        greatest(start_date, coalesce(end_date, start_date)) as end_date
    from {{ ref('drug_exposures') }}

),

gaps as (

    select
        exposures.*,
        {{ days_between('max(end_date) over (partition by person_id, ingredient order by start_date rows between unbounded preceding and 1 preceding)', 'start_date') }}
        - 1 as days_without
    from exposures

),

numbered as (

    select
        gaps.*,
        sum(case when days_without <= {{ parameter('exports', 'era_gap_days') }} then 0 else 1 end) over (
            partition by person_id, ingredient
            order by start_date
            rows between unbounded preceding and current row
        ) as era_number
    from gaps

),

eras as (

    select
        person_id,
        ingredient,
        min(start_date) as start_date,
        max(end_date) as end_date,
        count(*) as exposure_count,
        -- the gap before the first exposure of an era is none of its own
        sum(
            case
                when days_without <= {{ parameter('exports', 'era_gap_days') }} then greatest(days_without, 0)
                else 0
            end
        ) as gap_days
    from numbered
    group by person_id, ingredient, era_number

),

drug_era as (

    select
        {{ stable_number("cast(eras.person_id as " ~ dbt.type_string() ~ ") || '|' || eras.ingredient || '|' || cast(eras.start_date as " ~ dbt.type_string() ~ ")") }}
            as drug_era_id,
        eras.person_id,
        drug_classes.rxnorm_concept_id as drug_concept_id,
        eras.start_date as drug_era_start_date,
        eras.end_date as drug_era_end_date,
        cast(eras.exposure_count as integer) as drug_exposure_count,
        cast(eras.gap_days as integer) as gap_days
    from eras
    inner join drug_classes on eras.ingredient = drug_classes.ingredient
    where drug_classes.rxnorm_concept_id is not null

)

select * from drug_era
