"""The pages of the explorer, one module each, in the order of the menu."""

from myelomart.explore.pages import (
    builder,
    codes,
    lines,
    overview,
    patient,
    quality,
    studies,
    survival,
    toxicity,
)

PAGES = (overview, builder, survival, patient, lines, toxicity, studies, codes, quality)
