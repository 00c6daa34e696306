"""The kinds of analysis, one module each; a module that is put here is known everywhere.

`TYPES` has them by their name in `seeds/studies/analyses.csv`.
"""

import importlib
import pkgutil

from myelomart.analysis_type import AnalysisType

TYPES: dict[str, AnalysisType] = {
    one.name: one
    for one in (
        importlib.import_module(f"{__name__}.{found.name}").ANALYSIS
        for found in pkgutil.iter_modules(__path__)
    )
}
