"""Three people and twelve measurements: the smallest CDM, and a writer for tables."""

from pathlib import Path

from myelomart import warehouse

PERSON = """
    select * from (values
        (1, 8507, 1950, 8527, 38003564), (2, 8532, 1960, 8516, 38003563), (3, 8507, 1945, 0, 0)
    ) as people (person_id, gender_concept_id, year_of_birth, race_concept_id, ethnicity_concept_id)
"""
MEASUREMENT = """
    select
        number as measurement_id,
        number % 3 + 1 as person_id,
        3000963 as measurement_concept_id,
        date '2020-01-01' + cast(number as integer) as measurement_date,
        number + 0.5 as value_as_number,
        'g/dL' as unit_source_value
    from range(1, 13) as numbers (number)
"""


def write_table(query: str, path: Path, options: str = "format parquet") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with warehouse.scratch() as connection:
        connection.execute(f"copy ({query}) to {warehouse.literal(path)} ({options})")
    return path
