"""Writes the tables of studies as files for a manuscript."""

from __future__ import annotations

from pathlib import Path

from myelomart import whole
from myelomart.display.export import ENDINGS, exported
from myelomart.publishing import Run

MADE_BY = "study tables"


def publish_tables(run: Run, out: Path, form: str) -> None:
    """Write the tables of every study as files of ``form`` into a folder of its own."""
    for one in run.chapters:
        files = {
            f"{section.output_id}_{section.anchor}.{ENDINGS[form]}": exported(section.table, form)
            for section in one.sections if section.table
        }  # fmt: skip
        with whole.folder(out / one.study.study_id, MADE_BY) as made:
            for name, content in files.items():
                (made / name).write_bytes(content)
