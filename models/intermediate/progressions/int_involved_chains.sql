-- One row per patient with an abnormal ratio of free light chains: the chain that the clone makes.
-- Definition: the first day on which the ratio is abnormal and the involved chain at least measurable_flc (else the
-- first abnormal ratio): above kappa_ratio_above the chain is kappa, below lambda_ratio_below lambda (algorithms 4.2:
-- fixed at baseline).
-- Limits: the renal ratio range is not used.

with markers as (

    select
        person_id,
        marker_date,
        kappa_chains,
        lambda_chains,
        coalesce(kappa_chains / nullif(lambda_chains, 0), recorded_ratio) as ratio
    from {{ ref('int_disease_markers') }}
    where kappa_chains is not null or lambda_chains is not null

),

judged as (

    select
        markers.*,
        case
            when ratio > {{ parameter('responses', 'kappa_ratio_above') }} then 'kappa'
            when ratio < {{ parameter('responses', 'lambda_ratio_below') }} then 'lambda'
        end as involved_chain
    from markers

),

ranked as (

    select
        judged.*,
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
    from judged
    where involved_chain is not null

),

involved_chains as (

    select
        person_id,
        involved_chain,
        marker_date as chain_known_date
    from ranked
    where chain_rank = 1

)

select * from involved_chains
