"""What a check found: which rows cannot all be right, and why."""

from dataclasses import dataclass

CONTRADICTION, DOUBTFUL = "contradiction", "doubtful"


@dataclass(frozen=True)
class Finding:
    """A sentence about rows of the file; doubtful when chance could explain it."""

    check: str
    rows: tuple[str, ...]
    sentence: str
    level: str = CONTRADICTION
