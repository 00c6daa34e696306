"""The notebooks run from their first cell to their last, and show what they say they show."""

import ast
import json

import numpy as np
import pytest

from myelomart.project import project_root

NOTEBOOKS = sorted((project_root() / "examples" / "notebooks").glob("*.ipynb"))


def run(file, database):
    """The names that a notebook leaves, and what its cells show.

    The cells run one after the other in one place, as in a kernel; a last expression is shown.
    """
    names, shown = {"__name__": "__main__"}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYELOMART_DB", str(database))
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                body = ast.parse("".join(cell["source"])).body
                last = body.pop() if isinstance(body[-1], ast.Expr) else None
                exec(compile(ast.Module(body, []), file.name, "exec"), names)
                if last is not None:
                    shown.append(
                        eval(compile(ast.Expression(last.value), file.name, "eval"), names)
                    )
    return names, shown


@pytest.fixture(scope="module")
def ran(small):
    return {file.stem: run(file, small / "myelomart.duckdb") for file in NOTEBOOKS}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_kept_without_what_it_showed(file):
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")
    assert cells[0]["source"][0].startswith("# ")


def test_the_hazard_ratio_is_that_of_the_study(ran):
    """The crude ratio is that of the same rows in arrays, and the weights balance the arms."""
    from myelomart.survival import cox_regression

    names, shown = ran["from_a_cdm_to_a_hazard_ratio"]
    rows, crude = names["rows"], names["crude"]
    again = cox_regression(rows["months"], rows["event"], rows[["transplant"]])
    assert crude.coefficients.tolist() == again.coefficients.tolist()
    balance = next(one for one in shown if "smd_after" in getattr(one, "columns", ()))
    assert balance["smd_after"].abs().max() < 1e-6 < balance["smd_before"].abs().max()
    ratios = next(one for one in shown if "model" in getattr(one, "columns", ()))
    assert len(ratios) == 3 and np.isfinite(ratios[["hr", "ci_low", "ci_high"]]).all(axis=None)
    assert sum(str(one).startswith("<svg") for one in shown) == 2
    assert shown[-1].estimate >= 1


def test_own_lines_are_compared_with_those_of_the_warehouse(ran):
    names, shown = ran["your_own_lines_of_therapy"]
    agreement = names["agreement"]
    assert agreement["persons"] > 50 and agreement["first line begins within 7 days"] > 0.9
    assert 0.1 < agreement["same number of lines"] < 1
    assert shown[-1] == []
