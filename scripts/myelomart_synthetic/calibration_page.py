"""The calibration table as a page of the documentation."""

import pandas as pd

LIMIT = 3

TEXT = """# Calibration of the synthetic network

Made by `make calibration` (`myelomart calibrate --patients {patients} --seed {seed}`): {patients:,}
myeloma patients of the scenario `published`, simulated without writing records, followed only as
far as they are observed, and estimated as the document does (Kaplan–Meier with censoring at last
contact).

- **printed**: the number in the source document (row id in published_results.csv) with its standard
  error: from the printed interval, else binomial from the printed denominator, else for a median
  1.25 times the spread over the root of n. Where two numbers of a document contradict each other,
  the note says which side was taken (specification inconsistencies).
- **simulated**: the network's value, with its Monte Carlo error.
- **z**: the difference over both errors together; {beyond} of {total} lie beyond {limit}.

Hazard ratios are planted conditionally on age and comorbidity; the simulated value is the marginal
ratio of a CAR-T population that is seen under both treatments. Four of the 23 outcomes have no
printed ratio (septic shock, CMV, candidemia, aspergillosis): they are planted at 1.
Not aimed at: numbers that a record cannot hold (cell dose, expansion, phenotype), the second-hand
figures of clinical_qa except the frequencies of CRS and ICANS, and exposures and refractoriness of
salvage_after_cart, which follow from the treatment model.

"""

HEADS = (
    "row id",
    "population",
    "among",
    "what",
    "printed (se)",
    "simulated (MC se)",
    "n",
    "z",
    "note",
)


def page(table: pd.DataFrame, patients: int, seed: int) -> str:
    """The whole page in Markdown."""
    beyond = int((table["z"].abs() > LIMIT).sum())
    lines = [
        TEXT.format(patients=patients, seed=seed, beyond=beyond, total=len(table), limit=LIMIT),
        "| " + " | ".join(HEADS) + " |\n",
        "|" + "---|" * len(HEADS) + "\n",
    ]
    for row in table.itertuples():
        cells = (
            row.row_id,
            row.population,
            row.condition or "all",
            f"{row.target} ({row.kind})",
            f"{row.printed:.3g} ({row.printed_se:.2g})",
            f"{row.simulated:.3g} ({row.monte_carlo_se:.2g})",
            f"{row.n:,}",
            f"{row.z:+.2f}",
            row.note,
        )
        lines.append("| " + " | ".join(cells) + " |\n")
    return "".join(lines)
