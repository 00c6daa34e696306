-- One row per person, line and drug given in it: was the myeloma refractory to the drug?
-- Definition: algorithms 3.3, the IMWG's progression on therapy or within 60 days of the last dose. CONFIRMED: a
-- progression after a dose of the line and at most 60 days after the last dose. PROBABLE: no such record, but the next
-- line began within that time for no reason but failure. EXPOSED: neither; it does not mean sensitive. evidence_date
-- is the day on which the status became known, so that any earlier date sees EXPOSED.
-- Limits: a switch for toxicity reads as PROBABLE; the share of proxies per site is in qc.refractoriness_proxies. Death
-- from myeloma soon after a dose is not taken as evidence: sources rarely hold its cause.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role in ('core', 'bridging') and line_number is not null

),

lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

progressions as (

    select distinct
        person_id,
        progression_date
    from {{ ref('int_progression_dates') }}

),

given as (

    select
        person_id,
        line_number,
        ingredient,
        drug_class,
        min(start_date) as first_dose_date,
        max(last_dose_date) as last_dose_date
    from exposures
    group by 1, 2, 3, 4

),

confirmed as (

    select
        exposures.person_id,
        exposures.line_number,
        exposures.ingredient,
        min(progressions.progression_date) as evidence_date
    from exposures
    inner join progressions
        on
            exposures.person_id = progressions.person_id
            and exposures.start_date < progressions.progression_date
            and {{ days_between('exposures.last_dose_date', 'progressions.progression_date') }}
            <= {{ parameter('refractoriness', 'refractory_window') }}
    group by 1, 2, 3

),

switched as (

    select
        exposures.person_id,
        exposures.line_number,
        exposures.ingredient,
        min(next_lines.line_start_date) as evidence_date
    from exposures
    inner join lines_of_therapy as next_lines
        on
            exposures.person_id = next_lines.person_id
            and exposures.line_number + 1 = next_lines.line_number
            and exposures.start_date < next_lines.line_start_date
            and {{ days_between('exposures.last_dose_date', 'next_lines.line_start_date') }}
            <= {{ parameter('refractoriness', 'refractory_window') }}
    where next_lines.start_reason != 'GAP'
    group by 1, 2, 3

),

refractoriness as (

    select
        given.person_id,
        given.line_number,
        given.ingredient,
        given.drug_class,
        case
            when confirmed.evidence_date is not null then 'CONFIRMED'
            when switched.evidence_date is not null then 'PROBABLE'
            else 'EXPOSED'
        end as status,
        given.first_dose_date,
        given.last_dose_date,
        coalesce(confirmed.evidence_date, switched.evidence_date) as evidence_date
    from given
    left join confirmed
        on
            given.person_id = confirmed.person_id
            and given.line_number = confirmed.line_number
            and given.ingredient = confirmed.ingredient
    left join switched
        on
            given.person_id = switched.person_id
            and given.line_number = switched.line_number
            and given.ingredient = switched.ingredient

)

select * from refractoriness
