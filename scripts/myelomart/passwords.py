"""Passwords in addresses: no message, log or list of processes shows one, not even a part."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

STARS = "***"
# what stands before the last @ of an address; a path has lost one of its two slashes
BEFORE_HOST = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*:/+)[^\s/][^\s]*@")
NAMED = re.compile(
    r"(\b(?:ssl)?pass(?:word|wd|phrase)?|\b(?:\w+_)?(?:pwd|token))"
    r"(\s*=\s*)('[^']*'|\"[^\"]*\"|[^\s&]+)",
    re.IGNORECASE,
)
ARGUMENT_START, ARGUMENT_END = 45, 46  # of /proc/self/stat, counted behind the name of the process


def without_passwords(text: str) -> str:
    """``text`` with stars where an address has a user and password, or a setting its password.

    >>> without_passwords("no file postgresql:/me:secret@host/cdm?password=x&sslmode=require")
    'no file postgresql:/***@host/cdm?password=***&sslmode=require'
    """
    for secret in _typed():
        text = text.replace(secret, STARS)
    return NAMED.sub(rf"\1\2{STARS}", BEFORE_HOST.sub(rf"\1{STARS}@", text))


def hide_in_title() -> None:
    """Put stars over passwords in our own command line, which other users of the machine see.

    Linux alone lets a process do so; elsewhere nothing happens.
    """
    try:
        line = Path("/proc/self/cmdline").read_bytes()
        stat = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(") ")[2].split()
        start, end = int(stat[ARGUMENT_START]), int(stat[ARGUMENT_END])
    except (OSError, ValueError, IndexError):
        return
    parts = (without_passwords(os.fsdecode(part)) for part in line.split(b"\0"))
    hidden = b"\0".join(map(os.fsencode, parts))
    if hidden != line and 0 < start < end and end - start == len(line):
        ctypes.memmove(start, hidden.ljust(len(line), b"\0")[: len(line)], len(line))


def _typed() -> list[str]:
    """The user and password of each address on the command line, which may hold blanks."""
    found = (re.search(r":/+(.*:.*)@", argument, re.DOTALL) for argument in sys.argv[1:])
    return [match.group(1) for match in found if match]
