"""FHIR R4 as a source: a bulk export, one resource a line, read into tables of the OMOP CDM."""
