"""Rows that people write (studies, codes, rules): what is declared of them, and what is wrong."""
