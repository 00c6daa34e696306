"""The report: one HTML file without any other, from the results of one or more studies."""
