"""The `myelomart` command: puts the commands together and turns failures into sentences."""

import importlib
import pkgutil
import signal
import sys

import typer
from rich.console import Console
from rich.text import Text

from myelomart import __version__, commands
from myelomart.errors import MyelomartError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="An open warehouse for the evidence on cell therapy in multiple myeloma.",
)
for found in pkgutil.iter_modules(commands.__path__):
    importlib.import_module(f"{commands.__name__}.{found.name}").register(app)


@app.callback(invoke_without_command=True)
def show_version(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """An open warehouse for the evidence on cell therapy in multiple myeloma."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; a known failure prints one sentence and sets the exit code."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is signal.SIG_DFL:  # nohup ignores the second
            signal.signal(ending, signal.default_int_handler)  # as Ctrl-C: what is half made goes
    try:
        app()
    except MyelomartError as error:
        sentence = Text.assemble(("error:", "bold red"), f" {error}")  # its brackets are no style
        Console(stderr=True).print(sentence, soft_wrap=True)
        sys.exit(error.exit_code)
