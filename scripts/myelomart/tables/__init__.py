"""Tables in and out: input files with dropped rows counted, baseline tables, proportions."""
