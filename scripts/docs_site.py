"""The site of the documentation, which opens without a network: `make site` writes build/site.

Its pages are those of docs/, the pages beside README, and the reference, which is made here of what
it describes: commands, tables, parameters, code lists and functions. `zensical.toml` orders them.
"""

import csv
import importlib
import inspect
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
BESIDE = (
    "CHANGELOG",
    "CONTRIBUTING",
    "GLOSSARY",
    "SECURITY",
)  # pages of the root that join the site
NODE = ROOT / "build" / "node"
SCRIPTS = {  # what the theme would take from another host, and the file of the npm package
    "iframe-worker/shim": "shim/index.js",
    "mermaid": "dist/mermaid.min.js",
}
PRIVATE = {"intermediate"}  # schemas that no reader of a warehouse needs
PACKAGES = ("survival", "matching", "meta_analysis", "sensitivity", "tables")
LINK = re.compile(r"(\]\()(?!https?:|#|mailto:)([^)#\s]+)")
EXAMPLE = re.compile(r"^(>>> .*(?:\n.+)*)", re.MULTILINE)
DOC = re.compile(r"\{% docs (\w+) %\}\s*(.*?)\s*\{% enddocs %\}", re.DOTALL)


def rows(seed: str) -> list[dict[str, str]]:
    """The rows of a seed, by its path under seeds/."""
    with (ROOT / "seeds" / seed).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(head: Iterable[str], body: Iterable[Iterable[object]]) -> str:
    """A Markdown table; a bar in a cell is escaped, a line end is a space."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, body)]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def beside() -> Iterator[tuple[str, str]]:
    """The pages that lie beside README, their links turned towards docs/."""
    for name in BESIDE:
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        yield f"{name}.md", LINK.sub(lambda one: one[1] + one[2].removeprefix("docs/"), text)


def commands() -> str:
    """Every command with its arguments and options, as `--help` has them."""
    from myelomart.cli import app

    parts = [
        "# Commands\n\nEvery command, its arguments and options; `myelomart COMMAND --help` prints "
        "the same.\n"
    ]
    for name, command in _leaves(typer.main.get_command(app), "myelomart"):
        parameters = [one for one in command.params if not getattr(one, "hidden", False)]
        parts.append(f"## {name}\n\n{_paragraphs(command.help or '')}\n")
        if parameters:
            parts.append(
                table(
                    ("", "what it is", "without it"),
                    (
                        (f"`{_written(one)}`", getattr(one, "help", "") or "", _default(one))
                        for one in parameters
                    ),
                )
            )
    return "\n".join(parts)


def _leaves(command, name: str) -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", None)
    if not children:
        yield name, command
        return
    for child, one in sorted(children.items()):
        if not one.hidden:
            yield from _leaves(one, f"{name} {child}")


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(one.split()) for one in text.replace("\b", "").split("\n\n"))


def _written(parameter) -> str:
    if parameter.param_type_name == "argument":
        return parameter.metavar or parameter.name.upper()
    return ", ".join([*parameter.opts, *parameter.secondary_opts])


def _default(parameter) -> str:
    if parameter.required:
        return "has to be given"
    default = getattr(parameter.default, "value", parameter.default)
    return "" if default in (None, False, ()) or callable(default) else f"`{default}`"


def texts() -> dict[str, str]:
    """The doc blocks that descriptions of columns name."""
    found: dict[str, str] = {}
    for file in (ROOT / "models").rglob("*.md"):
        found |= dict(DOC.findall(file.read_text(encoding="utf-8")))
    return found


def models() -> dict[str, dict]:
    """The models a reader meets, by `schema.name`, as their YAML describes them."""
    config = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    folders = config["models"]["myelomart"]
    found = {}
    for file in sorted((ROOT / "models").rglob("_*__models.yml")):
        layer = file.relative_to(ROOT / "models").parts[0]
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models") or []:
            schema = model.get("config", {}).get("schema") or folders[layer]["+schema"]
            if schema not in PRIVATE:
                found[f"{schema}.{model['name']}"] = model
    return dict(sorted(found.items()))


def tables() -> Iterator[tuple[str, str]]:
    """A page per schema, with every table and column; one more of the seeds."""
    blocks = texts()
    described = models()
    for schema in sorted({name.partition(".")[0] for name in described}):
        mine = {name: one for name, one in described.items() if name.startswith(f"{schema}.")}
        body = "\n".join(_of_model(name, one, blocks) for name, one in mine.items())
        yield f"reference/tables/{schema}.md", f"# Tables of `{schema}`\n\n{body}"
    yield "reference/tables/seeds.md", f"# Seeds\n\nThe rows that people write.\n\n{_seeds(blocks)}"


def _said(text: str, blocks: dict[str, str]) -> str:
    """A description, with the doc blocks that it names."""
    return re.sub(r"\{\{ doc\('(\w+)'\) \}\}", lambda one: blocks[one[1]], text).strip()


def _of_model(name: str, model: dict, blocks: dict[str, str]) -> str:
    grain = model.get("config", {}).get("meta", {}).get("grain", [])
    columns = table(
        ("column", "type", "what it holds"),
        (
            (
                f"`{one['name']}`",
                one.get("data_type", ""),
                _said(one.get("description", ""), blocks),
            )
            for one in model.get("columns", [])
        ),
    )
    key = f"\n\nGrain: {', '.join(f'`{one}`' for one in grain)}." if grain else ""
    return f"## {name}\n\n{_said(model.get('description', ''), blocks)}{key}\n\n{columns}"


def _seeds(blocks: dict[str, str]) -> str:
    parts = []
    for file in sorted((ROOT / "seeds").rglob("_*__seeds.yml")):
        for seed in yaml.safe_load(file.read_text(encoding="utf-8"))["seeds"]:
            types = seed.get("config", {}).get("column_types", {})
            columns = {
                one["name"]: _said(one.get("description", ""), blocks)
                for one in seed.get("columns", [])
            }
            parts.append(
                f"## {seed['name']}\n\n{' '.join(seed['description'].split())}\n\n"
                + table(
                    ("column", "type", "what it holds"),
                    (
                        (f"`{one}`", types.get(one, ""), columns.get(one, ""))
                        for one in types | columns
                    ),
                )
            )
    return "\n".join(sorted(parts))


def parameters() -> str:
    """Every parameter of every algorithm, with its value in each rule set that changes it."""
    given = rows("clinical_rules/algorithm_parameters.csv")
    parts = [
        "# Parameters\n\nThe numbers of the clinical rules, from "
        "`seeds/clinical_rules/algorithm_parameters.csv`. A rule set names what it changes; the "
        "rest is as in `default`.\n"
    ]
    for algorithm in sorted({one["algorithm"] for one in given}):
        mine = [one for one in given if one["algorithm"] == algorithm]
        default = {one["parameter"]: one for one in mine if one["rule_set"] == "default"}
        names = dict.fromkeys([*default, *(one["parameter"] for one in mine)])
        parts.append(f"## {algorithm}\n")
        parts.append(
            table(
                ("parameter", "default", "in other rule sets", "source"),
                (
                    (
                        f"`{name}`",
                        default.get(name, {}).get("value", ""),
                        ", ".join(
                            f"{one['rule_set']}: {one['value']}"
                            for one in mine
                            if one["parameter"] == name and one["rule_set"] != "default"
                        ),
                        _cited(next(one["citation"] for one in mine if one["parameter"] == name)),
                    )
                    for name in names
                ),
            )
        )
    return "\n".join(parts)


def _cited(citation: str) -> str:
    """A citation whose page of the specification is a link."""
    return re.sub(r"specification (\w+)", r"[specification \1](../specification/\1.md)", citation)


def code_lists() -> Iterator[tuple[str, str]]:
    """The list of concept sets with their counts, and a page of members for each category."""
    sets = rows("concept_sets/concept_sets.csv")
    members = rows("concept_sets/concept_set_members.csv")
    counts: dict[str, Counter] = {one["concept_set_id"]: Counter() for one in sets}
    for one in members:
        counts[one["concept_set_id"]][one["vocabulary_id"]] += 1
    homes = {one["concept_set_id"]: one["categories"].split("+")[0] for one in sets}
    yield (
        "reference/code_lists.md",
        f"# Code lists\n\n{len(sets)} clinical ideas with {len(members):,} codes, from "
        "`seeds/concept_sets`.\n\n"
        + table(
            ("concept set", "what it means", "status", "codes"),
            (
                (
                    f"[{one['concept_set_id']}](codes/{homes[one['concept_set_id']]}.md#{one['concept_set_id']})",
                    one["clinical_scope"],
                    one["status"].replace("_", " "),
                    _counted(counts[one["concept_set_id"]]),
                )
                for one in sets
            ),
        ),
    )
    for home in sorted(set(homes.values())):
        mine = [one for one in sets if homes[one["concept_set_id"]] == home]
        yield (
            f"reference/codes/{home}.md",
            f"# Codes: {home.replace('_', ' ')}\n\n"
            + "\n".join(_of_set(one, members) for one in mine),
        )


def _counted(vocabularies: Counter) -> str:
    total = sum(vocabularies.values())
    parts = ", ".join(f"{name} {number}" for name, number in sorted(vocabularies.items()))
    return f"{total} ({parts})" if total else "0"


def _of_set(one: dict[str, str], members: list[dict[str, str]]) -> str:
    mine = [row for row in members if row["concept_set_id"] == one["concept_set_id"]]
    head = f"## {one['concept_set_id']}\n\n{one['clinical_scope']}. Source: {one['citation']}.\n\n"
    return head + table(
        ("vocabulary", "code", "name", "and below", "holds", "note"),
        (
            (
                row["vocabulary_id"],
                f"`{row['code']}`" if row["code"] else row["concept_id"],
                row["name"],
                "yes" if row["include_descendants"] == "true" else "",
                _span(row),
                "; ".join(
                    filter(
                        None,
                        (row["caveat"], "" if row["is_verified"] == "true" else "not verified"),
                    )
                ),
            )
            for row in mine
        ),
    )


def _span(row: dict[str, str]) -> str:
    if not row["valid_from"] and not row["valid_to"]:
        return ""
    return f"{row['valid_from'] or '…'} to {row['valid_to'] or '…'}"


def functions() -> Iterator[tuple[str, str]]:
    """A page per package of statistics: what it offers, with its docstrings."""
    for name in PACKAGES:
        package = importlib.import_module(f"myelomart.{name}")
        offered = "\n".join(_of_object(one, getattr(package, one)) for one in package.__all__)
        yield (
            f"reference/python/{name}.md",
            f"# myelomart.{name}\n\n{_docstring(package)}\n\n{offered}",
        )


def _of_object(name: str, one: object) -> str:
    signature = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", str(inspect.signature(one)))
    return f"## {name}\n\n```python\n{name}{signature}\n```\n\n{_docstring(one)}\n"


def _docstring(one: object) -> str:
    """Its docstring as Markdown: examples are code."""
    return EXAMPLE.sub(r"```python\n\1\n```", inspect.getdoc(one) or "")


def made() -> dict[str, str]:
    """The pages of the reference and those beside README, by their path in the site."""
    return {
        **dict(beside()),
        "reference/commands.md": commands(),
        **dict(tables()),
        "reference/parameters.md": parameters(),
        **dict(code_lists()),
        **dict(functions()),
    }


def write_pages(folder: Path) -> None:
    """Write every page of the site as Markdown into ``folder``, which is ours and made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    for path, text in made().items():
        page = folder / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


def bring_in_scripts(site: Path) -> None:
    """Take the two scripts that the theme would load from another host into the site.

    They come from npm (`make site` asks for them). Without them nothing is loaded from anywhere:
    the search then needs a server, and the diagrams stay text.
    """
    scripts = site / "assets" / "javascripts"
    for name in SCRIPTS.values():
        if (found := next(NODE.glob(f"**/{name}"), None)) is not None:
            shutil.copy(found, scripts / Path(name).name)
    for page in [*site.rglob("*.html"), *scripts.glob("bundle*.js")]:
        text = page.read_text(encoding="utf-8")
        root = "../" * (len(page.relative_to(site).parts) - 1)
        for address, name in SCRIPTS.items():
            here = f"{root}assets/javascripts/{Path(name).name}"
            is_there = page.suffix == ".html" and (scripts / Path(name).name).exists()
            address = rf"https://unpkg\.com/{address}[^\"'`]*"
            text = re.sub(address, here if is_there else "data:text/javascript,", text)
        if 'class="mermaid"' in text:
            tag = f'<script src="{root}assets/javascripts/mermaid.min.js"></script>'
            text = text.replace("</head>", f"{tag}</head>", 1)
        page.write_text(text, encoding="utf-8")


def main() -> None:
    """Write the pages and build the site of them."""
    write_pages(PAGES)
    zensical = Path(sys.executable).with_name("zensical")
    subprocess.run([zensical, "build", "--strict", "--clean"], cwd=ROOT, check=True)
    bring_in_scripts(SITE)
    print(f"the site is {SITE / 'index.html'}")


if __name__ == "__main__":
    main()
