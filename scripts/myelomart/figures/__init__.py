"""Figures as SVG text: drawn from tidy numbers, the same bytes for the same numbers."""
