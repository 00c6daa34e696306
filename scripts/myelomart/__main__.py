"""The command line as a program: `myelomart`, or `python -m myelomart`."""

from myelomart.passwords import hide_in_title

hide_in_title()  # before the rest is imported, which takes a second in which `ps` would show it

from myelomart.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
