-- One row per source and delivery of its data, from all sources; delivery_number tells those of one source apart.

select
    source_name,
    cdm_source_name,
    cdm_source_abbreviation,
    cdm_holder,
    source_description,
    source_release_date,
    cdm_release_date,
    cdm_version,
    vocabulary_version,
    row_number() over (
        partition by source_name
        order by
            cdm_release_date nulls last,
            source_release_date nulls last,
            cdm_source_name nulls last,
            cdm_version nulls last,
            vocabulary_version nulls last
    ) as delivery_number
from {{ landed('cdm_source') }}
