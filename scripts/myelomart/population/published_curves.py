"""Curves that others printed, in the rows that `myelomart curve` rebuilt, beside a cohort's own.

The row of an analysis names a file of the site's folder; no file, and no printed curve, is ours.
"""

from __future__ import annotations

import pandas as pd

from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.input_file import complete_rows, flags, numbers, read_table
from myelomart.project import site_folder
from myelomart.study import Analysis, Endpoint

NAMED = ("study", "arm")
PRINTED = "as printed"


def published_curves(analysis: Analysis, endpoint: Endpoint) -> dict[str, pd.DataFrame]:
    """``time_days`` and ``event`` of each printed curve of an endpoint, by its study and arm.

    None without a file. Time is in months; a column ``endpoint`` tells several endpoints apart.
    Raises ``NoData`` where the file is not there or cannot be read so.
    """
    if not analysis.published_curves:
        return {}
    where = f"{analysis.output_id}, published_curves {analysis.published_curves}"
    site = site_folder()
    if site is None:
        raise NoData(f"{where}: the file is in the site's folder, so name it with --project")
    path = (site / analysis.published_curves).resolve()
    if not path.is_relative_to(site.resolve()):
        raise NoData(f"{where}: the file lies outside the site's folder")
    try:
        frame = read_table(path)
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


def _labels(rows: pd.DataFrame) -> pd.Series:
    """The study and the arm of each row, and that its curve is a printed one."""
    words = [rows[name].astype(str) for name in NAMED if name in rows]
    said = words[0].str.cat(words[1:], sep=", ") if words else pd.Series("Another", rows.index)
    return said + f" ({PRINTED})"
