"""`myelomart init`; `myelomart study new`, `check` and `expand`: studies as files of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.commands.study import app as study_app
from myelomart.messages import say, say_json
from myelomart.site.option import Project


def register(root: typer.Typer) -> None:
    """Add `init` to ``root``, and what writes and checks study files to `study`."""
    root.command("init")(init)
    study_app.command("new")(new)
    study_app.command("check")(check)
    study_app.command("expand")(expand)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    as_json: AsJson = False,
) -> None:
    """Make a site's own folder: studies, codes, rules and checks beside ours."""
    from myelomart.site.making import make_site

    make_site(folder)
    if as_json:
        say_json({"folder": str(folder)})
    else:
        say(f"{folder} is ready: its README.md says what belongs where.")


def new(
    name: Annotated[str, typer.Argument(help="The study's name: small letters, digits and _.")],
    like: Annotated[
        str, typer.Option(help="The study to copy: one of ours or of the site.")
    ] = "first_line_transplant",
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Copy a study into a new file, under new names, for you to change."""
    from myelomart import whole
    from myelomart.errors import MyelomartError
    from myelomart.project import site_folder
    from myelomart.site.making import SCHEMA
    from myelomart.site.settings import STUDIES
    from myelomart.study_file import schema
    from myelomart.study_file.copying import copied, found_study

    site = site_folder()
    folder = site / STUDIES if site else Path(".")
    file = folder / f"{name}.yml"
    if file.exists():
        raise MyelomartError(f"{file} is there already: take another name.")
    text = copied(found_study(like, [folder]), name, SCHEMA)
    whole.write_text(folder / SCHEMA, schema.as_text())
    whole.write_text(file, text)
    if as_json:
        say_json({"file": str(file), "like": like})
    else:
        say(f"{file} is {like} under a new name: change it, then `myelomart study check {file}`.")


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Study files; all of the site's, if none is named.")
    ] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Check study files before there is a warehouse: every fault, with its file and line."""
    from myelomart.errors import MyelomartError
    from myelomart.project import site_folder
    from myelomart.site.own_rows import OwnRows
    from myelomart.site.settings import SETTINGS, STUDIES
    from myelomart.study_file.rows import files_in

    site = site_folder()
    if files:
        beside = files[0].resolve().parent
        if site is None and (beside.parent / SETTINGS).is_file():
            site = beside.parent
        given = [file.resolve() for file in files]
        others = files_in(site / STUDIES) if site else []
        rows = OwnRows(site, [*files, *(one for one in others if one.resolve() not in given)])
    elif site:
        rows = OwnRows(site)
    else:
        raise MyelomartError("Name a study file, or a site's folder with --project.")
    studies = [one.study for one in rows.study_files if one.study]
    if as_json:
        say_json({"studies": studies, "faults": [str(one) for one in rows.faults]})
        if rows.faults:
            raise typer.Exit(1)
        return
    rows.refuse_faults()
    say(f"no fault: {', '.join(studies) or 'no study yet'}")


def expand(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Study files; ours, into our seeds.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write the CSV files to.")] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Write the rows that study files expand into; without a file, ours into our seeds."""
    from myelomart import whole
    from myelomart.errors import MyelomartError
    from myelomart.project import project_root
    from myelomart.site.own_rows import OwnRows
    from myelomart.study_file import schema
    from myelomart.study_file.rows import definitions, expanded, files_in

    given = files or files_in(definitions())
    if files and out is None:
        raise MyelomartError("Name the folder for the rows with --out.")
    OwnRows(None, given).refuse_faults()
    folder = out or project_root() / "seeds" / "studies"
    for name, text in expanded(given).items():
        whole.write_text(folder / f"{name}.csv", text)
    if not files:
        whole.write_text(project_root() / "docs" / "schemas" / "study.json", schema.as_text())
    say_json({"folder": str(folder)}) if as_json else say(f"the rows are in {folder}")
