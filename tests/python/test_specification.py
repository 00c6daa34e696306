"""The specification and what cites it: sections, keys, examples and variants are all there.

The pages are `docs/specification/*.md`. A heading `## 2.4 …` is a section; a table whose first
column is headed `id` holds worked examples; a table whose last column is headed `unit test` holds
variants, what another setting makes of them. How a citation is written stands in their README.
"""

import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from myelomart.project import project_root

TEXTS = {".sql", ".yml", ".csv", ".py", ".md"}
SECTION = r"(?:[A-Z]{1,2})?\d+(?:\.\d+)?(?!\d)"
RULE = r"(?: rules? \d+(?:(?: and | to )\d+)?| no\. \d+)?"
CITATION = re.compile(
    rf"\bspecification (\w+) ({SECTION}{RULE}(?:(?:, | and | to |; ){SECTION}{RULE})*)"
    r"([^;:]{0,90})"
)
KEY = re.compile(r"\b(?:[A-Z][a-z'’][\w'’-]*(?: [a-z]+)? (?:19|20)\d\d[a-z]?|CTCAE v\d)\b(?!;\d)")
MONTHS = re.compile(
    r"(January|February|March|April|May|June|July|August|September|October|November|December) "
)
OLD_FORM = re.compile(
    r"\balgorithms?(?:\.md)? §?\d|\bdefinitions \d|(?:algorithms|definitions)\.md|\b00[0-4]:\d"
)
EXAMPLE = re.compile(r"(PF|PT|CI|IT|MR|[A-Z])(\d{1,2})([ab]?)")
NAMED = re.compile(r"\b(pf|pt|ci|it|mr|[a-z])(\d{1,2})([ab]?)(?: to \1(\d{1,2}))?\b")


def tracked() -> list[Path]:
    """Every text file that git tracks, but for recorded values and what the papers printed."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=project_root(), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    skipped = ("tests/fixtures/", "seeds/evidence/published_results.csv")
    paths = [project_root() / name for name in listed if not name.startswith(skipped)]
    return [path for path in paths if path.suffix in TEXTS and path.is_file()]


def running_text(path: Path) -> str:
    """The text of a file in one line, comment marks of its lines left out."""
    return re.sub(r"\s*\n\s*(?:--|#+|//)?\s*", " ", path.read_text(encoding="utf-8"))


def sections(page: str) -> dict[str, str]:
    """Id of each section of a page to its text."""
    parts = re.split(rf"^## ({SECTION}) ", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tables(page: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The head and the rows of each table of a page."""
    for block in re.findall(r"(?:^\|.*\|\n)+", page, flags=re.MULTILINE):
        rows = [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in block.splitlines()
        ]
        yield rows[0], rows[2:]


def examples_on(page: str) -> dict[str, str]:
    """Id of each worked example of a page to its row."""
    found = [row for head, rows in tables(page) if head[0] == "id" for row in rows]
    return {row[0]: " | ".join(row) for row in found}


def variants_on(page: str) -> list[tuple[str, str]]:
    """Setting and unit test of each variant of a page."""
    return [
        (row[0], row[-1].strip("`"))
        for head, rows in tables(page)
        if head[-1] == "unit test"
        for row in rows
    ]


def ids_in(name: str) -> set[tuple[str, int, str]]:
    """The ids of worked examples in the name of a test, ranges such as s1_to_s11 spelt out."""
    found = set()
    for kind, first, suffix, last in NAMED.findall(name.lower().replace("_", " ")):
        found |= {(kind, n, suffix) for n in range(int(first), int(last or first) + 1)}
    return found


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of all dbt unit tests, and of all tests in Python."""
    rules = [path.read_text() for path in (project_root() / "models").rglob("*.yml")]
    python = [path.read_text() for path in Path(__file__).parent.rglob("test_*.py")]
    unit_tests = {
        name
        for text in rules
        for part in re.split(r"^unit_tests:", text, flags=re.MULTILINE)[1:]
        for name in re.findall(r"^  - name: (\w+)$", part, re.MULTILINE)
    }
    return unit_tests | {
        name for text in python for name in re.findall(r"^def test_(\w+)", text, re.MULTILINE)
    }


@pytest.fixture(scope="module")
def literature(specification) -> dict[str, str]:
    """Each key of the literature to the row that tells the work."""
    rows = [
        row
        for head, rows in tables(specification["literature"])
        if head[0] == "key"
        for row in rows
    ]
    assert len(rows) == len({row[0] for row in rows})
    return {key: " | ".join(row[1:]) for row in rows for key in row[0].split(", ")}


def keys_in(text: str) -> set[str]:
    """What looks like a key of the literature: a name and a year."""
    return {key for key in KEY.findall(" ".join(text.split())) if not MONTHS.match(key)}


# ------------------------------------------------------------------------------------ the pages


def test_every_section_has_one_place_and_the_index_names_it(specification):
    places = [(number, page) for page, text in specification.items() for number in sections(text)]
    assert len(places) == len({number for number, _ in places})
    index = {
        name: listed
        for head, rows in tables(specification["README"])
        if head[:2] == ["page", "sections"]
        for (link, listed, *_) in rows
        for name in re.findall(r"\[(\w+)\]\(\1\.md\)", link)
    }
    assert set(index) == set(specification) - {"README"}
    for page, listed in index.items():
        assert spelt_out(listed) == set(sections(specification[page])), page


def spelt_out(listed: str) -> set[str]:
    """``1, 1.1 to 1.5`` as the ids of the sections."""
    found = set()
    for part in listed.split(", "):
        first, _, last = part.partition(" to ")
        head = re.match(r"(?:\d+\.|[A-Z]+)", first) if last else None
        if head is None:
            found.add(first)
            continue
        stem = head.group(0)
        numbers = range(int(first.removeprefix(stem)), int(last.removeprefix(stem)) + 1)
        found |= {f"{stem}{number}" for number in numbers}
        if stem == "D":  # the documents' sections have parts
            found |= {f"D{a}.{b}" for a, b in PARTS if a in numbers}
    return found


PARTS = [(a, b) for a, last in ((1, 3), (3, 7), (5, 6)) for b in range(1, last + 1)]


def test_every_section_says_what_it_rests_on(specification, literature):
    silent = [
        f"{page} {number}"
        for page, text in specification.items()
        if page not in ("README", "literature")
        for number, section in sections(text).items()
        if "Literature: " not in section
    ]
    assert silent == []
    stated = re.findall(r"Literature: ([^*]+)\*", "".join(specification.values()))
    assert sorted(set().union(*map(keys_in, stated)) - set(literature)) == []


def test_every_key_is_used_and_says_whether_it_was_verified(specification, literature):
    pages = [text for page, text in specification.items() if page != "literature"]
    elsewhere = " ".join(" ".join(pages).split())
    dated = {key: told for key, told in literature.items() if keys_in(key)}
    assert len(dated) > 30
    assert [key for key in dated if key not in elsewhere] == []
    told = [row.rpartition(" | ")[2] for row in dated.values()]
    assert [one for one in told if not one.startswith(("yes", "(not verified)"))] == []


# ------------------------------------------------------------------------------ what cites them


def test_every_cited_section_and_rule_exists(specification):
    known = {page: sections(text) for page, text in specification.items()}
    dangling, count = [], 0
    for path in tracked():
        for page, listed, _ in CITATION.findall(running_text(path)):
            for number, rules in re.findall(rf"({SECTION})({RULE})", listed):
                count += 1
                text = known.get(page, {}).get(number)
                if text is None:
                    dangling.append(f"{path.name}: specification {page} {number}")
                for rule in re.findall(r"\d+", rules):
                    if f"\n{rule}. " not in (text or ""):
                        dangling.append(f"{path.name}: specification {page} {number} rule {rule}")
    assert dangling == []
    assert count > 600


def test_nothing_cites_a_document_outside_the_repository():
    left = [
        f"{path.relative_to(project_root())}:{number}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if OLD_FORM.search(line)
    ]
    assert left == []


def test_every_key_beside_a_citation_is_in_the_literature(literature):
    unknown = {
        f"{path.name}: {key}"
        for path in tracked()
        for _, _, after in CITATION.findall(running_text(path))
        for key in keys_in(re.match(r"\s?\(([^)]*)|,([^).]*)|", after).group(0))
        if key not in literature
    }
    assert sorted(unknown) == []


def test_every_key_in_a_seed_is_in_the_literature(literature):
    unknown = set()
    for path in (project_root() / "seeds" / "clinical_rules").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                unknown |= keys_in(row.get("citation") or "") - set(literature)
    assert sorted(unknown) == []


# --------------------------------------------------------------------- what the pages have tested


def test_every_worked_example_has_a_test_under_its_id(specification, tests):
    examples = [
        one
        for page, text in specification.items()
        if page != "outputs"
        for one in examples_on(text)
    ]
    assert len(examples) == len(set(examples))
    assert len(examples) > 160
    tested = set().union(*map(ids_in, tests))
    untested = []
    for one in examples:
        kind, number, suffix = EXAMPLE.fullmatch(one).groups()
        untested += [] if (kind.lower(), int(number), suffix) in tested else [one]
    assert untested == []


def test_every_variant_has_the_test_it_names(specification, tests):
    variants = [one for text in specification.values() for one in variants_on(text)]
    assert len(variants) > 60
    assert [(setting, name) for setting, name in variants if name not in tests] == []


def parameters() -> set[tuple[str, str]]:
    """Algorithm and parameter of every row of the seed."""
    seed = project_root() / "seeds" / "clinical_rules" / "algorithm_parameters.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        return {(row["algorithm"], row["parameter"]) for row in csv.DictReader(file)}


def test_every_parameter_of_a_page_is_a_row_and_another_value_is_tested(specification):
    names = {parameter for _, parameter in parameters()}
    names |= {path.stem for path in (project_root() / "seeds" / "clinical_rules").glob("*.csv")}
    unknown, untested = [], []
    for text in specification.values():
        shown = " ".join([setting for setting, _ in variants_on(text)])
        shown += " ".join(examples_on(text).values())
        for head, rows in tables(text):
            if head[0] != "parameter" or "others tested" not in head:
                continue
            for row in rows:
                named = re.findall(r"`(\w+)`", row[0])
                unknown += [name for name in named if name not in names]
                if named and row[head.index("others tested")]:
                    untested += [] if any(f"`{name}`" in shown for name in named) else [row[0]]
    assert unknown == []
    assert untested == []


def test_every_parameter_is_read_by_a_model():
    """A row that no model reads would have no effect."""
    models = {
        model.stem: model.read_text(encoding="utf-8")
        for folder in ("models", "macros")
        for model in (project_root() / folder).rglob("*.sql")
    }
    elsewhere = "".join(text for name, text in models.items() if name != "int_line_rules")
    read = set(re.findall(r"'(\w+)'", elsewhere))
    of_lines = set(re.findall(r"line_rules\.(\w+)", elsewhere))
    read |= {name for name in of_lines if f"as {name}" in models["int_line_rules"]}
    ours = parameters()
    assert len(ours) > 150
    assert sorted(row for row in ours if row[1] not in read) == []
