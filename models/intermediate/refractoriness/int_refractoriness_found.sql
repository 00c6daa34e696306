-- One row per person, line and drug to which the myeloma was refractory, with the strongest evidence of it.
-- Definition: algorithms 3.3. CONFIRMED: a progression after a dose of the line and at most 60 days after the last one
-- (rule 1); or nothing better than stable disease in two assessments or more, the last of them 60 days into the line
-- or later (rule 2). PROBABLE (rule 3): the next line began within those 60 days, unless the same drug merely came
-- back, a transplant or infusion followed a documented partial response, or the drug was stopped for toxicity at most
-- 28 days before; or death from myeloma. evidence_date is the day on which it became known, so that any earlier date
-- sees nothing.
-- Limits: a switch for toxicity that no record explains reads as PROBABLE (shares per site in
-- qc.refractoriness_proxies); few sources hold the cause of death or why a drug was stopped.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role in ('core', 'bridging') and line_number is not null

),

lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

progressions as (

    select * from {{ ref('int_progression_dates') }}

),

responses as (

    select * from {{ ref('responses') }}
    where response != 'NE'

),

line_responses as (

    select * from {{ ref('line_responses') }}

),

myeloma_deaths as (

    select * from {{ ref('int_myeloma_deaths') }}

),

limits as (

    select
        {{ parameter('refractoriness', 'refractory_window') }} as refractory_window,
        {{ parameter('refractoriness', 'nonresponse_min_days') }} as nonresponse_min_days,
        {{ parameter('refractoriness', 'toxicity_stop_days') }} as toxicity_stop_days

),

not_responding as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        max(responses.assessed_date) as evidence_date
    from lines_of_therapy
    cross join limits
    inner join line_responses
        on
            lines_of_therapy.person_id = line_responses.person_id
            and lines_of_therapy.line_number = line_responses.line_number
    inner join responses
        on
            lines_of_therapy.person_id = responses.person_id and lines_of_therapy.line_number = responses.line_number
    where line_responses.best_response in ('SD', 'PD')
    group by 1, 2
    having
        count(distinct responses.assessed_date) >= 2
        and {{ days_between('min(lines_of_therapy.line_start_date)', 'max(responses.assessed_date)') }}
        >= max(limits.nonresponse_min_days)

),

next_lines as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number - 1 as line_number,
        lines_of_therapy.line_start_date
    from lines_of_therapy
    left join line_responses
        on
            lines_of_therapy.person_id = line_responses.person_id
            and lines_of_therapy.line_number - 1 = line_responses.line_number
    where
        lines_of_therapy.start_reason != 'GAP'
        and not (lines_of_therapy.start_reason in ('CART', 'ASCT') and coalesce(line_responses.is_responder, false))

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
        cast(null as date) as last_dose_date,
        'CONFIRMED' as status,
        not_responding.evidence_date
    from exposures
    inner join not_responding
        on
            exposures.person_id = not_responding.person_id
            and exposures.line_number = not_responding.line_number
            and exposures.start_date < not_responding.evidence_date
    union all
    select
        exposures.person_id,
        exposures.line_number,
        exposures.ingredient,
        exposures.last_dose_date,
        'PROBABLE' as status,
        next_lines.line_start_date as evidence_date
    from exposures
    cross join limits
    inner join next_lines
        on
            exposures.person_id = next_lines.person_id
            and exposures.line_number = next_lines.line_number
            and exposures.start_date < next_lines.line_start_date
    where
        not (
            coalesce(exposures.is_stopped_for_toxicity, false)
            and {{ days_between('exposures.last_dose_date', 'next_lines.line_start_date') }}
            <= limits.toxicity_stop_days
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

in_time as (

    select evidence.*
    from evidence
    cross join limits
    where
        evidence.last_dose_date is null
        or {{ days_between('evidence.last_dose_date', 'evidence.evidence_date') }} <= limits.refractory_window

),

refractoriness_found as (

    select
        person_id,
        line_number,
        ingredient,
        min(status) as status,
        coalesce(
            min(case when status = 'CONFIRMED' then evidence_date end), min(evidence_date)
        ) as evidence_date
    from in_time
    group by 1, 2, 3

)

select * from refractoriness_found
