-- One row per rule set: every parameter of the lines of therapy in a column of its own.
-- Definition: a rule set says only where it differs from `default`; a row with an empty value switches the rule off
-- (specification lines 2.2). The one in force counts lines too when it changes nothing of them (a rule of responses,
-- say), and so does one that only permits substitutions.

with parameters as (select * from {{ ref('algorithm_parameters') }} where algorithm = 'lines_of_therapy'),

rule_sets as (

    select rule_set from parameters
    union
    select rule_set from {{ ref('line_substitutions') }}
    union
    select '{{ var("rule_set") }}' as rule_set

),

defaults as (select * from parameters where rule_set = 'default'),

in_force as (

    select
        rule_sets.rule_set,
        defaults.parameter,
        case when parameters.rule_set is null then defaults.value else parameters.value end as value
    from rule_sets
    cross join defaults
    left join parameters
        on rule_sets.rule_set = parameters.rule_set and defaults.parameter = parameters.parameter

),

line_rules as (

    select
        rule_set,
        max(case when parameter = 'longest_cover_days' then value end) as longest_cover_days,
        max(case when parameter = 'dx_lag_days' then value end) as dx_lag_days,
        max(case when parameter = 'regimen_window_l1' then value end) as regimen_window_l1,
        max(case when parameter = 'regimen_window_ln' then value end) as regimen_window_ln,
        max(case when parameter = 'rechallenge_gap_days' then value end) as rechallenge_gap_days,
        max(case when parameter = 'transplant_gap_days' then value end) as transplant_gap_days,
        max(case when parameter = 'relapse_drug_opens' then value end) as relapse_drug_opens,
        max(case when parameter = 'drug_return_gap_days' then value end) as drug_return_gap_days,
        max(case when parameter = 'class_change_opens' then value end) as class_change_opens,
        max(case when parameter = 'steroid_free_maintenance_days' then value end) as steroid_free_maintenance_days,
        max(case when parameter = 'steroid_free_change_days' then value end) as steroid_free_change_days,
        max(case when parameter = 'pd_gap_min_days' then value end) as pd_gap_min_days,
        max(case when parameter = 'discon_gap_days' then value end) as discon_gap_days,
        max(case when parameter = 'asct_after_last_dose_days' then value end) as asct_after_last_dose_days,
        max(case when parameter = 'post_asct_planned_days' then value end) as post_asct_planned_days,
        max(case when parameter = 'post_asct_any_drug' then value end) as post_asct_any_drug,
        max(case when parameter = 'later_consolidation' then value end) as later_consolidation,
        max(case when parameter = 'tandem_days' then value end) as tandem_days,
        max(case when parameter = 'salvage_asct_absorbed' then value end) as salvage_asct_absorbed,
        max(case when parameter = 'transplant_opens' then value end) as transplant_opens,
        max(case when parameter = 'abstracted_opens' then value end) as abstracted_opens,
        max(case when parameter = 'substitution_pd_days' then value end) as substitution_pd_days,
        max(case when parameter = 'bridging_in_cart_line' then value end) as bridging_in_cart_line,
        max(case when parameter = 'bridging_in_prior_line' then value end) as bridging_in_prior_line,
        max(case when parameter = 'cart_consolidation_days' then value end) as cart_consolidation_days,
        max(case when parameter = 'cart_reinfusion_days' then value end) as cart_reinfusion_days,
        max(case when parameter = 'nontransplant_switch_days' then value end) as nontransplant_switch_days,
        max(case when parameter = 'pre_transplant_change_days' then value end) as pre_transplant_change_days,
        max(case when parameter = 'first_line_change_days' then value end) as first_line_change_days,
        max(case when parameter = 'unprogressed_addition_days' then value end) as unprogressed_addition_days,
        max(case when parameter = 'conditioning_days_before' then value end) as conditioning_days_before,
        max(case when parameter = 'conditioning_days_after' then value end) as conditioning_days_after,
        max(case when parameter = 'mobilisation_days_before' then value end) as mobilisation_days_before,
        max(case when parameter = 'mobilisation_days_until' then value end) as mobilisation_days_until,
        max(case when parameter = 'mobilisation_max_dates' then value end) as mobilisation_max_dates,
        max(case when parameter = 'ld_window_days' then value end) as ld_window_days,
        max(case when parameter = 'short_line_days' then value end) as short_line_days,
        max(case when parameter = 'short_line_next_days' then value end) as short_line_next_days,
        max(case when parameter = 'short_line_counts' then value end) as short_line_counts,
        max(case when parameter = 'death_on_therapy_days' then value end) as death_on_therapy_days,
        max(case when parameter = 'steroid_seen_days' then value end) as steroid_seen_days
    from in_force
    group by 1

)

select * from line_rules
