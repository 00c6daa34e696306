"""What the options say of all sources, or of one."""

import pytest
import typer

from myelomart.source_options import sources_from
from myelomart.sources.source import Source, parse_source


def test_an_option_holds_for_all_sources_or_for_the_one_it_names():
    sources = sources_from(
        ["a=/data/a", "b=/data/b"],
        timezone=["Europe/Berlin", "b=America/New_York"],
        dates_shifted=["a=person"],
        vocabulary=["/data/x=y"],
    )
    assert sources == [
        Source("a", "/data/a", "auto", "Europe/Berlin", "/data/x=y", "person"),
        Source("b", "/data/b", "auto", "America/New_York", "/data/x=y", None),
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"format": "csv"},
        {"cohort": "lymphoma"},
        {"dates_shifted": ["days"]},
        {"timezone": ["Europe/Berlin", "Europe/Paris"]},
    ],
)
def test_what_no_option_knows_is_refused(options):
    with pytest.raises(typer.BadParameter):
        sources_from(["/data/a"], **options)


def test_a_service_is_an_address_and_no_name():
    assert parse_source("service=omop") == Source("cdm", "service=omop")
    assert parse_source("a=service=omop") == Source("a", "service=omop")
