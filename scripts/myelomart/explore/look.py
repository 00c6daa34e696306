"""How the explorer looks: one style, figures as the report draws them, and what stands behind."""

from __future__ import annotations

import base64
import re
from html import escape
from importlib import resources

import pandas as pd
import streamlit as st

from myelomart.disclosure.policies import Policy
from myelomart.display.table import Table
from myelomart.explore.opened import Answer
from myelomart.figures.canvas import ZOOM
from myelomart.messages import shown
from myelomart.spreadsheet import safe

SAID = re.compile(r'aria-label="([^"]*)"')
COMMAND = re.compile("`([^`]+)`")
BOX = re.compile(r'viewBox="0 0 ([\d.]+)')
KINDS = {"csv": "text/csv", "svg": "image/svg+xml"}
NARROW, LARGER = 400, 1.25 * ZOOM  # points of a figure; pixels to a point of a wider one
WORDS = 42  # signs of a cell that holds a sentence
FIXED = re.compile(r'<svg[^>]* width="')


def style() -> None:
    """Put the style sheet on the page."""
    css = resources.files("myelomart.explore").joinpath("style.css").read_text("utf-8")
    st.html(f"<style>{css}</style>")


def head(title: str, says: str) -> None:
    """The name of a page and the sentence that says what the reader sees."""
    st.html(f'<header class="mm-head"><h1>{escape(title)}</h1><p>{escape(says)}</p></header>')


def part(title: str, says: str = "") -> None:
    """The name of a part of a page, with a sentence."""
    st.html(
        f'<div class="mm-part"><h2>{escape(title)}</h2>'
        + (f"<p>{_worded(says)}</p>" if says else "")
        + "</div>"
    )


def note(words: str, kind: str = "plain") -> None:
    """A sentence in a box; ``kind`` is plain, care or person."""
    st.html(f'<p class="mm-note {kind}">{_worded(words)}</p>')


def _worded(words: str) -> str:
    """A sentence; what stands in backticks is a command."""
    return COMMAND.sub(r"<code>\1</code>", escape(shown(words)))


def figure(svg: str) -> None:
    """A figure that `myelomart.figures` drew; as a picture, for the page strips SVG of its "
    "words."""
    said = SAID.search(svg)
    packed = base64.b64encode(svg.encode()).decode()
    st.html(
        f'<figure class="mm-figure"><img alt="{said.group(1) if said else ""}" '
        f'src="data:image/svg+xml;base64,{packed}" style="{_size(svg)}"></figure>'
    )


def _size(svg: str) -> str:
    """As wide as its place where it scales, else as wide as it was drawn."""
    fixed = FIXED.match(svg)
    box = BOX.search(svg)
    if fixed or box is None:
        return "max-width: none"
    wide = float(box.group(1))
    return f"width: 100%; max-width: {wide * (LARGER if wide > NARROW else ZOOM):.0f}px"


def tiles(told: list[tuple[str, str, str]]) -> None:
    """A row of numbers: the number, what it counts, and of what."""
    cells = "".join(
        f"<div><b>{escape(number)}</b><span>{escape(what)}</span><small>{escape(of)}</small></div>"
        for number, what, of in told
    )
    st.html(f'<div class="mm-tiles">{cells}</div>')


def table(one: Table) -> None:
    """A table as the report prints it."""
    columns = zip(*(row for row in one.rows if len(row) > 1), strict=True)
    longest = [max(cells, key=len) for cells in columns] or one.columns
    heads = "".join(
        f"<th{_kind(cell)}>{escape(shown(name))}</th>"
        for name, cell in zip(one.columns, longest, strict=True)
    )
    rows = []
    for row in one.rows:
        if len(row) == 1:
            rows.append(
                '<tr class="group"><th '
                f'colspan="{len(one.columns)}">{escape(shown(row[0]))}</th></tr>'
            )
            continue
        first, *others = (escape(shown(cell)) for cell in row)
        rows.append(f"<tr><th>{first}</th>{''.join(map(_told, others))}</tr>")
    told = f'<p class="mm-quiet">{escape(shown(one.note))}</p>' if one.note else ""
    st.html(
        f'<div class="mm-scroll"><table class="mm-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{told}"
    )


def _told(cell: str) -> str:
    return f"<td{_kind(cell)}>{cell}</td>"


def _kind(cell: str) -> str:
    """The class of a cell of many words, which may be broken."""
    return ' class="words"' if len(cell) > WORDS else ""


def rows(frame: pd.DataFrame, names: dict[str, str], digits: dict[str, int] | None = None) -> None:
    """A short table of a frame: ``names`` are the columns that are shown and their heads."""
    cells = [
        [_cell(one, (digits or {}).get(name, 0)) for name, one in zip(names, row, strict=True)]
        for row in frame[list(names)].itertuples(index=False, name=None)
    ]
    table(Table("", list(names.values()), cells))


def _cell(value: object, digits: int) -> str:
    if value is None or value is pd.NA or value != value:
        return "hidden" if value is pd.NA else "–"
    if isinstance(value, (bool, str)):
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    if isinstance(value, (pd.Timestamp,)):
        return str(value.date())
    return f"{value:,.{digits}f}"


def behind(
    name: str, told: str | pd.DataFrame, *answers: Answer, note: str = "", kind: str = "csv"
) -> None:
    """The SQL that ran and a file of what is shown (csv or svg), folded away below a figure."""
    with st.expander(f"SQL and {kind.upper()}"):
        if note:
            st.html(f'<p class="mm-quiet">{_worded(note)}</p>')
        for one in answers:
            st.code(one.shown_sql, "sql", wrap_lines=True, height=320)
        is_text = isinstance(told, str)
        text = told if is_text else safe(told).to_csv(index=False, lineterminator="\n")
        st.download_button(
            f"Download {kind.upper()}",
            text,
            f"{name}.{kind}",
            KINDS[kind],
            key=f"{kind}_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def count(number: float | None, policy: Policy | None) -> str:
    """A count as the policy shows it."""
    if number is None or number != number:
        return "not known"
    if policy is None:
        return f"{int(number):,}"
    return f"<{policy.hides_below}" if policy.is_small(number) else f"{policy.round(number):,.0f}"


def hidden(frame: pd.DataFrame, columns: list[str], policy: Policy | None) -> pd.DataFrame:
    """Counts of ``frame`` as the policy shows them: rounded, missing where they are small."""
    if policy is None:
        return frame
    told = frame.copy()
    for name in columns:
        told[name] = [
            None if pd.isna(value) or policy.is_small(value) else policy.round(value)
            for value in frame[name]
        ]
        told[name] = told[name].astype("Int64")
    return told
