"""What several titles have in common, and what tells each from the others."""

from __future__ import annotations

import os.path
import re

SHORTEST_STEM = 12  # characters that titles must share to be told apart by the rest
MAIN = "main analysis"
JOINTS = re.compile(r"(,| by| of| in)?\s*$")


def told_apart(titles: list[str]) -> tuple[str, list[str]]:
    """What ``titles`` have in common, and what tells each of them from the others.

    >>> told_apart(["Survival of patients", "Survival of patients by age"])
    ('Survival of patients', ['main analysis', 'by age'])
    >>> told_apart(["Flow", "Baseline"])
    ('Flow', ['Flow', 'Baseline'])
    """
    stem = os.path.commonprefix(titles)
    if stem not in titles:
        stem = stem[: stem.rfind(" ") + 1]
    if len(titles) == 1 or len(stem) < SHORTEST_STEM:
        return titles[0], titles
    rests = [title[len(stem) :].strip(" ,:") or MAIN for title in titles]
    return JOINTS.sub("", stem), rests
