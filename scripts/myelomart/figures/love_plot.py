"""Standardized differences of all covariates, before and after matching."""

import pandas as pd

from myelomart.figures.style import ARMS, GRID, QUIET, as_svg, drawing

BALANCED = 0.1  # conventional limit of |SMD| (Austin 2009)


def love_plot(differences: pd.DataFrame) -> str:
    """``differences``: label, group, population, smd; populations in the order to be shown."""
    labels = list(dict.fromkeys(differences["label"]))
    populations = list(dict.fromkeys(differences["population"]))
    with drawing(7.2, 0.9 + 0.24 * len(labels)) as (figure, axes):
        axes.axvspan(-BALANCED, BALANCED, color="#eef3f8", zorder=0)
        axes.axvline(0, color=QUIET, linewidth=0.8)
        for index, population in enumerate(populations):
            rows = differences[differences["population"] == population].set_index("label")
            axes.scatter(
                rows["smd"].reindex(labels), range(len(labels)), s=30, zorder=3, label=population,
                facecolor="white" if index < len(populations) - 1 else ARMS[0],
                edgecolor=ARMS[1] if index < len(populations) - 1 else ARMS[0], linewidth=1.3,
            )  # fmt: skip
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Standardized difference (shaded: within ±0.1)")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        return as_svg(figure, "Standardized differences before and after matching")
