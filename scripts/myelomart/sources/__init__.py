"""Ways in: any source becomes one folder of Parquet in the shape of OMOP CDM v5.4 (the landing)."""
