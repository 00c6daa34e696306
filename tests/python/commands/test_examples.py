"""Every public function of the statistics is typed and has an example that runs."""

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import myelomart

PACKAGES = ("survival", "matching", "meta_analysis", "tables", "sensitivity", "target_trial")
MODULES = ("trinetx_arithmetic", "input_file", "columns", "design", "frame_calls", "results_shown")


def modules():
    for name in PACKAGES:
        package = importlib.import_module(f"myelomart.{name}")
        for found in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"myelomart.{name}.{found.name}")
    for name in MODULES:
        yield importlib.import_module(f"myelomart.{name}")


ALL = list(modules())


def public_functions(module):
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not name.startswith("_"):
            yield function


class Finder(doctest.DocTestFinder):
    """Also finds the examples of functions that a decorator wraps."""

    def _from_module(self, module, found):
        return super()._from_module(module, inspect.unwrap(found))


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.__name__)
def test_examples_give_what_they_say(module):
    runner = doctest.DocTestRunner()
    for examples in Finder().find(module, module.__name__):
        runner.run(examples)
    result = runner.summarize()
    assert result.failed == 0
    assert result.attempted >= len(list(public_functions(module)))


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.__name__)
def test_public_functions_are_typed_and_have_an_example(module):
    for function in public_functions(module):
        signature = inspect.signature(function)
        untyped = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.annotation is inspect.Parameter.empty
        ]
        assert untyped == [], function
        assert signature.return_annotation is not inspect.Signature.empty, function
        assert ">>>" in inspect.getdoc(function), function


def test_the_package_says_that_it_is_typed():
    assert (Path(myelomart.__file__).parent / "py.typed").exists()
