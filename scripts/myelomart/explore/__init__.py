"""The explorer: ask a warehouse on a local page; it reads and never writes, and calls nobody."""
