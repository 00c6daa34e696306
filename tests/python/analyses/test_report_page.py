"""The page as a reader meets it: in headless Chromium at two widths."""

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDTHS = (390, 1280)
# a window is never narrower than some 500 pixels, a frame is: the page says of itself to its frame
FRAME = """<!doctype html><title></title><iframe src="{name}" style="width:{width}px;height:1600px">
</iframe><script>window.addEventListener("message", function (event) {{
  document.title = event.data;
}});</script>"""
PROBE = """
<script>
window.addEventListener("load", function () {
  var unnamed = [].filter.call(document.querySelectorAll("img, svg"), function (one) {
    return !(one.getAttribute("alt") || one.getAttribute("aria-label"));
  }).length;
  var table = document.querySelector("table[data-origin]"), box = table.parentElement;
  box.focus();
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
  parent.postMessage(JSON.stringify({
    width: window.innerWidth, overflow: document.documentElement.scrollWidth - window.innerWidth,
    unnamed: unnamed, said: document.getElementById("origin").textContent,
    hidden: document.getElementById("origin").hidden, errors: window.errors
  }), "*");
});
</script>
"""
LISTEN = """<script>window.errors = [];
window.addEventListener("error", function (event) { window.errors.push(event.message); });
</script>"""


@pytest.fixture(scope="module")
def page(demo) -> str:
    return (demo / "report.html").read_text(encoding="utf-8")


def probe(page: str, width: int, folder) -> dict:
    """The page's own account of itself at a width."""
    page = page.replace("<head>", f"<head>{LISTEN}", 1).replace("</body>", f"{PROBE}</body>", 1)
    (folder / "page.html").write_text(page, encoding="utf-8")
    frame = folder / f"frame_{width}.html"
    frame.write_text(FRAME.format(name="page.html", width=width), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu",
        f"--window-size={width + 100},1700",
        f"--user-data-dir={folder / f'profile_{width}'}", "--enable-logging=stderr", "--v=0",
        "--virtual-time-budget=10000", "--dump-dom", f"file://{frame}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    title = re.search(r"<title>(\{.*?\})</title>", done.stdout, flags=re.DOTALL)
    assert title, done.stdout[:500]
    told = title.group(1).replace("&quot;", '"').replace("&amp;", "&").replace("&lt;", "<")
    return json.loads(told.replace("&gt;", ">")) | {"console": console}


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_says_its_figures_and_has_no_errors(page, width, tmp_path):
    told = probe(page, width, tmp_path)
    assert told["width"] == width
    assert told["overflow"] <= 0
    assert told["unnamed"] == 0
    assert told["errors"] == []
    assert told["console"] == []


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_the_arrow_keys_say_where_a_number_comes_from(page, tmp_path):
    told = probe(page, 1280, tmp_path)
    assert not told["hidden"]
    assert "studies.study_attrition (SQL " in told["said"]
    assert re.search(r"SQL [0-9a-f]{12}\).*input [0-9a-f]{12}", told["said"])


def test_the_page_is_one_file_with_landmarks_and_without_network(page):
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+"', page) == []
    for landmark in ("<header>", "<nav class=", "<main ", "<footer "):
        assert page.count(landmark) == 1
    assert 'class="skip"' in page
    assert page.count("<svg ") == page.count('role="img"')
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    linked = set(re.findall(r'href="#([^"]+)"', page))
    assert linked <= set(ids)


def test_every_output_has_its_table_and_figures_beside_the_page(demo):
    folder = demo / "results" / "salvage_after_cart"
    tables = {file.name for file in (folder / "tables").glob("*.csv")}
    figures = {file.name for file in (folder / "figures").glob("*.svg")}
    for output in ("SAL-T1", "SAL-T2", "SAL-F1", "SAL-F2", "SAL-F3", "SAL-S1", "SAL-S2", "SAL-S3"):
        assert any(name.startswith(output) for name in tables), output
    for output in ("SAL-F1", "SAL-F2", "SAL-F3", "SAL-S1", "SAL-S2", "SAL-S3"):
        assert any(name.startswith(output) for name in figures), output
