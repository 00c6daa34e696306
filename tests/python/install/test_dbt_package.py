"""A dbt project of somebody else takes myelomart as a package and replaces what is its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from myelomart.project import project_root
from myelomart_synthetic.network import make_network

DBT = str(Path(sys.executable).with_name("dbt"))
COMMAND = re.compile(r"^MYELOMART_SOURCE=\S+ dbt (build .*)$", flags=re.MULTILINE)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The example, built by its README's command on a tiny network in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    site = shutil.copytree(project_root() / "examples" / "dbt_package", folder / "project")
    packages = site / "packages.yml"
    packages.write_text(packages.read_text().replace("../..", str(project_root())))
    make_network(40, 2, 5, folder / "cdm", 0.8)
    environment = {key: text for key, text in os.environ.items() if "MYELOMART_" not in key}
    environment |= {"MYELOMART_SOURCE": str(folder / "cdm"), "DO_NOT_TRACK": "1"}
    (build,) = COMMAND.findall((site / "README.md").read_text(encoding="utf-8"))
    for words in (["deps"], build.split()):
        done = subprocess.run(
            [DBT, *words], cwd=site, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-3000:]
    return site


@pytest.fixture
def rows(built):
    with duckdb.connect(str(built / "our_site.duckdb"), read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def test_a_seed_of_the_project_stands_in_place_of_ours(rows):
    bands = rows("select distinct age_group from lines_by_age order by 1")
    assert bands == [("70 or more",), ("under 70",)]
    assert rows(
        "select table_schema from information_schema.tables where table_name = 'age_bands'"
    ) == [("main",)]


def test_a_rule_set_of_the_project_is_in_force(rows):
    ours = rows("select distinct rule_set from core.lines_of_therapy_by_rule_set")
    assert ("ours",) in ours and ("default",) in ours
    assert rows("select sum(line_count) > 0 from lines_by_age") == [(True,)]
    numbered = "select person_id, line_number from core"
    in_force = rows(f"{numbered}.lines_of_therapy order by all")
    assert in_force == rows(
        f"{numbered}.lines_of_therapy_by_rule_set where rule_set = 'ours' order by all"
    )


def test_nothing_is_written_beside_the_package(built):
    assert (built / "landing" / "manifest.json").exists()
    package = (built / "dbt_packages" / "myelomart").resolve()
    assert package == project_root().resolve()
