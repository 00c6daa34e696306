"""What an unmeasured confounder would have to be like to explain each ratio of a model away."""

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.sensitivity.e_value import e_value
from myelomart.sensitivity.unmeasured_confounding import tipping_table

OUTCOMES = ("rare", "common")


def add_bias(summary: dict, outcome: str) -> None:
    """Put `bias_of_terms` of the Cox model of a survival summary beside its terms.

    >>> terms = [{"term": "arm", "hr": 0.8, "ci_low": 0.71, "ci_high": 0.91}]
    >>> summary = {"cox": {"terms": terms}}
    >>> add_bias(summary, "rare")
    >>> round(summary["cox"]["bias"][0]["e_value"], 2)
    1.81
    """
    if summary["cox"] is None:
        raise StatisticsError("--bias is of the Cox model: name --covariates or --group")
    summary["cox"]["bias"] = bias_of_terms(pd.DataFrame(summary["cox"]["terms"]), outcome)


def bias_of_terms(terms: pd.DataFrame, outcome: str) -> list[dict]:
    """E-value and tipping points of each row of ``terms`` (term, hr, ci_low, ci_high).

    ``outcome`` is rare, or common (about 15 % and more have the event), for which a hazard ratio
    is turned into a risk ratio first. A term without finite limits is left out.

    >>> terms = pd.DataFrame({"term": ["arm"], "hr": [0.8], "ci_low": [0.71], "ci_high": [0.91]})
    >>> (row,) = bias_of_terms(terms, "rare")
    >>> round(row["e_value"], 2), round(row["e_value_limit"], 2), len(row["tipping"])
    (1.81, 1.43, 20)
    """
    if outcome not in OUTCOMES:
        raise StatisticsError(f"--bias {outcome} is unknown: use one of {', '.join(OUTCOMES)}")
    rows = []
    for row in terms.itertuples(index=False):
        limits = row.hr, row.ci_low, row.ci_high
        if not all(0 < value < float("inf") for value in limits):
            continue
        strength = e_value(*limits, measure="hr", rare=outcome == "rare")
        rows.append(
            {
                "term": row.term,
                "outcome": outcome,
                "e_value": strength.estimate,
                "e_value_limit": strength.limit,
                "tipping": tipping_table(*limits).to_dict("records"),
            }
        )
    return rows
