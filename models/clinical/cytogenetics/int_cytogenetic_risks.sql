-- One row per patient and day from which a cytogenetic risk is known, under three named definitions (specification
-- cytogenetics 12.1, Sonneveld 2016, Palumbo 2015, Avet-Loiseau 2025).
-- Definition: high_risk_s2 (salvage study; Sonneveld 2016): gain 1q21, del(17p), t(4;14), t(14;16) or t(14;20).
-- high_risk_s4 (progression study; the set of R-ISS): del(17p), t(4;14) or t(14;16). high_risk_cgs2025 (IMS and IMWG
-- 2025): del(17p) in more than 20 % of cells or TP53 mutation; or t(4;14), t(14;16) or t(14;20) with 1q+ or del(1p32);
-- or del(1p32) with 1q+, or biallelic; or beta-2 microglobulin of 5.5 mg/L or more with creatinine under 1.2 mg/dL.
-- True if any part is true, false only if every part is false, else null. _lenient takes null for false.

with states as (select * from {{ ref('int_cytogenetic_states') }}),

labs as (select * from {{ ref('int_staging_labs') }} where anchor = 'diagnosis'),
patients as (select * from {{ ref('int_myeloma_patients') }}),

-- the diagnosis is a day too: who was never tested is unknown there, and not at high risk under the lenient reading
days as (

    select
        person_id,
        myeloma_diagnosis_date as valid_from_date
    from patients
    union
    select
        person_id,
        valid_from_date
    from states
    union
    select
        person_id,
        anchor_date as valid_from_date
    from labs

),

known_states as (

    select
        days.person_id,
        days.valid_from_date,
        states.del_17p,
        states.t_4_14,
        states.t_14_16,
        states.t_14_20,
        states.gain_1q21,
        states.del_1p32,
        states.del_1p32_biallelic,
        states.tp53_mutation,
        case
            when not states.del_17p then false
            when states.del_17p
                then states.clone_percent_del_17p > {{ parameter('cytogenetics', 'clone_percent_over') }}
        end as del_17p_in_many_cells,
        labs.beta_2_microglobulin >= {{ parameter('cytogenetics', 'high_beta_2_microglobulin') }}
        and labs.creatinine < {{ parameter('cytogenetics', 'low_creatinine_under') }} as is_high_without_renal_failure,
        row_number() over (
            partition by days.person_id, days.valid_from_date order by states.valid_from_date desc nulls last
        ) as recency
    from days
    left join states on days.person_id = states.person_id and days.valid_from_date >= states.valid_from_date
    left join labs on days.person_id = labs.person_id and days.valid_from_date >= labs.anchor_date

),

risks as (

    select
        person_id,
        valid_from_date,
        gain_1q21 or del_17p or t_4_14 or t_14_16 or t_14_20 as high_risk_s2,
        del_17p or t_4_14 or t_14_16 as high_risk_s4,
        del_17p_in_many_cells
        or tp53_mutation
        or ((t_4_14 or t_14_16 or t_14_20) and (gain_1q21 or del_1p32))
        or (del_1p32 and gain_1q21)
        or (del_1p32 and del_1p32_biallelic)
        or is_high_without_renal_failure as high_risk_cgs2025
    from known_states
    where recency = 1

),

cytogenetic_risks as (

    select
        risks.*,
        coalesce(high_risk_s2, false) as high_risk_s2_lenient,
        coalesce(high_risk_s4, false) as high_risk_s4_lenient,
        coalesce(high_risk_cgs2025, false) as high_risk_cgs2025_lenient
    from risks

)

select * from cytogenetic_risks
