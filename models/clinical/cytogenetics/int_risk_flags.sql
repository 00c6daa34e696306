{{ config(materialized='ephemeral') }}
-- One row per person, cytogenetic risk or abnormality and day from which it is known to be there or not.
-- Definition: the risk under each definition and the abnormalities themselves (algorithms 12); null where unknown.

with risks as (select * from {{ ref('int_cytogenetic_risks') }}),
states as (select * from {{ ref('int_cytogenetic_states') }}),

risk_flags as (

    select
        person_id,
        'high_risk_s2' as name,
        high_risk_s2 as flag,
        valid_from_date
    from risks
    union all
    select
        person_id,
        'high_risk_s4' as name,
        high_risk_s4 as flag,
        valid_from_date
    from risks
    union all
    select
        person_id,
        'high_risk_cgs2025' as name,
        high_risk_cgs2025 as flag,
        valid_from_date
    from risks
    union all
    select
        person_id,
        'high_risk_s2_lenient' as name,
        high_risk_s2_lenient as flag,
        valid_from_date
    from risks
    union all
    select
        person_id,
        'high_risk_s4_lenient' as name,
        high_risk_s4_lenient as flag,
        valid_from_date
    from risks
    union all
    select
        person_id,
        'high_risk_cgs2025_lenient' as name,
        high_risk_cgs2025_lenient as flag,
        valid_from_date
    from risks
    union all
    select
        person_id,
        'has_del_17p' as name,
        del_17p as flag,
        valid_from_date
    from states
    union all
    select
        person_id,
        'has_t_4_14' as name,
        t_4_14 as flag,
        valid_from_date
    from states
    union all
    select
        person_id,
        'has_t_14_16' as name,
        t_14_16 as flag,
        valid_from_date
    from states
    union all
    select
        person_id,
        'has_t_14_20' as name,
        t_14_20 as flag,
        valid_from_date
    from states
    union all
    select
        person_id,
        'has_t_11_14' as name,
        t_11_14 as flag,
        valid_from_date
    from states
    union all
    select
        person_id,
        'has_gain_1q21' as name,
        gain_1q21 as flag,
        valid_from_date
    from states
    union all
    select
        person_id,
        'has_hyperdiploidy' as name,
        hyperdiploidy as flag,
        valid_from_date
    from states
    union all
    -- of chromosome 1 the gain of 1q is what panels test; a deletion of 1p32 counts where it was found
    select
        person_id,
        'has_chromosome_1_abnormality' as name,
        case when del_1p32 then true else gain_1q21 end as flag,
        valid_from_date
    from states

)

select * from risk_flags
