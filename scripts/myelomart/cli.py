"""The `myelomart` command: puts the commands together and turns failures into sentences."""

import importlib
import io
import os
import pkgutil
import signal
import sys
import traceback

import typer
from rich.text import Text
from typer.rich_utils import rich_format_error

from myelomart import __version__, commands, passwords
from myelomart.command_options import HELP, equip
from myelomart.commands.completion import COMPLETE
from myelomart.errors import Stopped
from myelomart.failures import TRACEBACK, failure_of
from myelomart.messages import console, say, shown

app = typer.Typer(
    add_completion=False,
    context_settings=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="An open warehouse for evidence on cell therapy in multiple myeloma.",
)
for found in pkgutil.iter_modules(commands.__path__):
    importlib.import_module(f"{commands.__name__}.{found.name}").register(app)
equip(app)


@app.callback(invoke_without_command=True)
def show_version(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """An open warehouse for evidence on cell therapy in multiple myeloma."""
    if version:
        say(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; a failure prints one sentence and sets the exit code."""
    passwords.hide_in_title()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is signal.SIG_DFL:  # nohup ignores the second
            signal.signal(ending, signal.default_int_handler)  # as Ctrl-C: what is half made goes
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for a terminal that lacks a letter
    if COMPLETE in os.environ:
        _know_shells()
    try:
        code = app(prog_name="myelomart", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # who read us has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (Exception, KeyboardInterrupt, typer.Abort) as error:
        code = _tell(error)
    else:
        if code == Stopped.exit_code:  # Typer has taken the interrupt
            _tell(KeyboardInterrupt())
    sys.exit(code)


def _know_shells() -> None:
    """Let Typer answer the script of `myelomart completion`."""
    from typer.completion import completion_init

    completion_init()


def _tell(error: BaseException) -> int:
    """Say what failed, in one sentence; its exit code."""
    if os.environ.get(TRACEBACK):
        say("".join(traceback.format_exception(error)), err=True)
    if hasattr(error, "format_message"):  # what the user typed: Typer shows how it is written
        error.message = shown(error.message)
        rich_format_error(error)
        return error.exit_code
    failure = failure_of(KeyboardInterrupt() if isinstance(error, typer.Abort) else error)
    sentence = Text.assemble(("error:", "bold red"), f" {shown(failure)}")
    console(stderr=True).print(sentence)
    return failure.exit_code
