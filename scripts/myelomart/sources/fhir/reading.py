"""A bulk export as tables of the OMOP CDM: `resources/*.sql` reads it, `tables/*.sql` shapes it.

Each line becomes at least one row, which lands or is set aside with a reason, or is of a type that
is not read; the lines are counted apart from that, and must agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import duckdb

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.room import no_room
from myelomart.sources.columns import copy, parquet_rows
from myelomart.sources.fhir.export import ExportFile, bad_line, files_of
from myelomart.sources.files import pattern
from myelomart.sources.source import DataFile, OpenSource, Table, UnusedFile
from myelomart.warehouse import literal, rows

PACKAGE = resources.files("myelomart.sources.fhir")
# what each query reads, in the order in which they need each other
QUERIES = {
    "Patient": ("people", ("Patient",)),
    "Encounter": ("encounters", ("Encounter",)),
    "Condition": ("conditions", ("Condition",)),
    "Procedure": ("procedures", ("Procedure",)),
    "Medication": ("medications", ("Medication",)),
    "drugs": ("drugs", ("MedicationRequest", "MedicationDispense", "MedicationAdministration")),
    "results": ("results", ("Observation", "DiagnosticReport")),
}
TABLES = (
    "person", "death", "care_site", "observation_period", "visit_occurrence",
    "condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement", "observation",
)  # fmt: skip
TYPE = "[A-Za-z]{1,40}"  # the name of a type of resources, and nothing else that may stand there
LONGEST_LINE = 16 * 1024**2  # bytes, as DuckDB has it; its buffers take twice as much
VOCABULARY = """
    create view vocabulary_concepts as
    select cast(concept_id as bigint) as concept_id, vocabulary_id, concept_code from {concept};
    create view vocabulary_relationships as
    select
        cast(concept_id_1 as bigint) as concept_id_1,
        cast(concept_id_2 as bigint) as concept_id_2,
        relationship_id
    from {concept_relationship}
"""
NO_VOCABULARY = {
    "concept": "(select 0 as concept_id, '' as vocabulary_id, '' as concept_code where false)",
    "concept_relationship": "(select 0 as concept_id_1, 0 as concept_id_2, '' as relationship_id "
    "where false)",
}
REFUSED, OPENED = "refused", "opened"  # set aside as no fact, and because it cannot be placed
Scan = Callable[[Table], str]  # SQL that reads a table of the vocabulary


def read_export(opened: OpenSource, folder: Path, work: Path, scan: Scan) -> None:
    """Read the export in ``folder`` into ``opened``: its tables as Parquet files below ``work``.

    ``scan`` reads the vocabulary that ``opened`` has already, if any.
    Raises ``SourceError`` with file and line when a resource cannot be read.
    """
    files, opened.unused = files_of(folder)
    target = work / "fhir"
    target.mkdir(parents=True, exist_ok=True)
    relations = {
        name: scan(opened.tables[name]) if name in opened.tables else empty
        for name, empty in NO_VOCABULARY.items()
    }
    of_vocabulary = [file.path for one in opened.tables.values() for file in one.files]
    reach = [work, Path(str(PACKAGE)), *(file.path for file in files), *of_vocabulary]
    with warehouse.scratch(reach, spill_to=work / ".spill") as connection:
        try:
            _prepare(connection, folder, files, opened.source.timezone)
            types = _types(connection, folder, files)
            for name, (view, of_types) in QUERIES.items():
                lines = sum(types[one].total() for one in of_types)
                made = f"no_{'medications' if view == 'medications' else 'facts'}"
                if lines:
                    path = target / f"{view}.resources.parquet"
                    _give_lines(
                        connection, folder, files, {f for one in of_types for f in types[one]}
                    )
                    copy(connection, _kept(name), path)
                    made = f"read_parquet({pattern(path)})"
                connection.execute(f"create view {view} as from {made}")
                if view != "medications":
                    _check(connection, view, lines, folder)
            connection.execute(VOCABULARY.format(**relations))
            connection.execute(_sql("facts.sql"))
            connection.execute(_sql("set_aside.sql"))
            opened.tables |= _tables(connection, folder, target, types)
        except duckdb.Error as error:
            raise no_room(error) or bad_line(files) or _unreadable(folder, error) from error
    _note_unread(opened, types)


def _sql(name: str) -> str:
    return PACKAGE.joinpath(*name.split("/")).read_text(encoding="utf-8")


def _csv(name: str) -> str:
    path = pattern(Path(str(PACKAGE.joinpath(name))))
    return f"(select *, row_number() over () as place from read_csv({path}, all_varchar = true))"


def _prepare(connection, folder: Path, files: list[ExportFile], zone: str | None) -> None:
    """The lines of all files with their types, and the macros and variables to read them with."""
    for name, query in {
        "systems": "select map_from_entries(list((system, {'rank': place, 'vocabulary_id': "
        f"vocabulary_id}}))) from {_csv('code_systems.csv')}",
        "refused": "select map_from_entries(list((resource_type || '.' || element || '=' || value, "
        f"true))) from {_csv('refused.csv')}",
        "known": "select map_from_entries(list((field || ':' || source_value, cast(value as bigint)"
        f"))) from {_csv('known_values.csv')} where field != 'table'",
        "tables": "select map_from_entries(list((source_value, value))) "
        f"from {_csv('known_values.csv')} where field = 'table'",
        "meanings": "select map_from_entries(list((concat_ws('|', system, code, coalesce(of_code, "
        f"'')), meaning))) from {_csv('code_names.csv')}",
        "zone": f"select cast({literal(zone) if zone else 'null'} as varchar)",
    }.items():
        connection.execute(f"set variable {name} = ({query})")
    connection.execute(_sql("macros.sql"))
    connection.execute(
        f"""
        create view raw_lines as
        select *, json_extract_string(json, '$.resourceType') as resource_type
        from ({_scan(folder, files)});
        -- of a resource that stands several times the newest holds
        create temp table copies as
        select
            resource_type,
            id,
            arg_max(
                {{'file_name': file_name, 'line': line}}, (coalesce(updated, ''), file_name, line)
            ) as newest
        from (
            select
                *,
                json_extract_string(json, '$.id') as id,
                json_extract_string(json, '$.meta.lastUpdated') as updated
            from raw_lines
        )
        where id is not null
        group by 1, 2 having count(*) > 1
        """
    )


def _scan(folder: Path, files: list[ExportFile]) -> str:
    """SQL for the lines of some files, each with the file's name and its number there."""
    scans = [
        f"select {literal(file.path.relative_to(folder))} as file_name, "
        "row_number() over () as line, json from read_ndjson_objects("
        f"{pattern(file.path)}, maximum_object_size = {max(LONGEST_LINE, file.longest + 1)})"
        for file in files
    ]
    return " union all ".join(scans)


def _give_lines(connection, folder: Path, files: list[ExportFile], names: set[str]) -> None:
    """The view `lines` over the files ``names`` alone."""
    read = [file for file in files if str(file.path.relative_to(folder)) in names]
    connection.execute(
        f"""
        create or replace view lines as
        select
            given.*,
            copies.id is not null and (file_name, line) != (newest.file_name, newest.line)
                as is_copy
        from (
            select *, json_extract_string(json, '$.resourceType') as resource_type
            from ({_scan(folder, read)})
        ) as given
        left join copies
            on given.resource_type = copies.resource_type
            and json_extract_string(json, '$.id') = copies.id
        """
    )


def _types(connection, folder: Path, files: list[ExportFile]) -> dict[str, Counter[str]]:
    """The resources of each type by file; they must be as many as the lines."""
    types: dict[str, Counter[str]] = {
        name: Counter() for _, names in QUERIES.values() for name in names
    }
    query = f"""
        select
            case when regexp_full_match(resource_type, '{TYPE}') then resource_type end as name,
            file_name, count(*), min(line)
        from raw_lines group by 1, 2 order by 1, 2
    """
    for name, file, count, line in rows(connection, query):
        if name is None or name == "Bundle":
            what = "a Bundle" if name else "no resource: it has no resourceType"
            raise SourceError(
                f"{folder / file}: line {line} is {what}. Export in bulk, one resource a line."
            )
        types.setdefault(name, Counter())[file] = count
    if not types["Patient"]:
        raise SourceError(f"{folder} has no Patient: export that type too.")
    for file in files:
        shown = str(file.path.relative_to(folder))
        read = sum(counts[shown] for counts in types.values())
        if read != file.lines:
            raise bad_line([file]) or SourceError(
                f"{file.path} has {file.lines:,} lines, of which {read:,} were read: export it "
                "again."
            )
    return types


def _kept(name: str) -> str:
    """The query of some resources; what was set aside keeps its resource, where that says more."""
    query = _sql(f"resources/{name}.sql")
    if name == "Medication":
        return query
    told = (
        "refusal is not null and refusal not like 'id: the same%' and refusal not like 'result:%'"
    )
    return f"select * replace (case when {told} then json end as json) from ({query})"


def _check(connection, view: str, lines: int, folder: Path) -> None:
    """Every line must have become a row, and every day must be one."""
    first = "true" if view == "people" else "part = 0"
    made = rows(connection, f"select count(*) from {view} where {first}")[0][0]
    if made != lines:
        raise SourceError(
            f"{folder}: {lines:,} resources became {made:,} rows of {view}: report this."
        )
    found = rows(
        connection,
        f"select file_name, line, zone_needed from {view} where zone_needed is not null "
        "and (refusal is null or refusal like 'date:%') order by file_name, line limit 1",
    )
    if found:
        file, line, element = found[0]
        raise SourceError(
            f"{folder / file}: line {line}, {element} is a point in time in UTC, and its day "
            "depends on where the site is: name the site's zone, such as --timezone Europe/Berlin."
        )


def _tables(connection, folder: Path, target: Path, types: dict) -> dict[str, Table]:
    """Each table of the CDM as a Parquet file, with its rows that were set aside."""
    files_of_table = dict(
        rows(connection, "select target, list(distinct file_name) from facts group by 1")
    )
    files_of_table["drug_exposure"] = [
        *files_of_table.get("drug_exposure", []),
        *types["Medication"],
    ]
    of_patients = [*types["Patient"]]
    files_of_table |= dict.fromkeys(("person", "death", "care_site"), of_patients)
    files_of_table["observation_period"] = of_patients
    tables = {}
    for table in TABLES:
        if not files_of_table.get(table):
            continue
        made = target / f"{table}.parquet"
        copy(connection, _sql(f"tables/{table}.sql"), made)
        listed = {}
        for why, test in ((REFUSED, "is_refused"), (OPENED, "not is_refused")):
            where = f"table_name = {literal(table)} and {test}"
            if rows(connection, f"select count(*) from set_aside where {where}")[0][0]:
                listed[why] = target / f"{table}.{why}.parquet"
                copy(
                    connection,
                    f"select * exclude (is_refused) from set_aside where {where}",
                    listed[why],
                )
        if not parquet_rows(made) and not listed:
            continue
        tables[table] = Table(
            table,
            str(folder),
            (DataFile(made, "parquet"),),
            set_aside=listed,
            made_of=tuple(sorted(set(files_of_table[table]))),
        )
    return tables


def _note_unread(opened: OpenSource, types: dict[str, Counter[str]]) -> None:
    """Name the files and count the resources of types that are not read."""
    known = {one for _, names in QUERIES.values() for one in names}
    read = {file for name in known for file in types[name]}
    unread = {name: counts for name, counts in types.items() if name not in known}
    for name, counts in sorted(unread.items()):
        opened.unused += [
            UnusedFile(file, f"of the type {name}, which is not read")
            for file in sorted(counts)
            if file not in read
        ]
    if unread:
        listed = ", ".join(f"{name} {counts.total():,}" for name, counts in sorted(unread.items()))
        opened.notes.append(f"resources of types that are not read: {listed}")


def _unreadable(folder: Path, error: duckdb.Error) -> SourceError:
    """What DuckDB says of an export, without anything that stands in it."""
    return SourceError(
        f"{folder}: its resources cannot be read ({type(error).__name__}): report this, with the "
        "server that wrote them."
    )
