"""A browser clicks through every page: no failure, no error, nothing off the machine."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="Streamlit is not installed: pip install '.[explore]'")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
)
from myelomart.explore.pages import PAGES  # noqa: E402

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
WAIT = 180_000  # milliseconds, on a machine that has other work to do
QUIET = """() => document.querySelector('.mm-head h1')
  && document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"""


@pytest.fixture(scope="module")
def address(demo):
    """The explorer of the demonstration, served by the command itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "myelomart", "explore", "--no-browser", "--port", str(port)]
    served = subprocess.Popen(
        [*command, "--db", str(demo / "myelomart.duckdb")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).read()
            break
        except OSError:
            assert served.poll() is None, served.stdout.read()
            time.sleep(0.5)
    yield url
    served.send_signal(signal.SIGTERM)
    served.wait(60)


@pytest.fixture
def opened(address):
    """A browser at the explorer, with what it asked for and what its console said."""
    asked, said = [], []
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT)
        page.on("request", lambda one: asked.append(one.url))
        page.on("websocket", lambda one: asked.append(one.url))
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.goto(address)
        page.wait_for_function(QUIET)
        yield page, asked, said
        browser.close()


def failures(page) -> list[str]:
    shown = page.query_selector_all("[data-testid=stException], [data-testid=stAlert]")
    return [one.inner_text() for one in shown]


def test_every_page_opens_by_a_click_and_nothing_leaves_the_machine(opened, address):
    page, asked, said = opened
    for one in PAGES:
        page.get_by_test_id("stSidebarNavLink").filter(has_text=one.TITLE).click()
        title = f"() => document.querySelector('.mm-head h1')?.innerText === '{one.TITLE}'"
        page.wait_for_function(title)
        page.wait_for_function(QUIET)
        assert failures(page) == [], one.TITLE
        broken = "() => [...document.images].filter(i => i.complete && !i.naturalWidth).length"
        assert page.evaluate(broken) == 0, one.TITLE
        for width in (1920, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            wide = "() => document.documentElement.scrollWidth - window.innerWidth"
            assert page.evaluate(wide) <= 0, f"{one.TITLE} is wider than a window of {width}"
        page.get_by_text(re.compile("^SQL and")).first.click()
        page.get_by_test_id("stCode").filter(has_text="select", visible=True).first.wait_for()
        assert failures(page) == [], one.TITLE
    assert said == []
    here = (address, address.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(here)] == []


def test_a_switch_moves_the_numbers_and_the_link_opens_the_same_state(opened, address):
    page, *_ = opened
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Cohort builder").click()
    page.wait_for_function("() => document.querySelector('.mm-flow')")
    number = "() => document.querySelector('.mm-tiles b')?.innerText"  # gone while it is drawn
    before, link = page.evaluate(number), page.url
    page.get_by_text("Pomalidomide before index").first.click()
    page.wait_for_function(f"n => ![undefined, n].includes(({number})())", arg=before)
    page.wait_for_function(QUIET)
    after = page.evaluate(number)
    assert page.url != link
    again = page.context.browser.new_page()
    again.set_default_timeout(WAIT)
    again.goto(page.url)
    again.wait_for_function("() => document.querySelector('.mm-flow')")
    assert again.evaluate(number) == after


def press_until(page, key: str, answered: str, arg: list) -> None:
    """Press a key until the page answers: one that comes before it listens is lost."""
    for _ in range(6):
        page.keyboard.press(key)
        with suppress(playwright.TimeoutError):
            page.wait_for_function(answered, arg=arg, timeout=WAIT // 6)
            return
    raise AssertionError(f"{key} was pressed six times, and nothing happened")


def test_the_arrow_keys_go_through_the_patients(opened, address):
    page, *_ = opened
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Patient timeline").click()
    person = "() => new URL(location).searchParams.get('person')"
    first = page.wait_for_function(person).json_value()
    page.wait_for_function(QUIET)
    for key, is_back in (("ArrowRight", False), ("ArrowLeft", True)):
        press_until(page, key, f"([n, same]) => ((({person})()) === n) === same", [first, is_back])
        page.wait_for_function(QUIET)
    assert failures(page) == []


def test_the_explorer_listens_on_this_machine_alone(address):
    port = int(address.rpartition(":")[2])
    listening = [
        line.split()[1]
        for name in ("/proc/net/tcp", "/proc/net/tcp6") if os.path.exists(name)
        for line in Path(name).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == port
    ]  # fmt: skip
    assert listening and all(one.startswith("0100007F:") for one in listening)
