-- One row per patient with an abnormal ratio of free light chains: the chain that the clone makes.
-- Definition: the first day on which the ratio is abnormal and the involved chain at least measurable_flc (else the
-- first abnormal ratio): above ratio_high (int_light_chain_limits) the chain is kappa, below ratio_low lambda
-- (specification responses 4.2: fixed at baseline).

with markers as (

    select
        person_id,
        marker_date,
        kappa_chains,
        lambda_chains,
        ratio_low,
        ratio_high,
        coalesce(kappa_chains / nullif(lambda_chains, 0), recorded_ratio) as ratio
    from {{ ref('int_disease_markers') }}
    where kappa_chains is not null or lambda_chains is not null

),

days as (

    select
        markers.*,
        case
            when ratio > ratio_high then 'kappa'
            when ratio < ratio_low then 'lambda'
        end as involved_chain
    from markers

),

ranked_days as (

    select
        days.*,
        row_number() over (
            partition by person_id
            order by
                case
                    when
                        case involved_chain when 'kappa' then kappa_chains else lambda_chains end
                        >= {{ parameter('responses', 'measurable_flc') }}
                        then 0
                    else 1
                end,
                marker_date
        ) as chain_rank
    from days
    where involved_chain is not null

),

involved_chains as (

    select
        person_id,
        involved_chain,
        marker_date as chain_known_date
    from ranked_days
    where chain_rank = 1

)

select * from involved_chains
