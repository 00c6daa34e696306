"""Long work of a page says that it runs, and ends when the page is stopped."""

import time

import duckdb
import pytest

pytest.importorskip("streamlit", reason="Streamlit is not installed: pip install '.[explore]'")
from myelomart.explore import waiting

ENDLESS = "select count(*) as n from range(10_000_000) as a, range(10_000_000) as b where a < b"


class Place:
    """What the page writes into; ``left`` writings until the reader stops it."""

    def __init__(self, left):
        self.left, self.said, self.is_empty = left, [], False

    def caption(self, words):
        self.said.append(words)
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt  # as Streamlit's own signal, no Exception

    def empty(self):
        self.is_empty = True


@pytest.fixture
def page(monkeypatch):
    def opened(left):
        place = Place(left)
        monkeypatch.setattr(waiting.st, "empty", lambda: place)
        monkeypatch.setattr(waiting, "SOON", 0.05)
        monkeypatch.setattr(waiting, "STEP", 0.05)
        return place

    return opened


def test_a_query_is_interrupted_when_the_page_is_stopped_and_the_connection_goes_on(page):
    place = page(left=3)
    connection = duckdb.connect()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        waiting.waited(connection, ENDLESS, {})
    assert time.monotonic() - began < 60
    assert len(place.said) == 3 and "Asking the warehouse" in place.said[0]
    assert waiting.waited(connection, "select 1 as one", {})["one"].tolist() == [1]


def test_work_that_ends_leaves_nothing_on_the_page(page):
    place = page(left=1000)
    assert waiting.long_work(lambda: time.sleep(0.3) or 7, "Computing") == 7
    assert place.said and place.is_empty


def test_what_fails_beside_the_page_fails_on_it(page):
    page(left=1000)
    with pytest.raises(duckdb.CatalogException):
        waiting.waited(duckdb.connect(), "select * from nothing", {})
