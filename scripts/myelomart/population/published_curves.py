"""Curves that others printed, in the rows that `myelomart curve` rebuilt, beside a cohort's own.

The row of an analysis names a file of the site's folder; no file, and no printed curve, is ours.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.input_file import complete_rows, flags, numbers, read_table
from myelomart.project import site_folder
from myelomart.study import Analysis, Endpoint, Study

NAMED = ("study", "arm")
PRINTED = "as printed"


def published_curves(analysis: Analysis, endpoint: Endpoint) -> dict[str, pd.DataFrame]:
    """``time_days`` and ``event`` of each printed curve of an endpoint, by its study and arm.

    None without a file. Time is in months; a column ``endpoint`` tells several endpoints apart.
    Raises ``NoData`` where the file is not there or cannot be read so.
    """
    if not analysis.published_curves:
        return {}
    where = _where(analysis)
    try:
        frame = read_table(_path(analysis))
        names = [name for name in (*NAMED, "endpoint") if name in frame.columns]
        rows = complete_rows(frame, [*names, "time", "event"]).frame
        own = pd.DataFrame(
            {
                "label": _labels(rows),
                "time_days": numbers(rows, "time", refuse_negative=True) * DAYS_PER_MONTH,
                "event": flags(rows, "event"),
            }
        )
    except StatisticsError as cause:
        raise NoData(f"{where}: {cause}") from None
    if "endpoint" in rows:
        own = own[rows["endpoint"] == endpoint.endpoint_id]
    elif len((analysis.endpoint_ids or ";").split(";")) > 1:
        raise NoData(
            f"{where}: the analysis has several endpoints; a column endpoint says of which each "
            "row is"
        )
    return {label: curve for label, curve in own.groupby("label", sort=False)}


def hashes(study: Study) -> dict[str, str]:
    """The files that the analyses of a study name and that are there, each with its SHA-256."""
    found = {}
    for one in study.analyses:
        if one.published_curves and site_folder() is not None and _path(one).is_file():
            found[one.published_curves] = hashlib.sha256(_path(one).read_bytes()).hexdigest()
    return found


def in_words(analysis: Analysis) -> str:
    """That printed curves stand beside those of the cohort, as a part of a method; or nothing."""
    if not analysis.published_curves:
        return ""
    return (
        f"; beside them curves rebuilt from printed ones ({analysis.published_curves}) by "
        "Guyot's method, in no test"
    )


def _where(analysis: Analysis) -> str:
    return f"{analysis.output_id}, published_curves {analysis.published_curves}"


def _path(analysis: Analysis) -> Path:
    """The file in the site's folder; ``NoData`` where it cannot be there."""
    site = site_folder()
    if site is None:
        raise NoData(
            f"{_where(analysis)}: the file is in the site's folder, so name it with --project"
        )
    path = (site / str(analysis.published_curves)).resolve()
    if not path.is_relative_to(site.resolve()):
        raise NoData(f"{_where(analysis)}: the file lies outside the site's folder")
    return path


def _labels(rows: pd.DataFrame) -> pd.Series:
    """The study and the arm of each row, and that its curve is a printed one."""
    words = [rows[name].astype(str) for name in NAMED if name in rows]
    said = words[0].str.cat(words[1:], sep=", ") if words else pd.Series("Another", rows.index)
    return said + f" ({PRINTED})"
