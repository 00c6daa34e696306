"""The look that all figures share: colours that the colour-blind can tell apart, quiet axes."""

import io
import re
from contextlib import contextmanager

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402  (the backend is chosen first)

INK, QUIET, GRID = "#1c2733", "#5b6b7b", "#d9dfe5"
ARMS = ("#1f5fa8", "#c4501b", "#2e7d54", "#7a4fa3", "#8a6d1a", "#4a4a4a")  # Okabe-Ito, darkened
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "myelomart",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "legend.frameon": False,
}


@contextmanager
def drawing(width: float, height: float, **options):
    """A figure of ``width`` by ``height`` inches with its axes; closed afterwards."""
    with matplotlib.rc_context(SETTINGS):
        figure, axes = plt.subplots(figsize=(width, height), **options)
        try:
            yield figure, axes
        finally:
            plt.close(figure)


def as_svg(figure, title: str, trim: bool = True) -> str:
    """The figure as SVG that scales with the page and says ``title`` to those who cannot see it.

    Trimming the margins draws twice: a figure whose margins are known goes without.
    """
    out = io.StringIO()
    edges = "tight" if trim else None
    figure.savefig(out, format="svg", bbox_inches=edges, metadata={"Date": None, "Title": title})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", text, count=1)
    return text.replace("<svg ", '<svg role="img" ', 1).replace(
        "font-family: 'DejaVu Sans'", "font-family: 'DejaVu Sans', Verdana, sans-serif"
    )
