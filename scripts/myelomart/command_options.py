"""What every command takes: -h, examples in its help, --quiet, --verbose; and --json of results."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from typing import Annotated, Any

import typer

from myelomart.examples import EXAMPLES
from myelomart.messages import LOUDNESS, Loudness

HELP = {"help_option_names": ["-h", "--help"]}
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
LEVELS = {
    "quiet": Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only results, warnings and errors.")
    ],
    "verbose": Annotated[
        bool, typer.Option("--verbose", "-v", help="Print every step, one line each.")
    ],
}


def equip(app: typer.Typer, before: str = "") -> None:
    """Give every command of ``app``, and of the apps in it, its examples and both levels."""
    for info in app.registered_commands:
        name = info.name or info.callback.__name__.replace("_", "-")
        info.callback = _with_levels(info.callback)
        if lines := EXAMPLES.get(f"{before}{name}"):
            info.epilog = "Examples:\n\n" + "\n\n".join(lines)
    for group in app.registered_groups:
        equip(group.typer_instance, f"{before}{group.name} ")


def _with_levels(command: Callable[..., Any]) -> Callable[..., Any]:
    """``command`` with --quiet and --verbose, which it need not know."""

    @functools.wraps(command)
    def run(**options: Any) -> Any:
        for level in LEVELS:
            if options.pop(level):
                os.environ[LOUDNESS] = Loudness(level).value
        return command(**options)

    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in LEVELS.items()
    ]
    own = inspect.signature(command, eval_str=True)
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *added])
    run.__annotations__ = {**inspect.get_annotations(command, eval_str=True), **LEVELS}
    return run
