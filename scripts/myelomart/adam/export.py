"""A study's subjects, times, adverse events and laboratory values as ADaM data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from myelomart import warehouse, whole
from myelomart.adam.checking import faults
from myelomart.adam.shape import (
    DATASETS,
    Variable,
    codelists,
    covariate_variables,
    short_names,
    variables,
)
from myelomart.adam.transport import write_transport
from myelomart.errors import MyelomartError, NoData
from myelomart.ohdsi.tables import FORMS
from myelomart.population.comparison import compare, wide_covariates
from myelomart.private_files import private
from myelomart.study import Analysis, Study, read_study
from myelomart.study_data import StudyData, read_data

MADE_BY, TRANSPORT = "export adam", "xpt"
CODED = "code_of"  # what a query gives for a code of eight letters to be made of


@dataclass(frozen=True)
class Exported:
    """The rows of each data set, and what a reader must know."""

    analysis_id: str
    rows: dict[str, int]
    notes: tuple[str, ...]


def export_study(
    database: Path, study_id: str, out: Path, form: str = "csv", analysis_id: str | None = None
) -> Exported:
    """Write the data sets of one analysis's cohorts, with their definition, to the folder ``out``.

    The folder is written whole or not at all, for its owner alone. Raises ``MyelomartError`` that
    lists the rules which are broken; then nothing is written.
    """
    if form not in (*FORMS, TRANSPORT):
        raise MyelomartError(
            f"--format {form} is unknown: use {', '.join(FORMS)} or {TRANSPORT} (SAS transport)."
        )
    with private(), whole.folder(out, MADE_BY) as made:
        with warehouse.database(database) as connection:
            study = read_study(connection, study_id)
            analysis = _analysis(study, connection, analysis_id)
            data = read_data(connection, study)
            frames, shape, lists, notes = _datasets(connection, study, analysis, data)
        broken = faults(frames, shape, {name: {*own.values()} for name, own in lists.items()})
        if broken:
            raise MyelomartError(
                f"{study_id}: the data sets break {len(broken)} rules of ADaM, so nothing was "
                "written: " + "; ".join(broken) + "."
            )
        define = _definition(frames, shape)
        for name, frame in frames.items():
            path = made / f"{name.lower()}.{form}"
            if form == TRANSPORT:
                lengths = define[define["dataset"] == name].set_index("variable")["length"]
                label = DATASETS[name][1]
                write_transport(frame, shape[name], lengths.to_dict(), name, label, path)
            else:
                _write(frame, shape[name], path, form)
        define.to_csv(made / "define.csv", index=False)
        _lists(lists).to_csv(made / "codelists.csv", index=False)
    return Exported(analysis.analysis_id, {name: len(one) for name, one in frames.items()}, notes)


def _analysis(study: Study, connection, analysis_id: str | None) -> Analysis:
    """The analysis that is named, else that of the study's first main result, else its first."""
    known = {one.analysis_id: one for one in study.analyses}
    if analysis_id is None:
        main = warehouse.rows(
            connection,
            "select analysis_id from studies.main_results where study_id = ? order by sort_order",
            [study.study_id],
        )
        analysis_id = next((name for (name,) in main if name in known), next(iter(known), None))
    if analysis_id not in known:
        raise MyelomartError(
            f"{study.study_id} has no analysis «{analysis_id}»; it has {', '.join(known)}."
        )
    return known[analysis_id]


def _datasets(connection, study: Study, analysis: Analysis, data: StudyData):
    """Frames by data set, their variables, the code lists, and notes."""
    cohorts = [analysis.treated_cohort_id]
    if analysis.comparator_cohort_id:
        cohorts.append(analysis.comparator_cohort_id)
    given = {"study": study.study_id, "cohorts": cohorts}
    found = {name: _query(connection, query, given) for name, (query, _) in DATASETS.items()}
    _refuse_twice(study, found["ADSL"])
    lists, notes = codelists(), _left_out(connection, found["ADLB"], given)
    found["ADSL"] = _with_pairs(found["ADSL"], study, analysis, data)
    own = variables()
    standard = [one.variable for one in own if one.dataset == "ADSL"]
    own += covariate_variables(study, standard)
    lists["PARAMCD"] = {}
    frames, shape = {}, {}
    for name, frame in found.items():
        shape[name] = [one for one in own if one.dataset == name]
        if CODED in frame:
            codes = short_names(sorted(frame[CODED].unique()), lists["PARAMCD"].values())
            lists["PARAMCD"] |= codes
            frame["code"] = frame[CODED].map(codes)
        frames[name] = _shaped(frame, shape[name], lists, notes)
    return frames, shape, lists, tuple(notes)


def _query(connection: duckdb.DuckDBPyConnection, name: str, given: dict) -> pd.DataFrame:
    """The rows of a query of this folder for the study and the cohorts."""
    text = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    wanted = {key: value for key, value in given.items() if f"${key}" in text}
    return connection.execute(text, wanted).df()


def _left_out(connection: duckdb.DuckDBPyConnection, kept: pd.DataFrame, given: dict) -> list[str]:
    """A note on laboratory rows that have no value, or none that is plausible; none without any."""
    count = warehouse.value(
        connection,
        "select count(*) from core.labs inner join studies.study_population using (person_id) "
        "where study_id = ? and cohort_id in (select unnest(?))",
        [given["study"], given["cohorts"]],
    )
    lost = count - len(kept)
    said = f"ADLB: {lost} of {count} laboratory rows have no plausible value and are left out"
    return [said] if lost else []


def _refuse_twice(study: Study, subjects: pd.DataFrame) -> None:
    """ADSL has one row per subject, so nobody may be in both arms."""
    if subjects.empty:
        raise NoData(f"{study.study_id}: nobody is in the cohorts of the analysis.")
    twice = subjects["subject"].duplicated().sum()
    if twice:
        raise MyelomartError(
            f"{study.study_id}: {twice} persons are in both arms of the analysis, and ADSL has one "
            "row per subject: name an analysis of one cohort with --analysis."
        )


def _with_pairs(
    subjects: pd.DataFrame, study: Study, analysis: Analysis, data: StudyData
) -> pd.DataFrame:
    """The subjects with the pairs and scores of the analysis, and the study's covariates."""
    subjects = subjects.assign(
        is_member="Y", is_matched=None, pair=float("nan"), score=float("nan")
    )
    if analysis.population == "matched":
        persons = compare(study, analysis, data).persons
        persons = persons.set_index(["cohort_id", "person_id"])[["pair", "score"]]
        keyed = persons.reindex(pd.MultiIndex.from_frame(subjects[["cohort_id", "person_id"]]))
        pair = keyed["pair"].to_numpy(float)
        subjects["is_matched"] = ["Y" if one >= 0 else "N" for one in pair]
        subjects["pair"] = pd.Series(pair, subjects.index).where(pair >= 0)
        subjects["score"] = keyed["score"].to_numpy(float)
    wide = wide_covariates(study, data, subjects)
    return pd.concat([subjects, wide.drop(columns=subjects.columns, errors="ignore")], axis=1)


def _shaped(
    frame: pd.DataFrame, own: list[Variable], lists: dict[str, dict[str, str]], notes: list[str]
) -> pd.DataFrame:
    """The variables of a data set in their order, with their types and the words of CDISC."""
    made = {}
    for one in own:
        column = frame[one.column]
        if one.type == "Num":
            made[one.variable] = pd.to_numeric(column).astype(float)
            continue
        if one.type == "Date":
            made[one.variable] = pd.to_datetime(column)
            continue
        words = column.astype("category")
        if one.codelist == "YN":
            words = words.cat.rename_categories(lambda value: {1: "Y", 0: "N"}.get(value, value))
        elif one.codelist and one.codelist != "PARAMCD":
            words = _in_code(words, one, lists[one.codelist], notes)
        made[one.variable] = words.astype("str").where(words.notna() & (words != ""))
    return pd.DataFrame(made, index=frame.index).reset_index(drop=True)


def _in_code(words: pd.Series, one: Variable, codes: dict[str, str], notes: list[str]) -> pd.Series:
    """CDISC's word for each of ours, whatever its case; empty, and a note, where there is none."""
    plain = {ours.casefold(): theirs for ours, theirs in codes.items()}
    coded = words.astype(object).map(lambda word: plain.get(str(word).casefold()), "ignore")
    lost = words.notna() & coded.isna()
    if lost.any():
        names = ", ".join(f"«{word}»" for word in sorted(words[lost].astype(str).unique()))
        notes.append(
            f"{one.dataset} {one.variable}: {int(lost.sum())} rows are empty, as the code list "
            f"{one.codelist} has no {names}"
        )
    return coded


def _write(frame: pd.DataFrame, own: list[Variable], path: Path, form: str) -> None:
    """Write a data set; days are dates, and whole numbers have no decimals."""
    columns = []
    for one in own:
        name, column = warehouse.quoted(one.variable), frame[one.variable]
        is_whole = one.type == "Num" and (column.dropna() % 1 == 0).all()
        kind = "bigint" if is_whole else {"Num": "double", "Date": "date"}.get(one.type, "varchar")
        columns.append(f"cast({name} as {kind}) as {name}")
    with warehouse.scratch(reach=[path.parent]) as connection:
        connection.register("made", frame)
        query = f"select {', '.join(columns)} from made"
        connection.execute(f"copy ({query}) to {warehouse.literal(path)} ({FORMS[form]})")


def _definition(frames: dict[str, pd.DataFrame], shape: dict[str, list[Variable]]) -> pd.DataFrame:
    """A row per variable: where it stands, what it is called, how long it is, where it is from."""
    return pd.DataFrame(
        {
            "dataset": name,
            "dataset_label": DATASETS[name][1],
            "order": place,
            "variable": one.variable,
            "label": one.label,
            "type": "Char" if one.type == "Char" else "Num",
            "format": "DATE9." if one.type == "Date" else "",
            "length": _length(frames[name][one.variable], one.type),
            "core": one.core,
            "key": one.key,
            "codelist": one.codelist,
            "origin": one.origin,
        }
        for name, own in shape.items()
        for place, one in enumerate(own, start=1)
    )


def _length(column: pd.Series, kind: str) -> int:
    """Bytes of a SAS variable: 8 of a number, the longest text in UTF-8 otherwise."""
    if kind != "Char":
        return 8
    return max((len(text.encode()) for text in column.dropna().unique()), default=1)


def _lists(lists: dict[str, dict[str, str]]) -> pd.DataFrame:
    rows = [(name, *pair) for name, own in lists.items() for pair in own.items()]
    return pd.DataFrame(rows, columns=["codelist", "ours", "theirs"])
