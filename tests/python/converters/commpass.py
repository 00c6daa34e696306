"""MMRF CoMMpass clinical data (GDC open access) as a folder of OMOP CDM v5.4 in Parquet.

    python tests/python/converters/commpass.py ../shared/data/commpass /tmp/commpass_cdm

All times of the source are days from diagnosis, so every patient is diagnosed on one fixed date.
Source values stay what they are, repeated rows and dates after the last follow-up included; only
an agent named "Other" is given the local code of an agent that is not named. What a CDM cannot hold
is left out and counted: treatments without a start day.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from myelomart import warehouse
from myelomart.project import project_root

DIAGNOSIS_DATE = "2012-01-01"
OTHER_NAMES = {"bcnu": "carmustine", "liposomal doxorubicin": "doxorubicin"}
UNNAMED_AGENT = "MM-AGENT-UNNAMED"  # the local code that the concept-set seed carries for "Other"

CASES = """
    create table cases as
    select
        row_number() over (order by case_submitter_id) as person_id,
        date '{diagnosis_date}' as diagnosis_date,
        *
    from read_csv('{source}/cases.csv.gz', all_varchar = true, header = true)
"""

TREATMENTS = """
    create table treatments as
    select
        row_number() over (order by treatments.submitter_id) as treatment_number,
        cases.person_id,
        treatments.submitter_id,
        treatments.therapeutic_agents as agent,
        treatments.treatment_type,
        treatments.regimen_or_line_of_therapy as line_name,
        list_position(
            ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'],
            split_part(treatments.regimen_or_line_of_therapy, ' ', 1)
        ) as line_number,
        cases.diagnosis_date + cast(treatments.days_to_treatment_start as integer) as start_date,
        cases.diagnosis_date + cast(treatments.days_to_treatment_end as integer) as end_date
    from read_csv('{source}/treatments.csv.gz', all_varchar = true, header = true) as treatments
    inner join cases on treatments.case_submitter_id = cases.case_submitter_id
"""

CDM = {
    "person": """
        select
            person_id,
            case gender when 'male' then 8507 when 'female' then 8532 else 0 end
                as gender_concept_id,
            year(
                coalesce(
                    diagnosis_date + cast(days_to_birth as integer),
                    cast(diagnosis_date - to_years(cast(age_at_index as integer)) as date)
                )
            ) as year_of_birth,
            case race
                when 'white' then 8527 when 'black or african american' then 8516
                when 'asian' then 8515 else 0
            end as race_concept_id,
            case ethnicity
                when 'hispanic or latino' then 38003563
                when 'not hispanic or latino' then 38003564 else 0
            end as ethnicity_concept_id,
            case_submitter_id as person_source_value,
            gender as gender_source_value,
            race as race_source_value,
            ethnicity as ethnicity_source_value
        from cases
    """,
    "observation_period": """
        select
            person_id as observation_period_id,
            person_id,
            diagnosis_date as observation_period_start_date,
            diagnosis_date + greatest(cast(days_to_last_follow_up as integer), 0)
                as observation_period_end_date,
            32879 as period_type_concept_id
        from cases
    """,
    "visit_occurrence": """
        select
            person_id as visit_occurrence_id,
            person_id,
            9202 as visit_concept_id,
            diagnosis_date + cast(days_to_last_follow_up as integer) as visit_start_date,
            diagnosis_date + cast(days_to_last_follow_up as integer) as visit_end_date,
            32879 as visit_type_concept_id,
            'last follow-up' as visit_source_value
        from cases
        where cast(days_to_last_follow_up as integer) >= 0
    """,
    "condition_occurrence": """
        select
            person_id as condition_occurrence_id,
            person_id,
            437233 as condition_concept_id,
            diagnosis_date as condition_start_date,
            32879 as condition_type_concept_id,
            'C90.00' as condition_source_value
        from cases
    """,
    "death": """
        select
            person_id,
            diagnosis_date + cast(days_to_death as integer) as death_date,
            cause_of_death as cause_source_value
        from cases
        where vital_status = 'Dead'
    """,
    "measurement": """
        select
            person_id as measurement_id,
            person_id,
            0 as measurement_concept_id,
            diagnosis_date as measurement_date,
            32879 as measurement_type_concept_id,
            'ISS' as measurement_source_value,
            iss_stage as value_source_value
        from cases
    """,
    "drug_exposure": """
        select
            treatments.treatment_number as drug_exposure_id,
            treatments.person_id,
            coalesce(ingredients.concept_id, 0) as drug_concept_id,
            treatments.start_date as drug_exposure_start_date,
            coalesce(treatments.end_date, treatments.start_date) as drug_exposure_end_date,
            treatments.end_date as verbatim_end_date,
            32879 as drug_type_concept_id,
            case when treatments.agent = 'Other' then '{unnamed_agent}' else treatments.agent end
                as drug_source_value
        from treatments
        left join ingredients on lower(treatments.agent) = ingredients.agent
        where treatments.agent is not null and treatments.start_date is not null
    """,
    "procedure_occurrence": """
        select
            treatment_number as procedure_occurrence_id,
            person_id,
            case treatment_type
                when 'Stem Cell Transplantation, Autologous' then 2108457
                when 'Stem Cell Transplantation, Allogeneic' then 2108456
            end as procedure_concept_id,
            start_date as procedure_date,
            32879 as procedure_type_concept_id,
            treatment_type as procedure_source_value
        from treatments
        where treatment_type is not null and start_date is not null
    """,
    "episode": """
        select
            min(treatment_number) as episode_id,
            person_id,
            32531 as episode_concept_id,
            min(start_date) as episode_start_date,
            max(end_date) as episode_end_date,
            line_number as episode_number,
            32879 as episode_type_concept_id,
            line_name as episode_source_value
        from treatments
        where start_date is not null
        group by person_id, line_number, line_name
    """,
    "cdm_source": """
        select
            'MMRF CoMMpass, clinical data of the GDC open-access tier' as cdm_source_name,
            'CoMMpass' as cdm_source_abbreviation,
            'v5.4' as cdm_version
    """,
}


def convert(source: Path, target: Path) -> dict[str, int]:
    """Write the CDM of the files in ``source`` to ``target``; return rows by table and left out."""
    target.mkdir(parents=True, exist_ok=True)
    with warehouse.scratch() as connection:
        places = {"source": source, "diagnosis_date": DIAGNOSIS_DATE}
        connection.execute(CASES.format(**places))
        connection.execute(TREATMENTS.format(**places))
        connection.execute("create table ingredients (agent varchar, concept_id bigint)")
        connection.executemany("insert into ingredients values (?, ?)", _ingredients())
        counts = {}
        for table, query in CDM.items():
            path = warehouse.literal(target / f"{table}.parquet")
            query = query.format(unnamed_agent=UNNAMED_AGENT)
            connection.execute(f"copy ({query} order by all) to {path} (format parquet)")
            counts[table] = warehouse.value(connection, f"select count(*) from {path}")
        counts["treatments without a start day"] = warehouse.value(
            connection, "select count(*) from treatments where start_date is null"
        )
    return counts


def _ingredients() -> list[tuple[str, int]]:
    """Agent in lower case and the concept that the concept-set seed carries for the ingredient."""
    members = project_root() / "seeds" / "concept_sets" / "concept_set_members.csv"
    with members.open(encoding="utf-8", newline="") as lines:
        concepts = {
            row["name"].split(" (")[0]: int(row["concept_id"])
            for row in csv.DictReader(lines)
            if row["category"] == "drug" and row["concept_id"]
        }
    known = {name: concept for name, concept in concepts.items() if name.islower()}
    return [*known.items(), *((other, known[name]) for other, name in OTHER_NAMES.items())]


if __name__ == "__main__":
    for name, count in convert(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{count:7d} {name}")
