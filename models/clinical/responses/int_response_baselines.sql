-- One row per patient and line of therapy: the markers before it, and which of them can be measured.
-- Definition: the last known value of each marker up to baseline_lookback (42) days before the baseline date (marrow
-- and imaging: imaging_baseline_from, 60). Serum is measurable from 1 g/dL, urine from 200 mg/24 h, and light chains
-- from 10 mg/dL with an abnormal ratio where neither protein is (specification responses 4.1, 4.2, Kumar 2016).

with response_lines as (select * from {{ ref('int_response_lines') }}),

markers as (

    select
        disease_markers.*,
        involved_chains.involved_chain,
        coalesce(kappa_chains / nullif(lambda_chains, 0), recorded_ratio) as flc_ratio
    from {{ ref('int_disease_markers') }} as disease_markers
    left join {{ ref('int_involved_chains') }} as involved_chains
        on disease_markers.person_id = involved_chains.person_id

),

earlier_markers as (

    select
        response_lines.person_id,
        response_lines.line_number,
        markers.marker_date,
        case
            when
                {{ days_between('markers.marker_date', 'response_lines.baseline_date') }}
                <= {{ parameter('responses', 'baseline_lookback') }}
                then markers.marker_date
        end as lab_date,
        markers.serum,
        markers.urine,
        case involved_chain when 'kappa' then kappa_chains when 'lambda' then lambda_chains end as involved_flc,
        case involved_chain
            when 'kappa' then kappa_chains - lambda_chains
            when 'lambda' then lambda_chains - kappa_chains
        end as flc_difference,
        flc_ratio not between markers.ratio_low and markers.ratio_high as is_ratio_abnormal,
        markers.has_urine_band,
        markers.marrow,
        markers.plasmacytoma,
        markers.has_extramedullary,
        markers.has_paramedullary
    from response_lines
    inner join markers
        on
            response_lines.person_id = markers.person_id
            and {{ days_between('markers.marker_date', 'response_lines.baseline_date') }}
            between 0 and -1 * {{ parameter('progressions', 'imaging_baseline_from') }}

),

last_values as (

    select
        person_id,
        line_number,
        max_by(serum, case when serum is not null then lab_date end) as serum,
        max_by(urine, case when urine is not null then lab_date end) as urine,
        max_by(involved_flc, case when involved_flc is not null then lab_date end) as involved_flc,
        max_by(flc_difference, case when flc_difference is not null then lab_date end) as flc_difference,
        max_by(is_ratio_abnormal, case when is_ratio_abnormal is not null then lab_date end) as is_ratio_abnormal,
        max_by(has_urine_band, case when has_urine_band is not null then lab_date end) as has_urine_band,
        max_by(marrow, case when marrow is not null then marker_date end) as marrow,
        max_by(plasmacytoma, case when plasmacytoma is not null then marker_date end) as plasmacytoma,
        max_by(has_extramedullary, case when has_extramedullary is not null then marker_date end) as has_extramedullary,
        max_by(has_paramedullary, case when has_paramedullary is not null then marker_date end) as has_paramedullary
    from earlier_markers
    group by 1, 2

),

response_baselines as (

    select
        response_lines.person_id,
        response_lines.line_number,
        response_lines.index_date,
        response_lines.infusion_date,
        response_lines.next_line_start_date,
        last_values.serum as baseline_serum,
        last_values.urine as baseline_urine,
        last_values.flc_difference as baseline_flc,
        last_values.marrow as baseline_marrow,
        last_values.plasmacytoma as baseline_plasmacytoma,
        coalesce(last_values.urine = 0 or not last_values.has_urine_band, false) as is_urine_negative_at_baseline,
        last_values.has_extramedullary as had_extramedullary,
        last_values.has_paramedullary as had_paramedullary,
        coalesce(last_values.serum >= {{ parameter('responses', 'measurable_serum') }}, false) as is_serum_measurable,
        coalesce(last_values.urine >= {{ parameter('responses', 'measurable_urine') }}, false) as is_urine_measurable,
        coalesce(
            not coalesce(last_values.serum >= {{ parameter('responses', 'measurable_serum') }}, false)
            and not coalesce(last_values.urine >= {{ parameter('responses', 'measurable_urine') }}, false)
            and last_values.is_ratio_abnormal
            and last_values.involved_flc >= {{ parameter('responses', 'measurable_flc') }},
            false
        ) as is_flc_measurable
    from response_lines
    left join last_values
        on response_lines.person_id = last_values.person_id and response_lines.line_number = last_values.line_number

)

select * from response_baselines
