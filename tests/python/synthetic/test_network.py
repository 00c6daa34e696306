"""The generated CDM is the same for the same seed, whatever the chunk, and clean by default."""

from pathlib import Path

import pytest

from myelomart.synthetic.network import make_network


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.parquet"))}


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("network") / "cdm"
    make_network(300, 3, 7, out, myeloma_share=0.5)
    return out


def test_same_seed_same_bytes_whatever_the_chunk(network, tmp_path):
    make_network(300, 3, 7, tmp_path / "cdm", myeloma_share=0.5, chunk=70)
    assert bytes_of(network) == bytes_of(tmp_path / "cdm")
    truth = network.parent / "cdm.truth"
    assert bytes_of(truth) == bytes_of(tmp_path / "cdm.truth")


def test_another_seed_is_another_network(network, tmp_path):
    make_network(300, 3, 8, tmp_path / "cdm", myeloma_share=0.5)
    other = bytes_of(tmp_path / "cdm")
    assert other["measurement.parquet"] != bytes_of(network)["measurement.parquet"]
