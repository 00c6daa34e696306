{#- Pairs each marker that has no assessed_date yet with the nearest day, lab_window days away at most, of the marker that
    leads in this step (of two as near the earlier); of several days of a marker that lie nearest to one day the nearest is
    paired. Whoever is not paired keeps NULL. `markers` has person_id, marker, marker_date, lead_number, assessed_date. -#}
{% macro paired_with_nearest(markers, lead_number) -%}
    {%- set lead_day = "case when assessed_date is null and lead_number = " ~ lead_number ~ " then marker_date end" -%}
    select
        person_id,
        marker,
        marker_date,
        lead_number,
        coalesce(
            assessed_date,
            case
                when
                    row_number() over (
                        partition by person_id, marker, nearest_date
                        order by abs({{ days_between('nearest_date', 'marker_date') }}), marker_date
                    ) = 1
                    and abs({{ days_between('nearest_date', 'marker_date') }}) <= {{ parameter('responses', 'lab_window') }}
                    then nearest_date
            end
        ) as assessed_date
    from (
        select
            days_around.*,
            case
                when assessed_date is not null then null
                when {{ days_between('marker_date', 'lead_after') }} < {{ days_between('lead_before', 'marker_date') }}
                    then lead_after
                else coalesce(lead_before, lead_after)
            end as nearest_date
        from (
            select
                {{ markers }}.*,
                max({{ lead_day }}) over (
                    partition by person_id order by marker_date range between unbounded preceding and current row
                ) as lead_before,
                min({{ lead_day }}) over (
                    partition by person_id order by marker_date range between current row and unbounded following
                ) as lead_after
            from {{ markers }}
        ) as days_around
    ) as nearest_days
{%- endmacro %}
