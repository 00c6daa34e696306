"""A CDM of a few people in CSV files, to be spoilt in one place by each test."""

from pathlib import Path

PEOPLE = 12
TABLES = {
    "person": "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id",
    "observation_period": "observation_period_id,person_id,observation_period_start_date,"
    "observation_period_end_date,period_type_concept_id",
    "visit_occurrence": "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,"
    "visit_end_date,visit_type_concept_id,discharged_to_concept_id,discharged_to_source_value",
    "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,"
    "condition_start_date,condition_type_concept_id,condition_source_value,visit_occurrence_id",
    "drug_exposure": "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,"
    "drug_exposure_end_date,drug_type_concept_id,days_supply,drug_source_value,visit_occurrence_id",
    "measurement": "measurement_id,person_id,measurement_concept_id,measurement_date,"
    "measurement_type_concept_id,value_as_number,unit_concept_id,unit_source_value,"
    "value_source_value,visit_occurrence_id",
    "death": "person_id,death_date,death_type_concept_id",
}


def rows(people: int = PEOPLE) -> dict[str, list[str]]:
    """The rows of each table: everybody has myeloma, one visit, ten doses and five results."""
    found: dict[str, list[str]] = {table: [] for table in TABLES}
    for person in range(1, people + 1):
        found["person"].append(f"{person},8507,1950,8527,38003564")
        found["observation_period"].append(f"{person},{person},2015-01-01,2022-12-31,32817")
        found["visit_occurrence"].append(f"{person},{person},9202,2018-03-01,2018-03-01,32817,,")
        for number, day in enumerate(("2018-03-01", "2018-05-01")):
            key = person * 10 + number
            found["condition_occurrence"].append(f"{key},{person},0,{day},32817,C90.00,{person}")
        for number in range(10):
            key, day = person * 100 + number, f"2018-{3 + number // 4:02d}-{1 + number % 4 * 7:02d}"
            found["drug_exposure"].append(
                f"{key},{person},1336825,{day},{day},32817,1,bortezomib,{person}"
            )
        for number in range(5):
            key, day = person * 100 + number, f"2018-{3 + number:02d}-01"
            found["measurement"].append(
                f"{key},{person},3046299,{day},32817,{2.5 - number / 10},8713,g/dL,,{person}"
            )
    found["death"].append("1,2022-06-01,32817")
    return found


def write_cdm(folder: Path, found: dict[str, list[str]]) -> Path:
    """Write the tables as CSV files into ``folder``."""
    folder.mkdir(parents=True)
    for table, lines in found.items():
        (folder / f"{table}.csv").write_text("\n".join([TABLES[table], *lines]) + "\n")
    return folder
