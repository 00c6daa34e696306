"""The documentation: each page has its place, each command exists, the reference is whole."""

import csv
import importlib.util
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from myelomart.cli import app

ROOT = Path(__file__).resolve().parents[2]
PROSE = ["README.md", "CONTRIBUTING.md", "GLOSSARY.md", "SECURITY.md"]
FENCE = re.compile(r"^```(?:bash|sh|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def docs_site():
    """The script that makes the site."""
    spec = importlib.util.spec_from_file_location("docs_site", ROOT / "scripts" / "docs_site.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_site"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(docs_site):
    """The pages that the script makes."""
    return docs_site.made()


def listed(entries) -> list[str]:
    """The pages that an order of pages names."""
    found = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(entry)
        else:
            for value in entry.values():
                found += [value] if isinstance(value, str) else listed(value)
    return found


def command_lines():
    """Each line of a fenced block that calls `myelomart`, with its page."""
    for page in [*(ROOT / name for name in PROSE), *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in FENCE.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip().startswith("myelomart "):
                    yield str(page.relative_to(ROOT)), line.partition("  #")[0].strip()


def wrong_in(line: str) -> str:
    """What in a command line does not exist; nothing where all does."""
    command, words = typer.main.get_command(app), shlex.split(line)[1:]
    while getattr(command, "commands", None) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"no command {words[0]}"
        command = command.commands[words.pop(0)]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    given = [word.strip("[]").partition("=")[0] for word in words]
    missing = [one for one in given if one.startswith("--") and one not in options | {"--help"}]
    return f"no option {missing[0]}" if missing else ""


def test_every_command_that_the_pages_show_exists():
    lines = list(command_lines())
    assert len(lines) > 40
    alternatives = [(page, line) for page, line in lines if "|" not in line]
    wrong = [(page, line, wrong_in(line)) for page, line in alternatives if wrong_in(line)]
    assert wrong == []


def test_a_command_that_is_none_would_be_found():
    assert wrong_in("myelomart buidl --source x") == "no command buidl"
    assert wrong_in("myelomart study run x --ouut results") == "no option --ouut"
    assert wrong_in("myelomart study run x --out results") == ""


def test_every_page_has_its_place(made):
    order = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    written = {str(one.relative_to(ROOT / "docs")) for one in (ROOT / "docs").rglob("*.md")}
    members = {one for one in made if one.startswith("reference/codes/")}  # reached from their list
    places = listed(order)
    assert len(places) == len(set(places))
    assert set(places) == (written | set(made)) - members


def test_every_link_leads_to_a_page_or_a_file(docs_site, tmp_path):
    docs_site.write_pages(tmp_path / "pages")
    pages = sorted((tmp_path / "pages").rglob("*.md"))
    assert len(pages) > 80
    broken = [
        f"{page.relative_to(tmp_path)}: {target}"
        for page in pages
        for _, target in docs_site.LINK.findall(outside_code(page.read_text(encoding="utf-8")))
        if not (page.parent / target).exists()
    ]
    readme = outside_code((ROOT / "README.md").read_text(encoding="utf-8"))
    broken += [one for _, one in docs_site.LINK.findall(readme) if not (ROOT / one).exists()]
    assert broken == []


def outside_code(text: str) -> str:
    """``text`` without its code, in which nothing is a link."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def test_the_reference_has_every_column_parameter_code_and_function(docs_site, made):
    core = yaml.safe_load((ROOT / "models/clinical/lines/_lines__models.yml").read_text())["models"]
    (lines,) = (one for one in core if one["name"] == "lines_of_therapy")
    for column in lines["columns"]:
        assert f"| `{column['name']}` |" in made["reference/tables/core.md"]
    for name in docs_site.models():
        schema = name.partition(".")[0]
        assert f"## {name}\n" in made[f"reference/tables/{schema}.md"]
    with (ROOT / "seeds/clinical_rules/algorithm_parameters.csv").open() as file:
        for row in csv.DictReader(file):
            assert f"| `{row['parameter']}` |" in made["reference/parameters.md"]
    codes = "".join(text for page, text in made.items() if page.startswith("reference/codes/"))
    with (ROOT / "seeds/concept_sets/concept_set_members.csv").open() as file:
        for row in csv.DictReader(file):
            assert f"## {row['concept_set_id']}\n" in codes
            assert (row["code"] or row["concept_id"]) in codes
    assert "## cox_regression\n" in made["reference/python/survival.md"]
    assert "doc(" not in "".join(made[one] for one in made if one.startswith("reference/tables/"))


@pytest.mark.slow
def test_the_site_is_built_and_asks_no_other_host_for_anything(docs_site):
    pytest.importorskip("zensical", reason="zensical is not installed")
    docs_site.main()
    pages = list(docs_site.SITE.rglob("*.html"))
    assert len(pages) > 80
    asked = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?https?:")
    assert [page.name for page in pages if asked.search(page.read_text(encoding="utf-8"))] == []
