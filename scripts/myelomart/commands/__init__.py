"""The commands: each module parses its arguments, calls the package and prints. No logic here."""
