"""`myelomart explore`: ask the warehouse on a local page and see the answer."""

import os
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from myelomart.extras import refuse_without
from myelomart.messages import say
from myelomart.project import PACKAGE
from myelomart.source_options import Memory, Threads

ADDRESS = "127.0.0.1"  # of this machine, for this machine
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
THEME = {
    "base": "light",
    "primaryColor": "#1f5fa8",
    "textColor": "#1c2733",
    "secondaryBackgroundColor": "#f5f7fa",
    "borderColor": "#dde3e9",
    "baseRadius": "small",
    "baseFontSize": 15,
    "font": FONT,
    "headingFont": FONT,
    "showWidgetBorder": True,
}


def register(app: typer.Typer) -> None:
    """Add `explore` to ``app``."""
    app.command("explore")(explore)


def explore(
    db: Annotated[Path, typer.Option("--db", help="The warehouse to look at.")] = Path(
        "myelomart.duckdb"
    ),
    port: Annotated[int, typer.Option(min=1024, max=65535, help="The port of the page.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    memory: Memory = None,
    threads: Threads = None,
) -> None:
    """Open a page on this machine to explore the warehouse: cohorts, curves, patients, codes."""
    refuse_without("explore")
    from myelomart import warehouse
    from myelomart.explore.opened import DATABASE

    with warehouse.database(db):
        pass  # what is wrong with it is said here, not on the page
    os.environ[DATABASE] = str(db.resolve())
    address = f"http://{ADDRESS}:{port}"
    say(f"the explorer is at {address}, for this machine alone; Ctrl-C ends it")
    if browser:
        webbrowser.open(address)
    serve(port)


def serve(port: int) -> None:
    """Serve the page until somebody stops it."""
    from streamlit.web import bootstrap

    options = settings(port)
    bootstrap.load_config_options(options)
    bootstrap.run(str(PACKAGE / "explore" / "app.py"), False, [], options)


def settings(port: int) -> dict[str, object]:
    """How Streamlit is run: on this machine alone, silent, from no file of the user."""
    told = {
        "server_address": ADDRESS,
        "server_port": port,
        "server_headless": True,  # it opens nothing and asks for no address of anybody
        "server_fileWatcherType": "none",
        "server_showEmailPrompt": False,
        "browser_gatherUsageStats": False,
        "client_toolbarMode": "minimal",
        "client_showErrorDetails": "none",
        "client_showErrorLinks": False,
    }
    return told | {f"theme_{name}": value for name, value in THEME.items()}
