"""The flow of persons into each arm, step by step."""

import pandas as pd

from myelomart.figures.style import ARMS, GRID, INK, QUIET, as_svg, drawing


def flow_chart(flows: list[tuple[str, pd.DataFrame]]) -> str:
    """One column per arm; ``flows`` holds its label and its steps (see `study_attrition`)."""
    longest = max(len(steps) for _, steps in flows)
    with drawing(5.2 * len(flows), 0.62 * (longest + 2)) as (figure, axes):
        axes.axis("off")
        for column, (label, steps) in enumerate(flows):
            _column(axes, column, label, steps, ARMS[column % len(ARMS)])
        axes.set_xlim(-0.02, len(flows) - 0.02)
        axes.set_ylim(-(longest + 1), 0.8)
        return as_svg(figure, "Flow of persons: " + "; ".join(label for label, _ in flows))


def _column(axes, column: int, label: str, steps: pd.DataFrame, colour: str) -> None:
    x = column + 0.16
    axes.text(column, 0.45, label, fontsize=11, fontweight="bold", color=colour)
    first = int(steps["persons_before"].iloc[0])
    entries = [(first, "in the source", 0)]
    for step in steps.itertuples():
        name = step.label if step.kind == "include" else f"not: {step.label}"
        entries.append((int(step.persons_after), name, int(step.persons_excluded)))
    axes.plot([x, x], [-0.2, -(len(entries) - 1) - 0.2], color=GRID, linewidth=2, zorder=0)
    for row, (count, name, excluded) in enumerate(entries):
        is_last = row == len(entries) - 1
        box = {
            "boxstyle": "round,pad=0.35",
            "facecolor": colour if is_last else "white",
            "edgecolor": colour,
        }
        axes.text(
            x, -row - 0.2, f"{count:,}", ha="center", va="center", bbox=box, fontsize=9,
            color="white" if is_last else INK, fontweight="bold",
        )  # fmt: skip
        axes.text(x + 0.15, -row - 0.08, name, va="center", fontsize=8.5)
        if excluded:
            axes.text(
                x + 0.15,
                -row - 0.4,
                f"{excluded:,} leave here",
                va="center",
                fontsize=7.5,
                color=QUIET,
            )
