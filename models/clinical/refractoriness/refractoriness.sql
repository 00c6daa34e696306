-- One row per person, line and drug given in it: was the myeloma refractory to the drug?
-- Definition: specification refractoriness 3.3 (Rajkumar 2011), the IMWG's progression on therapy or within 60 days of
-- the last dose. CONFIRMED: a progression after a dose of the line and at most 60 days after the last one (rule 1); or
-- no response to the line (rule 2). PROBABLE (rule 3): another line began within those 60 days, unless the drug was
-- stopped for toxicity at most 28 days before, or goes on in that line (given again at most continued_days after its
-- last dose); or death from myeloma. EXPOSED is neither and does not mean sensitive.
-- Which lines failed is in int_failed_lines, which doses count in int_drug_exposures_counted. evidence_date is the day
-- on which the status became known, so that any earlier date sees EXPOSED.
-- Limits: a switch for toxicity that no record explains reads as PROBABLE (shares per site in
-- qc.refractoriness_proxies); few sources hold the cause of death or why a drug was stopped.

with drug_exposures as (

    select * from {{ ref('drug_exposures') }}
    where role in ('core', 'bridging') and line_number is not null

),

exposures as (select * from {{ ref('int_drug_exposures_counted') }}),
failed_lines as (select * from {{ ref('int_failed_lines') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),
myeloma_deaths as (select * from {{ ref('int_myeloma_deaths') }}),

drugs_of_lines as (

    select
        person_id,
        line_number,
        ingredient,
        drug_class,
        min(start_date) as first_dose_date,
        max(last_dose_date) as last_dose_date
    from drug_exposures
    group by 1, 2, 3, 4

),

continued_drugs as (

    select
        drugs_of_lines.person_id,
        drugs_of_lines.line_number,
        drugs_of_lines.ingredient
    from drugs_of_lines
    inner join drugs_of_lines as drugs_of_next_lines
        on
            drugs_of_lines.person_id = drugs_of_next_lines.person_id
            and drugs_of_lines.ingredient = drugs_of_next_lines.ingredient
            and drugs_of_lines.line_number + 1 = drugs_of_next_lines.line_number
            and {{ days_between('drugs_of_lines.last_dose_date', 'drugs_of_next_lines.first_dose_date') }}
            <= {{ parameter('refractoriness', 'continued_days') }}

),

evidence as (

    select
        exposures.person_id,
        exposures.line_number,
        exposures.ingredient,
        exposures.last_dose_date,
        'CONFIRMED' as status,
        progressions.progression_date as evidence_date
    from exposures
    inner join progressions
        on exposures.person_id = progressions.person_id and exposures.start_date < progressions.progression_date
    union all
    select
        exposures.person_id,
        exposures.line_number,
        exposures.ingredient,
        case failed_lines.failure when 'next_line' then exposures.last_dose_date end as last_dose_date,
        case failed_lines.failure when 'next_line' then 'PROBABLE' else 'CONFIRMED' end as status,
        failed_lines.evidence_date
    from exposures
    inner join failed_lines
        on
            exposures.person_id = failed_lines.person_id
            and exposures.line_number = failed_lines.line_number
            and exposures.start_date < failed_lines.evidence_date
    left join continued_drugs
        on
            exposures.person_id = continued_drugs.person_id
            and exposures.line_number = continued_drugs.line_number
            and exposures.ingredient = continued_drugs.ingredient
    where
        failed_lines.failure = 'no_response'
        or (
            continued_drugs.person_id is null
            and coalesce(
                {{ days_between('exposures.toxicity_stop_date', 'failed_lines.evidence_date') }}
                > {{ parameter('refractoriness', 'toxicity_stop_days') }},
                true
            )
        )
    union all
    select
        exposures.person_id,
        exposures.line_number,
        exposures.ingredient,
        exposures.last_dose_date,
        'PROBABLE' as status,
        myeloma_deaths.death_date as evidence_date
    from exposures
    inner join myeloma_deaths
        on exposures.person_id = myeloma_deaths.person_id and exposures.start_date < myeloma_deaths.death_date

),

strongest_evidence as (

    select
        person_id,
        line_number,
        ingredient,
        min(status) as status,
        coalesce(
            min(case when status = 'CONFIRMED' then evidence_date end), min(evidence_date)
        ) as evidence_date
    from evidence
    where
        last_dose_date is null
        or {{ days_between('last_dose_date', 'evidence_date') }} <= {{ parameter('refractoriness', 'refractory_window') }}
    group by 1, 2, 3

),

refractoriness as (

    select
        drugs_of_lines.person_id,
        drugs_of_lines.line_number,
        drugs_of_lines.ingredient,
        drugs_of_lines.drug_class,
        coalesce(strongest_evidence.status, 'EXPOSED') as status,
        drugs_of_lines.first_dose_date,
        drugs_of_lines.last_dose_date,
        strongest_evidence.evidence_date
    from drugs_of_lines
    left join strongest_evidence
        on
            drugs_of_lines.person_id = strongest_evidence.person_id
            and drugs_of_lines.line_number = strongest_evidence.line_number
            and drugs_of_lines.ingredient = strongest_evidence.ingredient

)

select * from refractoriness
