"""The pages of the explorer, one module each, in the order of the menu."""

from myelomart.explore.pages import builder, overview, patient, survival

PAGES = (overview, builder, survival, patient)
