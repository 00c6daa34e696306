"""A study as one YAML file: read with its lines, and expanded into the rows of the engine."""
