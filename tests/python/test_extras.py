"""Plain myelomart is the statistics; a command that needs more says what to install."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from myelomart import extras
from myelomart.errors import MyelomartError
from myelomart.failures import failure_of
from myelomart.project import PACKAGE, project_root

PROJECT = tomllib.loads((project_root() / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PLAIN = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]}
WITHOUT = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {gone!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Gone())
sys.argv = ["myelomart", *{arguments!r}]
from myelomart.cli import main
main()
"""
TRIAL = "months,died,arm,age\n" + "".join(
    f"{3 + k % 7}.{k % 9},{k % 3 // 2},{k % 2},{50 + k * 7 % 30}\n" for k in range(60)
)


def told_without(extra: str, arguments: list[str], folder) -> subprocess.CompletedProcess:
    """What a command says where nothing of ``extra`` is installed."""
    gone = {module.partition(".")[0] for module in extras.MODULES[extra]}
    code = WITHOUT.format(gone=gone, arguments=arguments)
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


def imported(file) -> set[str]:
    """The modules that a file imports, by their first word."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("extra", extras.MODULES)
def test_every_package_of_an_extra_is_known_by_a_module(extra):
    homes = packages_distributions()
    tops = {name.partition(".")[0] for name in extras.MODULES[extra]}
    modules = {canonicalize_name(home) for name in tops for home in homes[name]}
    named = {canonicalize_name(Requirement(one).name) for one in EXTRAS[extra]}
    assert named - {PROJECT["name"]} <= modules


def test_what_the_package_imports_is_plain_or_of_an_extra():
    homes = packages_distributions()
    ours = {"myelomart", "myelomart_synthetic"}
    known = {name.partition(".")[0] for names in extras.MODULES.values() for name in names}
    used = set().union(*(imported(file) for file in PACKAGE.parent.glob("myelomart*/**/*.py")))
    foreign = used - set(sys.stdlib_module_names) - ours - known
    assert {
        name for name in foreign if not PLAIN & set(map(canonicalize_name, homes.get(name, ())))
    } == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["survival", "t.csv", "--time", "months", "--event", "died", "--group", "arm"],
        ["match", "t.csv", "--treatment", "arm", "--covariates", "age", "--out", "m.parquet"],
        ["init", "ours"],
        ["study", "new", "mine", "--like", "cart_vs_pom"],
        ["study", "check", "mine.yml"],
        ["completion", "bash"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_the_statistics_and_study_files_need_no_extra(arguments, tmp_path):
    (tmp_path / "t.csv").write_text(TRIAL)
    if arguments[1] == "check":
        told_without("warehouse", ["study", "new", "mine"], tmp_path)
    told = told_without("warehouse", arguments, tmp_path)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--source", "."],
        ["check", "--source", "."],
        ["demo"],
        ["explore"],
        ["patient", "1"],
        ["report"],
        ["study", "list"],
        ["study", "run", "one"],
        ["study", "attack", "."],
        ["synth", "--out", "cdm"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_command_without_its_extra_says_the_line_to_install(arguments, tmp_path):
    told = told_without("warehouse", arguments, tmp_path)
    assert told.returncode == 1
    assert "pip install 'myelomart[warehouse]'" in told.stderr.replace("\n", " ")
    assert told.stderr.startswith("error: This needs the extra") and told.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_an_extra_is_asked_for_whole_before_work_begins(monkeypatch):
    real = extras.importlib.util.find_spec
    monkeypatch.setattr(
        extras.importlib.util, "find_spec", lambda name: None if name == "dbt" else real(name)
    )
    with pytest.raises(MyelomartError, match=r"dbt is not installed.*myelomart\[warehouse\]"):
        extras.refuse_without("warehouse")


def test_an_import_that_no_extra_explains_stays_a_fault_of_ours():
    error = ModuleNotFoundError("No module named 'nonesuch'", name="nonesuch")
    assert failure_of(error).exit_code == 70
    assert isinstance(failure_of(error), MyelomartError)
