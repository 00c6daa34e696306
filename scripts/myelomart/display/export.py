"""Tables for a manuscript: Word, HTML and LaTeX, through the packages of the extra `tables`.

great-tables writes HTML and LaTeX, python-docx writes Word. Neither is needed for anything else.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType
from unicodedata import normalize

import pandas as pd

from myelomart.display.table import INDENT, MARKS, Table
from myelomart.errors import MyelomartError

FORMS = ("docx", "html", "latex")
PACKAGES = {"docx": "docx", "html": "great_tables", "latex": "great_tables"}
INSTALLED_AS = {"docx": "python-docx", "great_tables": "great-tables"}
ENDINGS = {"docx": "docx", "html": "html", "latex": "tex"}
DRAFTED_ON = "1980-01-01"  # what Word's own fields would say of the day; the same bytes every time
INDENT_POINTS = 12
SIGNS = {  # that LaTeX does not know as letters
    "≥": r"\ensuremath{\geq}", "≤": r"\ensuremath{\leq}", "−": r"\ensuremath{-}",
    "≈": r"\ensuremath{\approx}", "→": r"\ensuremath{\rightarrow}", "×": r"\ensuremath{\times}",
    "\u200b": "",
}  # fmt: skip


def exported(table: Table, form: str) -> bytes:
    """``table`` as a file of ``form``; the same table gives the same bytes.

    Raises ``MyelomartError`` where the packages of the extra `tables` are not installed.
    """
    return WRITERS[form](table)


def refuse_without_packages(form: str) -> None:
    """Raise ``MyelomartError`` where what writes ``form`` is not installed."""
    _package(PACKAGES[form])


def _package(name: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as absent:
        raise MyelomartError(
            f"Tables as Word, HTML or LaTeX need the package {INSTALLED_AS[name]}: install it with "
            "`pip install 'myelomart[tables]'`. The tables as CSV lie in the results."
        ) from absent


def _html(table: Table) -> bytes:
    page = _great(table).as_raw_html(inline_css=False)
    head = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    return f"{head}<title>{_escaped(table.caption)}</title>\n{page}\n</html>\n".encode()


def _latex(table: Table) -> bytes:
    text = _great(table).as_latex(use_longtable=True)
    for mark in MARKS:
        text = text.replace(mark, f"\\textsuperscript{{{normalize('NFKD', mark)}}}")
    for sign, written in SIGNS.items():
        text = text.replace(sign, written)
    needs = "% needs the packages booktabs, caption and longtable\n"
    return (needs + text.replace(INDENT, "\\quad{}") + "\n").encode()


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


def _great(table: Table):
    """The table as great-tables has it: headings are its row groups, each footnote a note."""
    great_tables = _package("great_tables")
    names = [f"column {k}" for k in range(len(table.columns))]
    records, headings = [], []
    heading = ""
    for row in table.rows:
        if len(row) == 1:
            heading = str(row[0])
            while heading in headings:  # two groups of one name stay two
                heading += "\u200b"
            headings.append(heading)
        else:
            records.append([heading, *map(str, row)])
    frame = pd.DataFrame(records, columns=["heading", *names])
    has_headings = any(record[0] for record in records)
    made = great_tables.GT(
        frame, id="table", rowname_col=names[0], groupname_col="heading" if has_headings else None
    )
    if not has_headings:
        made = made.cols_hide("heading")
    made = made.tab_header(title=table.caption)
    made = made.cols_label({name: label or " " for name, label in zip(names, table.columns,
                                                                     strict=True)})  # fmt: skip
    for note in table.note.split("\n") if table.note else []:
        made = made.tab_source_note(note)
    return made


def _word(table: Table) -> bytes:
    docx = _package("docx")
    from docx.shared import Pt

    document = docx.Document()
    document.core_properties.title = table.caption
    for name in ("created", "modified"):
        setattr(document.core_properties, name, pd.Timestamp(DRAFTED_ON).to_pydatetime())
    document.core_properties.author = "myelomart"
    document.add_paragraph(table.caption, style="Caption")
    drawn = document.add_table(rows=1, cols=len(table.columns), style="Light List")
    for cell, name in zip(drawn.rows[0].cells, table.columns, strict=True):
        cell.text = name
    for row in table.rows:
        cells = drawn.add_row().cells
        if len(row) == 1:
            cells[0].merge(cells[-1])
            cells[0].text = ""
            cells[0].paragraphs[0].add_run(str(row[0])).bold = True
            continue
        for cell, words in zip(cells, row, strict=True):
            cell.text = str(words).removeprefix(INDENT)
            for run in cell.paragraphs[0].runs:
                run.bold = False
        if row[0].startswith(INDENT):
            cells[0].paragraphs[0].paragraph_format.left_indent = Pt(INDENT_POINTS)
    for note in table.note.split("\n") if table.note else []:
        document.add_paragraph(note)
    file = io.BytesIO()
    document.save(file)
    return _without_days(file.getvalue())


def _without_days(archive: bytes) -> bytes:
    """The archive with the same day in each of its entries."""
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            kept = zipfile.ZipInfo(entry.filename)  # of 1980, where archives begin
            kept.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(kept, old.read(entry.filename))
    return made.getvalue()


WRITERS: dict[str, Callable[[Table], bytes]] = {"docx": _word, "html": _html, "latex": _latex}
