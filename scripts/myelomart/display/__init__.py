"""How estimates are printed: numbers in words, cells, tables; nothing is computed here."""
