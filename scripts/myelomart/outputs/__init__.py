"""The outputs of a study: each analysis type is one module with one `make` function."""
