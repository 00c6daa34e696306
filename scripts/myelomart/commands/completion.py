"""`myelomart completion`: the script by which a shell completes commands and options."""

from enum import StrEnum
from typing import Annotated

import typer

from myelomart.messages import say

COMPLETE = "_MYELOMART_COMPLETE"  # set by the script when it asks for words


class Shell(StrEnum):
    """The shells that a script is known for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def register(app: typer.Typer) -> None:
    """Add `completion` to ``app``."""
    app.command()(completion)


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell to write for.")],
) -> None:
    """Print the script that lets a shell complete commands; save it where the shell reads it."""
    from typer.completion import get_completion_script

    say(get_completion_script(prog_name="myelomart", complete_var=COMPLETE, shell=shell.value))
