"""The report in its forms, from the demonstration: links, sizes, notice, accessibility."""

import base64
import csv
import gzip
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from myelomart.study import FILE_NAME

NOTICE = "Synthetic data: no real patient"
MOST_BYTES = 3_000_000
SERIOUS = ("serious", "critical")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# the smallest letters, how much narrower than its least width a figure is, what runs over the side
MEASURED = """() => {
  const isDrawn = (one) => one.getBoundingClientRect().width > 0;
  const letters = [...document.querySelectorAll("body *")].filter((one) => isDrawn(one) &&
    !one.closest("svg") &&
    [...one.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim()));
  const spare = (one) => one.getBoundingClientRect().width -
    parseFloat(getComputedStyle(one.closest(".drawn")).getPropertyValue("--least"));
  const figures = [...document.querySelectorAll(".drawn img, .drawn svg")].filter(isDrawn);
  return {
    smallest: Math.min(...letters.map((one) => parseFloat(getComputedStyle(one).fontSize))),
    least: Math.min(...figures.map(spare), 0),
    over: document.documentElement.scrollWidth - window.innerWidth,
  };
}"""


@pytest.fixture(scope="module")
def folder(demo) -> Path:
    return demo / "report"


def pages(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted(folder.glob("*.html"))}


def test_there_is_an_index_and_a_page_per_study(folder, demo):
    studies = {file.name for file in (demo / "results").iterdir()}
    assert {*pages(folder)} == {"index.html", *(f"{one}.html" for one in studies)}
    assert all(FILE_NAME.fullmatch(one) for one in studies)


def test_every_link_leads_to_a_file_of_the_folder_and_a_place_on_it(folder):
    texts = pages(folder)
    ids = {name: set(re.findall(r'\sid="([^"]+)"', text)) for name, text in texts.items()}
    for name, text in texts.items():
        for link in re.findall(r'(?:href|src|srcset)="([^"]+)"', text):
            parts = urlsplit(link)
            assert parts.scheme in ("", "data"), (name, link)
            if parts.scheme == "data":
                continue
            target = parts.path or name
            assert (folder / unquote(target)).is_file(), (name, link)
            if target in ids and parts.fragment:
                assert parts.fragment in ids[target], (name, link)


def test_both_forms_are_small(folder, demo):
    assert sum(file.stat().st_size for file in folder.rglob("*")) < MOST_BYTES
    assert (demo / "report.html").stat().st_size < MOST_BYTES


def test_a_page_that_stands_alone_holds_the_files_that_its_buttons_save(demo):
    text = (demo / "report.html").read_text("utf-8")
    held = re.search(r'id="files">(.*?)</script>', text)[1]
    files = json.loads(gzip.decompress(base64.b64decode(held)))
    asked = set(re.findall(r'data-file="(.*?)"', text))
    assert asked == set(files)
    folder = demo / "report"
    for name, own in files.items():
        kept = folder / ("sql" if name.endswith(".sql") else "tables") / name
        assert own == kept.read_text("utf-8")


def test_panels_are_drawn_once_and_shown_one_below_the_other_on_a_phone(folder, demo):
    name = "PRG-F4_os"
    assert not (folder / f"figures/{name}_narrow.svg").exists()
    page = (folder / "progression_patterns.html").read_text("utf-8")
    panels = re.findall(rf'{name}\.svg#svgView\(viewBox\(.*?\)\)" alt="([A-Z]): ', page)
    assert panels == list("ABCDEFG")
    alone = (demo / "report.html").read_text("utf-8")
    assert alone.count(f'<g id="{name}-drawn">') == 1
    assert alone.count(f'<use href="#{name}-drawn"/>') == len(panels)


def test_synthetic_data_say_so_on_every_page_in_every_caption_and_every_row(folder, demo):
    for text in (*pages(folder).values(), (demo / "report.html").read_text("utf-8")):
        assert f"<strong>{NOTICE}</strong>" in text
        captions = re.findall(r"<figcaption>.*?</figcaption>", text, flags=re.DOTALL)
        assert all(NOTICE in caption for caption in captions)
    drawn = [*folder.glob("figures/*.svg"), *demo.glob("results/*/figures/*.svg")]
    assert drawn
    assert all(NOTICE in file.read_text("utf-8") for file in drawn)
    tables = [*folder.glob("tables/*.csv"), *demo.glob("results/*/tables/*.csv")]
    tables += [*demo.glob("results/*/estimates.csv"), *demo.glob("results/*/curves.csv")]
    for file in tables:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert {row["is_synthetic"].lower() for row in rows} <= {"true"}, file


def test_the_first_screen_says_what_the_source_is(folder):
    text = pages(folder)["index.html"]
    for fact in ("myelomart synthetic network", "2025-12-31", "2600", "Rule set", "Computed"):
        assert fact in text.partition("<main")[0]


def test_every_study_is_answered_in_five_lines(folder):
    text = pages(folder)["index.html"]
    cards = re.findall(r'<dl class="card">.*?</dl>', text, flags=re.DOTALL)
    assert len(cards) == len(pages(folder)) - 1
    for one in cards:
        assert re.findall(r"<dt>(.*?)</dt>", one) == [
            "Question", "Who", "Main result", "What it cannot tell", "Where to look",
        ]  # fmt: skip
        assert re.search(r"\d+\.\d\s%", one)
    compared = re.sub(r"\s+", " ", cards[0])
    assert re.search(
        r"Dead at 12 months: [\d.]+ % \(CAR-T\) against [\d.]+ % \(Pomalidomide\), [\d.]+ "
        r"percentage points (fewer|more) \(95 % CI of the difference .*?\)\. Hazard ratio [\d.]+",
        compared,
    )


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_and_a_phone_can_read_it(folder, width):
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": width, "height": 900})
        for name in pages(folder):
            shown.goto((folder / name).resolve().as_uri())
            found = Axe().run(shown, options={"resultTypes": ["violations"]}).response
            told = shown.evaluate(MEASURED)
            faults = [(one["id"], one["nodes"][0]["target"]) for one in found["violations"]
                      if one["impact"] in SERIOUS]  # fmt: skip
            assert faults == [], name
            assert told["over"] <= 0, name
            assert told["smallest"] >= 11, name
            assert width > 500 or told["least"] >= -1, name
        browser.close()
