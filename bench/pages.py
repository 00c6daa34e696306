"""What several benches do with a page of the documentation."""

from pathlib import Path


def into_page(page: Path, marks: tuple[str, str], table: str) -> None:
    """Write ``table`` between two marks of a page, in place of what stands there."""
    first, last = marks
    before, rest = page.read_text(encoding="utf-8").split(first)
    whole = f"{before}{first}\n\n{table}\n\n{last}{rest.split(last)[1]}"
    page.write_text(whole, encoding="utf-8")
