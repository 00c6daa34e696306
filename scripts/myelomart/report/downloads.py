"""What a reader can take away of a section: its tables, its figures, the SQL that says the same."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from dataclasses import dataclass
from functools import cache

from myelomart.project import project_root
from myelomart.report.sections import Section
from myelomart.spreadsheet import as_text

IS_SYNTHETIC = "is_synthetic"


@dataclass(frozen=True)
class Download:
    """A link: what it says, where it leads, and the name under which it is saved."""

    label: str
    path: str
    name: str


def tables_of(section: Section, is_synthetic: bool) -> dict[str, str]:
    """The tables of a section as CSV, by path; and what is missing."""
    path, made = f"tables/{section.name}", {}
    if section.table:
        made[f"{path}.csv"] = section.table.as_csv()
    if section.printed:
        made[f"{path}_beside_printed.csv"] = section.printed.as_csv()
    if section.missing:
        missing = section.missing.replace('"', "'")
        made[f"{path}.csv"] = f'missing\n"{as_text(missing)}"\n'
    return {name: marked(text, is_synthetic) for name, text in made.items()}


def marked(text: str, is_synthetic: bool) -> str:
    """A table as CSV with a column more, which says of each row whether it is of made-up people.

    >>> marked('group,row\\n"a,b",1\\n', True)
    'group,row,is_synthetic\\n"a,b",1,true\\n'
    """
    out = io.StringIO()
    head, *rows = csv.reader(io.StringIO(text))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*head, IS_SYNTHETIC])
    writer.writerows([*row, str(is_synthetic).lower()] for row in rows)
    return out.getvalue()


@cache
def queries() -> dict[str, str]:
    """Every query of `analyses/`, by file name."""
    folder = project_root() / "analyses"
    return {file.name: file.read_text("utf-8") for file in sorted(folder.glob("*.sql"))}


def queries_of(output_id: str) -> dict[str, str]:
    """The queries that give an output, by path."""
    stem = output_id.lower().replace("-", "_") + "_"
    return {f"sql/{name}": text for name, text in queries().items() if name.startswith(stem)}


def files_of(sections: list[Section], is_synthetic: bool) -> dict[str, str]:
    """Everything that the links of ``sections`` lead to, by path; figures are kept elsewhere."""
    files: dict[str, str] = {}
    for one in sections:
        files |= tables_of(one, is_synthetic) | queries_of(one.output_id)
    return files


def packed(files: dict[str, str]) -> str:
    """``files`` inside a page that stands alone: JSON of name to text, gzip, base64."""
    named = {path.rpartition("/")[2]: text for path, text in files.items()}
    return base64.b64encode(gzip.compress(json.dumps(named).encode(), 9, mtime=0)).decode()


def links_of(section: Section, is_synthetic: bool) -> list[Download]:
    """The links below a section, CSV first."""
    files = {"CSV": tables_of(section, is_synthetic), "SQL": queries_of(section.output_id)}
    links = []
    for kind, texts in files.items():
        for path in texts:
            name = path.rpartition("/")[2]
            links.append(Download(_label(kind, name, section, len(texts)), path, name))
    return links


def _label(kind: str, name: str, section: Section, of: int) -> str:
    if of == 1:
        return kind
    stem = name.rpartition(".")[0]
    if kind == "CSV":
        return "CSV, printed values" if stem.endswith("_beside_printed") else "CSV"
    return f"SQL, {stem[len(section.output_id) + 1 :].replace('_', ' ')}"
