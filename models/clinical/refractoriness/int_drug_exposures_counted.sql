-- One row per exposure to a drug of a line that may show the myeloma to be refractory to it.
-- Definition: core and bridging drugs, from the dose on that makes a person exposed (min_exposure_admin); without
-- lenalidomide under len_min_dose_mg a day (specification refractoriness 3.2: some trials take no notice of 10 mg or
-- less). A dose of unknown strength counts. toxicity_stop_date: the drug was stopped in its line for toxicity,
-- whichever dose says so.

with administrations as (

    select
        drug_exposures.*,
        row_number() over (partition by person_id, ingredient order by start_date) as administration_number,
        max(case when is_stopped_for_toxicity then last_dose_date end)
            over (partition by person_id, line_number, ingredient) as toxicity_stop_date
    from {{ ref('drug_exposures') }} as drug_exposures
    where drug_exposures.role in ('core', 'bridging') and drug_exposures.line_number is not null

),

drug_exposures_counted as (

    select
        person_id,
        line_number,
        ingredient,
        start_date,
        last_dose_date,
        toxicity_stop_date
    from administrations
    where
        administration_number >= {{ parameter('refractoriness', 'min_exposure_admin') }}
        and not coalesce(
            ingredient = 'lenalidomide' and daily_milligrams < {{ parameter('refractoriness', 'len_min_dose_mg') }},
            false
        )

)

select * from drug_exposures_counted
