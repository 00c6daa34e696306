"""The explorer as Streamlit runs it: one page per question to the warehouse."""

from __future__ import annotations

from html import escape

import streamlit as st

from myelomart import __version__
from myelomart.explore import look, state
from myelomart.explore.pages import PAGES
from myelomart.messages import shown
from myelomart.project import seed

MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" '
    'height="16"><rect width="16" height="16" rx="3" '
    'fill="#1f5fa8"/><path d="M3 3v4h4v3h4v3h2" stroke="#fff" stroke-width="2" fill="none"/></svg>'
)
SIDEBAR = 260  # pixels
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 26" width="150" height="26"><g '
    f'transform="translate(0 3) scale(1.25)">{MARK}</g><text x="28" y="19" font-size="17" '
    'font-weight="700" fill="#1f5fa8" font-family="system-ui, DejaVu Sans, sans-serif">myelomart'
    "</text></svg>"
)
st.set_page_config(
    page_title="myelomart", page_icon=MARK, layout="wide", initial_sidebar_state=SIDEBAR
)
look.style()
st.logo(LOGO, size="large")
POLICIES = {row["policy"]: row["meaning"] for row in seed("disclosure/disclosure_policies")}
pages = {
    one.PATH: st.Page(
        state.page(one.show),
        title=one.TITLE,
        url_path=one.PATH,
        icon=one.ICON,
        default=position == 0,
    )
    for position, one in enumerate(PAGES)
}
st.session_state["pages"] = pages
navigation = st.navigation(list(pages.values()))

try:
    opened = state.warehouse_here()
    names = ", ".join(opened.source_names) or "a source without a name"
except Exception as error:  # no page can be shown; the sentence says why
    st.error(shown(state.failure_of(error)))
    st.stop()

with st.sidebar:
    state.choose(
        st,
        "What may be shown of small counts",
        [*POLICIES, state.EXACT],
        "policy",
        format_func=lambda name: (
            "exact counts, for this machine alone"
            if name == state.EXACT
            else f"{name}: {POLICIES[name]}"
        ),
        help="Counts that a policy hides are not drawn, others are rounded; shares are made from "
        "rounded counts. It is on until you switch it off.",
    )
if opened.is_synthetic:
    st.html(
        f'<div class="mm-band">Synthetic patients ({escape(shown(names))}): no real person.</div>'
    )
with st.sidebar:
    st.html(
        f'<p class="mm-quiet">{escape(shown(opened.path.name))}, opened for reading alone · '
        "rule set "
        f"«{escape(shown(opened.rule_set))}» · version {__version__}. For research; no "
        "advice for the "
        "care of any patient.</p>"
    )
navigation.run()
