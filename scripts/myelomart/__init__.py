"""An open warehouse for evidence on cell therapy in multiple myeloma."""

__version__ = "0.1.0"
