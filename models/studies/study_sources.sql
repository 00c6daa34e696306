-- One row per source: what its latest delivery says of itself, how many persons and sites it has, and the notice that a
-- reader of its numbers must see.
-- Definition: a notice is owed where the name, the short name or the description of any delivery (CDM_SOURCE) holds the
-- words of a row of seeds/studies/source_notices. Released: the CDM, else the original data, else the cut of the build.
-- Limits: a source without CDM_SOURCE says nothing of itself; its notice is NULL, which is no proof that it is real.

with landed_sources as (select * from {{ ref('landed_sources') }}),
deliveries as (select * from {{ ref('cdm_source') }}),
persons as (select * from {{ ref('person') }}),
notices as (select * from {{ ref('source_notices') }}),

counted as (

    select
        source_name,
        count(*) as person_count,
        count(distinct care_site_id) as site_count
    from persons
    group by 1

),

owed as (

    select
        deliveries.source_name,
        min(notices.notice) as notice
    from deliveries
    inner join notices
        on
            {{ plain_words("coalesce(deliveries.cdm_source_name, '') || ' ' || coalesce(deliveries.cdm_source_abbreviation, '') || ' ' || coalesce(deliveries.source_description, '')") }}
            like '% ' || notices.words || ' %'
    group by 1

),

latest as (

    select
        deliveries.*,
        row_number() over (partition by source_name order by delivery_number desc) as from_the_last
    from deliveries

),

study_sources as (

    select
        landed_sources.source_name,
        latest.cdm_source_name as database_name,
        latest.cdm_holder as holder,
        latest.source_description as description,
        latest.vocabulary_version,
        owed.notice,
        coalesce(counted.person_count, 0) as person_count,
        coalesce(counted.site_count, 0) as site_count,
        owed.notice is not null as is_synthetic,
        coalesce(latest.cdm_release_date, latest.source_release_date, landed_sources.data_cut_date) as release_date
    from landed_sources
    left join latest on landed_sources.source_name = latest.source_name and latest.from_the_last = 1
    left join counted on landed_sources.source_name = counted.source_name
    left join owed on landed_sources.source_name = owed.source_name

)

select * from study_sources
