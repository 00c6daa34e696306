"""The whole generator: people in chunks, their course, their records, and the truth beside them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from myelomart import whole
from myelomart.errors import MyelomartError
from myelomart_synthetic.assembly import assemble
from myelomart_synthetic.broken_files import write_broken_files
from myelomart_synthetic.charted import (
    emit_durie_salmon,
    emit_infused_cells,
    emit_isotype,
    emit_relapse_counts,
)
from myelomart_synthetic.constants import day_number, parameter
from myelomart_synthetic.effects import NEVER
from myelomart_synthetic.emission import (
    emit_cell_therapy,
    emit_diagnoses,
    emit_doses,
    emit_transplants,
)
from myelomart_synthetic.estimands import effect_table
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.faults import plant_faults
from myelomart_synthetic.fhir import write_bulk
from myelomart_synthetic.imaging import emit_charted_responses, emit_imaging, emit_staging
from myelomart_synthetic.observation import (
    emit_background,
    emit_comorbidities,
    emit_contacts,
    emit_myeloma_labs,
)
from myelomart_synthetic.outcomes import emit_outcomes
from myelomart_synthetic.people import make_people
from myelomart_synthetic.providers import provider_table
from myelomart_synthetic.scenarios import Scenario, scenario_named
from myelomart_synthetic.schema import as_table
from myelomart_synthetic.sites import Sites, make_sites
from myelomart_synthetic.toxicity import emit_toxicity
from myelomart_synthetic.treatment import simulate
from myelomart_synthetic.truth import truth_tables
from myelomart_synthetic.vocabulary import VERSION, vocabulary_tables
from myelomart_synthetic.writer import SiteWriter, TruthWriter, Writer

CHUNK = 5_000
MADE_BY = "synth"


def make_network(
    patients: int,
    sites: int,
    seed: int,
    out: Path,
    myeloma_share: float = 0.2,
    scenario: str = "published",
    dirty: bool = False,
    folders: bool = False,
    lean: bool = False,
    chunk: int = CHUNK,
    progress: Callable[[int], None] = lambda done: None,
    fhir: bool = False,
) -> dict[str, int]:
    """Write the CDM to `out` and the truth to `out`.truth; returns the rows of each table.

    What is there is replaced when all is whole. With `dirty`, faults are planted in the rows
    (listed in the truth as `faults`), and folders of broken files are written to `out`.broken. With
    `folders` each site is a CDM of its own, `out`/site_1 and so on. `lean` leaves out routine
    laboratories, imaging and vital signs, for many replicates of a comparison that reads none. With
    `fhir` the same people are written as a FHIR bulk export too, to `out`.fhir.
    """
    if dirty and folders:
        raise MyelomartError("Choose --dirty or --folders: faults are planted in one folder only.")
    if fhir and (dirty or folders):
        raise MyelomartError("--fhir writes one folder without faults: leave out the other option.")
    planted = scenario_named(scenario)
    with _in_place(out, dirty, fhir) as out:
        places = make_sites(sites, seed)
        writer = SiteWriter(out, sites) if folders else Writer(out)
        truth = TruthWriter(out.with_name(f"{out.name}.truth"))
        with ThreadPoolExecutor(max_workers=1) as behind:
            written = None
            for first in range(1, patients + 1, chunk):
                count = min(chunk, patients + 1 - first)
                tables, latent = make_chunk(
                    first, count, seed, myeloma_share, places, planted, lean
                )
                if dirty:
                    myeloma = latent["patients"]["person_id"].to_numpy()
                    tables, faults = plant_faults(tables, myeloma, seed)
                    latent |= {"faults": faults} if faults is not None else {}
                if written is not None:
                    written.result()
                written = behind.submit(writer.add, tables)
                truth.add(latent)
                progress(count)
            if written is not None:
                written.result()
        writer.add(site_tables(places))
        writer.add(vocabulary_tables())
        writer.close()
        if fhir:
            write_bulk(out, out.with_name(f"{out.name}.fhir"))
        truth.add({"effects": effect_table(planted, seed)})
        if dirty:
            broken = write_broken_files(
                out / "site_1" if folders else out, out.parent / f"{out.name}.broken"
            )
            truth.add({"broken_files": pa.Table.from_pylist(broken)})
        truth.close()
        return writer.counts


@contextmanager
def _in_place(out: Path, dirty: bool, fhir: bool) -> Iterator[Path]:
    """A CDM to write, its truth beside it, which take the places of the former ones together."""
    out = out.resolve()
    beside = [out.with_name(f"{out.name}.truth")]
    for part, is_asked in (("broken", dirty), ("fhir", fhir)):
        folder = out.with_name(f"{out.name}.{part}")
        beside += [folder] if is_asked or whole.is_made_by(folder, MADE_BY) else []
    for folder in (out, *beside):
        whole.refuse_foreign(folder, MADE_BY)
    with whole.staging(out) as place:
        yield place / out.name
        for folder in place.iterdir():
            if folder.is_dir():
                whole.finish(folder, MADE_BY)
        whole.put(place, out, *beside)


def make_chunk(
    first: int,
    count: int,
    seed: int,
    myeloma_share: float,
    sites: Sites,
    scenario: Scenario,
    lean: bool = False,
) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """The CDM tables and the truth of `count` people from id `first` on."""
    people = make_people(first, count, seed, myeloma_share, sites)
    course = simulate(people, seed, scenario)
    people.last[course.rows] = course.last
    death = np.full(count, NEVER)
    death[course.rows] = course.death
    log = EventLog()
    emit_comorbidities(log, people)
    emit_diagnoses(log, people, course)
    emit_doses(log, people, course)
    emit_transplants(log, people, course)
    emit_cell_therapy(log, people, course)
    emit_outcomes(log, course)
    emit_contacts(log, people, course)
    graded = emit_toxicity(log, course)
    if not lean:
        emit_background(log, people)
        emit_staging(log, people, course)
        emit_isotype(log, people, course)
        emit_durie_salmon(log, people, course)
        emit_infused_cells(log, course)
        emit_relapse_counts(log, course)
        emit_imaging(log, course)
        emit_charted_responses(log, course)
        emit_myeloma_labs(log, people, course, sites)
    return assemble(log, people, death, sites), truth_tables(people, course, graded)


def site_tables(sites: Sites) -> dict[str, pa.Table]:
    """care_site, provider, location and cdm_source."""
    numbers = np.arange(1, sites.count + 1)
    names = sites.names()
    cut = int(parameter("data_cut_date"))
    return {
        "care_site": as_table(
            "care_site",
            {
                "care_site_id": numbers,
                "care_site_name": names,
                "place_of_service_concept_id": 0,
                "location_id": numbers,
                "care_site_source_value": names,
            },
            sites.count,
        ),
        "provider": provider_table(sites),
        "location": as_table(
            "location",
            {"location_id": numbers, "location_source_value": names},
            sites.count,
        ),
        "cdm_source": as_table(
            "cdm_source",
            {
                "cdm_source_name": "myelomart synthetic network",
                "cdm_source_abbreviation": "synthetic",
                "cdm_holder": "myelomart",
                "source_description": "generated people; no real patient",
                "source_release_date": cut,
                "cdm_release_date": max(cut, day_number("2025-12-31")),
                "cdm_version": "v5.4",
                "cdm_version_concept_id": 756265,
                "vocabulary_version": VERSION,
            },
            1,
        ),
    }
