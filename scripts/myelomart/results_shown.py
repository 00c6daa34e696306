"""What every result of the statistics can do in a notebook: a frame, a table, a picture.

A result is a frozen dataclass. Its frame is its own ``table()`` where it has one, else the arrays
of one length as columns, else one row of its single numbers.
"""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from myelomart.figures.canvas import Drawing

MOST_ROWS = 20  # that a notebook shows


class Shown:
    """Gives a result ``to_frame()`` and a table in notebooks."""

    def to_frame(self) -> pd.DataFrame:
        """The result as a frame: a row per term, time or part.

        >>> from myelomart.survival import kaplan_meier
        >>> kaplan_meier([2, 4, 5], [1, 1, 0]).to_frame()[["time", "n_risk"]].values.tolist()
        [[2.0, 3.0], [4.0, 2.0], [5.0, 1.0]]
        """
        table = getattr(self, "table", None)
        if callable(table):
            return table()
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.repr}
        for value in values.values():
            if isinstance(value, pd.DataFrame):
                return value
        arrays = {
            name: value
            for name, value in values.items()
            if isinstance(value, np.ndarray) and value.ndim == 1
        }
        if arrays and len({len(value) for value in arrays.values()}) == 1:
            return pd.DataFrame(arrays)
        return pd.DataFrame([{name: value for name, value in values.items() if np.isscalar(value)}])

    def __str__(self) -> str:
        """What `print` shows: the same table in plain text."""
        frame = self.to_frame()
        cells = frame.head(MOST_ROWS).map(_cell).to_string(index=False)
        left = len(frame) - MOST_ROWS
        return "\n".join([self._named(frame), cells, *([f"and {left:,} rows more"] * (left > 0))])

    def _named(self, frame: pd.DataFrame) -> str:
        """The name of the result with its single numbers, less those that the frame has."""
        single = {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if one.repr and np.isscalar(getattr(self, one.name)) and one.name not in frame.columns
        }
        told = ", ".join(f"{name} {_cell(value)}" for name, value in single.items())
        return type(self).__name__ + (f": {told}" if told else "")

    def _repr_html_(self) -> str:
        """A table of the first rows, under the name of the result and its single numbers."""
        frame = self.to_frame()
        head = "".join(f"<th>{escape(str(name))}</th>" for name in frame.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
            for row in frame.head(MOST_ROWS).itertuples(index=False)
        )
        left = len(frame) - MOST_ROWS
        more = f"<p>and {left:,} rows more: to_frame() has all</p>" if left > 0 else ""
        return f"<p>{escape(self._named(frame))}</p><table><tr>{head}</tr>{rows}</table>{more}"


class Curve(Shown):
    """A curve over time, which can be drawn."""

    def plot(self, label: str = "all", title: str = "", time: str = "Time") -> Drawing:
        """The curve as SVG, which a notebook shows; ``time`` names the axis.

        `myelomart.figures.drawn_curves` draws several together.
        """
        from myelomart.figures.results_drawn import drawn_curves

        return drawn_curves({label: self}, title, time)


class Ratios(Shown):
    """The terms of a model, which can be drawn as a forest."""

    def plot(self, title: str = "") -> Drawing:
        """The ratios with their limits as SVG, which a notebook shows."""
        from myelomart.figures.results_drawn import drawn_ratios

        return drawn_ratios(self.to_frame(), title)


def _cell(value: object) -> str:
    """A value for the eye: four significant digits; a dash where there is none."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
