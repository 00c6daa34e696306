"""`myelomart explore` costs the command line nothing and says in words what is missing."""

import importlib.util
import subprocess
import sys

import pytest

from myelomart.commands import explore as command
from myelomart.errors import MyelomartError, WarehouseError

HEAVY = ("streamlit", "myelomart.explore")


def test_the_command_line_imports_nothing_of_the_explorer():
    said = subprocess.run(
        [sys.executable, "-c",
         "import sys, myelomart.commands.explore; "
         f"print(*(one for one in {HEAVY!r} if one in sys.modules))"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.split() == []


def test_without_streamlit_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MyelomartError, match=r"pip install 'myelomart\[explore\]'"):
        command.explore(db=tmp_path / "none.duckdb")


def test_a_warehouse_that_is_not_there_is_said_before_a_page_is_served(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(command, "serve", lambda port: pytest.fail("a page was served"))
    with pytest.raises(WarehouseError, match="no database at"):
        command.explore(db=tmp_path / "none.duckdb")


def test_the_page_is_served_here_and_tells_nobody():
    settings = command.settings(8501)
    assert settings["server_address"] == "127.0.0.1"
    assert settings["browser_gatherUsageStats"] is False
    assert settings["server_headless"] is True
    assert settings["server_fileWatcherType"] == "none"
