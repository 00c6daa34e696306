"""Lets `python -m myelomart` do what the `myelomart` command does."""

from myelomart.cli import main

main()
